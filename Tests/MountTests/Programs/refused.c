// Everything that a mount refuses. Prints for each operation its name, a tab, and the errno by name, or "allowed".
//
//   refused ROOT FILE FOLDER      FILE is a secret that can be read, FOLDER one with files in it; both below ROOT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

static void answer(const char *name, long result)
{
    int reason = errno;
    if (result >= 0)
        printf("%s\tallowed\n", name);
    else
        printf("%s\t%s\n", name, strerrorname_np(reason));
}

static void opening(const char *name, const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC, 0600);
    answer(name, descriptor);
    if (descriptor >= 0) close(descriptor);
}

static void making(const char *path, const char *root, const char *new, const char *folder)
{
    opening("open for writing", path, O_WRONLY);
    opening("open for reading and writing", path, O_RDWR);
    opening("open and truncate", path, O_WRONLY | O_TRUNC);
    opening("open to append", path, O_WRONLY | O_APPEND);
    opening("create a file", new, O_WRONLY | O_CREAT);
    opening("create a file that must be new", new, O_WRONLY | O_CREAT | O_EXCL);
    opening("create a file that is there", path, O_WRONLY | O_CREAT | O_EXCL);
    opening("create a file without a name", root, O_WRONLY | O_TMPFILE);
    answer("mkdir", mkdir(new, 0700));
    answer("mkdir of a folder that is there", mkdir(folder, 0700));
    answer("mknod", mknod(new, S_IFREG | 0600, 0));
    answer("mkfifo", mkfifo(new, 0600));
    answer("symlink", symlink("/", new));
    answer("link", link(path, new));
}

static void changing(const char *path, const char *root, const char *new, const char *folder)
{
    const struct timeval times[2] = {{1, 0}, {1, 0}};
    (void)root;
    answer("unlink", unlink(path));
    answer("rmdir", rmdir(folder));
    answer("rename", rename(path, new));
    answer("rename of a folder", rename(folder, new));
    answer("rename exchanging", renameat2(AT_FDCWD, path, AT_FDCWD, folder, RENAME_EXCHANGE));
    answer("chmod", chmod(path, 0777));
    answer("chown", chown(path, getuid(), getgid()));
    answer("lchown", lchown(path, getuid(), getgid()));
    answer("truncate", truncate(path, 0));
    answer("utimes", utimes(path, times));
    answer("utimensat to now", utimensat(AT_FDCWD, path, NULL, 0));
    answer("setxattr", setxattr(path, "user.secretary.scope", "/", 1, 0));
    answer("setxattr of another", setxattr(path, "user.other", "x", 1, 0));
    answer("removexattr", removexattr(path, "user.secretary.scope"));
}

static void with_descriptor(const char *path)
{
    char byte = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC), flags = 0;
    if (file < 0) {
        answer("open", file);
        return;
    }
    answer("write to a handle for reading", write(file, "x", 1));
    answer("pwrite to a handle for reading", pwrite(file, "x", 1, 0));
    answer("ftruncate", ftruncate(file, 0));
    answer("fchmod", fchmod(file, 0777));
    answer("fchown", fchown(file, getuid(), getgid()));
    answer("fallocate", fallocate(file, 0, 0, 4096));
    answer("fsetxattr", fsetxattr(file, "user.other", "x", 1, 0));
    answer("ioctl", ioctl(file, 0x5401, &flags));
    answer("ioctl FS_IOC_GETFLAGS", ioctl(file, FS_IOC_GETFLAGS, &flags));
    answer("mmap, shared and for writing", mmap(NULL, 1, PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0);
    answer("mmap to execute", mmap(NULL, 1, PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
    answer("openat below a file", openat(file, "x", O_RDONLY));
    close(file);
    answer("read of a closed handle", read(file, &byte, 1));
}

static void naming(const char *path, const char *root, const char *new, const char *folder)
{
    char name[8192], byte, value[16];
    opening("open of a missing name", new, O_RDONLY);
    snprintf(name, sizeof name, "%s/below", new);
    opening("open below a missing name", name, O_RDONLY);
    snprintf(name, sizeof name, "%s/below", path);
    opening("open below a file", name, O_RDONLY);
    opening("open of a file as a folder", path, O_RDONLY | O_DIRECTORY);
    snprintf(name, sizeof name, "%s/", path);
    opening("open of a file with a slash", name, O_RDONLY);
    opening("open of a folder for writing", folder, O_WRONLY);
    int handle = open(folder, O_RDONLY | O_CLOEXEC);
    answer("read of a folder", read(handle, &byte, 1));
    close(handle);
    snprintf(name, sizeof name, "%s/%0255d", root, 7);
    opening("open of a name with 255 bytes", name, O_RDONLY);
    snprintf(name, sizeof name, "%s/%0256d", root, 7);
    opening("open of a name with 256 bytes", name, O_RDONLY);
    answer("stat of a name with 256 bytes", access(name, F_OK));
    snprintf(name, sizeof name, "%s/%01500d", root, 7);
    opening("open of a name with 1500 bytes", name, O_RDONLY);
    snprintf(name, sizeof name, "%s/%05000d", root, 7);
    opening("open of a path with 5000 bytes", name, O_RDONLY);
    answer("readlink of a file", readlink(path, name, sizeof name));
    answer("getxattr of an unknown name", getxattr(path, "user.other", value, sizeof value));
    answer("getxattr of a security label", getxattr(path, "security.selinux", value, sizeof value));
    answer("getxattr with little room", getxattr(path, "user.secretary.version", value, 3));
    answer("listxattr with little room", listxattr(path, value, 3));
    answer("getxattr of a folder", getxattr(folder, "user.secretary.scope", value, sizeof value));
    answer("access for writing", access(path, W_OK));
    answer("access for executing", access(path, X_OK));
    char *const arguments[] = {(char *)path, NULL};
    answer("execve", execv(path, arguments));
}

int main(int count, char **arguments)
{
    if (count != 4) return 64;
    const char *root = arguments[1], *path = arguments[2], *folder = arguments[3];
    char new[4096];
    snprintf(new, sizeof new, "%s/new", root);
    making(path, root, new, folder);
    changing(path, root, new, folder);
    with_descriptor(path);
    naming(path, root, new, folder);
    return 0;
}
