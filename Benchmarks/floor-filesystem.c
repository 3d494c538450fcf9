// The floor that the mount is measured against: a libfuse file system that does nothing but answer. One directory with
// the files 0, 1, 2, … of the same 32 bytes; OPEN and READ are two round trips, nothing is decided, decrypted or kept.
//
//     floor-filesystem MOUNTPOINT FILES
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "0123456789abcdef0123456789abcde";
static const double timeout = 86400;
static fuse_ino_t files;

// Inode 1 is the directory, 2 is the file 0.
static int describe(fuse_ino_t inode, struct stat *status)
{
    memset(status, 0, sizeof *status);
    status->st_ino = inode;
    if (inode == FUSE_ROOT_ID) {
        status->st_mode = S_IFDIR | 0555;
        status->st_nlink = 2;
        return 0;
    }
    if (inode - 2 >= files) return -1;
    status->st_mode = S_IFREG | 0444;
    status->st_nlink = 1;
    status->st_size = sizeof text;
    return 0;
}

static void floor_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param entry = {.attr_timeout = timeout, .entry_timeout = timeout};
    char *end;
    entry.ino = strtoul(name, &end, 10) + 2;
    if (parent != FUSE_ROOT_ID || *end || describe(entry.ino, &entry.attr)) fuse_reply_err(request, ENOENT);
    else fuse_reply_entry(request, &entry);
}

static void floor_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
    struct stat status;
    (void)info;
    if (describe(inode, &status)) fuse_reply_err(request, ENOENT);
    else fuse_reply_attr(request, &status, timeout);
}

static void floor_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
    (void)inode;
    fuse_reply_open(request, info);
}

static void floor_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
    (void)inode, (void)info;
    size_t start = (size_t)offset < sizeof text ? (size_t)offset : sizeof text;
    size_t rest = sizeof text - start;
    fuse_reply_buf(request, text + start, size < rest ? size : rest);
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = floor_lookup, .getattr = floor_getattr, .open = floor_open, .read = floor_read};

int main(int count, char **words)
{
    if (count != 3) return fprintf(stderr, "usage: %s MOUNTPOINT FILES\n", words[0]), 64;
    files = strtoul(words[2], NULL, 10);
    char *options[] = {words[0], "-oro,default_permissions,fsname=floor"};
    struct fuse_args arguments = FUSE_ARGS_INIT(2, options);
    struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, words[1])) return 1;
    struct fuse_loop_config *configuration = fuse_loop_cfg_create();
    fuse_session_loop_mt(session, configuration);
    fuse_loop_cfg_destroy(configuration);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    return 0;
}
