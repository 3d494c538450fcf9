// Every way to walk a folder, compared with an ordinary folder that holds the same names.
//
//   reading-folders FOLDER EXPECTED      names that begin with a dot are left out of the comparison
#include "checks.h"

static const char *path;
static const char *expected;

struct names {
    char **all;
    size_t count;
};

static int by_name(const void *left, const void *right) { return strcmp(*(char **)left, *(char **)right); }

static void add(struct names *names, const char *name)
{
    names->all = realloc(names->all, (names->count + 1) * sizeof *names->all);
    REQUIRE(names->all, "out of memory");
    names->all[names->count++] = strdup(name);
}

static void sort(struct names *names) { qsort(names->all, names->count, sizeof *names->all, by_name); }

static void compare(struct names *found, struct names *wanted, const char *how)
{
    sort(found);
    sort(wanted);
    REQUIRE(found->count == wanted->count, "%s: %zu names instead of %zu", how, found->count, wanted->count);
    for (size_t i = 0; i < found->count; i++)
        REQUIRE(strcmp(found->all[i], wanted->all[i]) == 0, "%s: %s", how, found->all[i]);
}

static DIR *open_folder(const char *folder)
{
    DIR *stream = opendir(folder);
    REQUIRE(stream, "opendir of %s: %s", folder, strerror(errno));
    return stream;
}

static struct names list(DIR *stream)
{
    struct names names = {0};
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(stream)))
        if (entry->d_name[0] != '.') add(&names, entry->d_name);
    REQUIRE(errno == 0, "readdir: %s", strerror(errno));
    return names;
}

static struct names expectation(void)
{
    DIR *stream = open_folder(expected);
    struct names names = list(stream);
    closedir(stream);
    return names;
}

static void check_readdir(void)
{
    DIR *stream = open_folder(path);
    struct names found = list(stream), wanted = expectation();
    compare(&found, &wanted, "readdir");
    // The same again, from what the kernel keeps.
    rewinddir(stream);
    struct names again = list(stream);
    compare(&again, &wanted, "rewinddir");
}

static void check_entries(void)
{
    DIR *stream = open_folder(path);
    struct dirent *entry;
    int dots = 0;
    while ((entry = readdir(stream))) {
        struct stat status;
        REQUIRE(fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0, "stat of %s", entry->d_name);
        REQUIRE(entry->d_type == (S_ISDIR(status.st_mode) ? DT_DIR : DT_REG), "type of %s", entry->d_name);
        int dot = strcmp(entry->d_name, ".") == 0, parent = strcmp(entry->d_name, "..") == 0;
        dots += dot || parent;
        // Above the root of a mount is another file system; and what a mount says of itself has an inode for each look.
        if (!parent && !strstr(path, "/.secretary"))
            REQUIRE(entry->d_ino == status.st_ino, "inode of %s", entry->d_name);
    }
    REQUIRE(dots == 2, "%d of . and ..", dots);
}

static void check_seekdir(void)
{
    DIR *stream = open_folder(path);
    struct names wanted = expectation(), seen = {0};
    long places[4096];
    size_t count = 0;
    struct dirent *entry;
    while (1) {
        places[count] = telldir(stream);
        if (!(entry = readdir(stream))) break;
        add(&seen, entry->d_name);
        if (++count == 4096) break;
    }
    REQUIRE(count >= wanted.count, "too few names");
    // Backwards, so that no place follows from the one before.
    for (size_t i = seen.count; i-- > 0;) {
        seekdir(stream, places[i]);
        entry = readdir(stream);
        REQUIRE(entry && strcmp(entry->d_name, seen.all[i]) == 0, "%s is not where it was", seen.all[i]);
    }
}

static void check_getdents(void)
{
    struct names found = {0}, wanted = expectation();
    int folder = open_or_fail(path, O_RDONLY | O_DIRECTORY);
    // Room for one long name at a time.
    char buffer[280] __attribute__((aligned(8)));
    while (1) {
        long count = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        REQUIRE_CALL(count, "getdents64");
        if (count == 0) break;
        for (char *at = buffer; at < buffer + count;) {
            struct dirent64 *entry = (struct dirent64 *)at;
            if (entry->d_name[0] != '.') add(&found, entry->d_name);
            at += entry->d_reclen;
        }
    }
    compare(&found, &wanted, "getdents64");
}

static void check_links(void)
{
    struct stat status;
    REQUIRE_CALL(stat(path, &status), "stat");
    REQUIRE(S_ISDIR(status.st_mode) && (status.st_mode & 07777) == 0555, "mode 0%o", status.st_mode);
    nlink_t folders = 2;
    DIR *stream = open_folder(path);
    struct dirent *entry;
    while ((entry = readdir(stream)))
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) folders++;
    REQUIRE(status.st_nlink == folders, "%ju links instead of %ju", (uintmax_t)status.st_nlink, (uintmax_t)folders);
}

static void check_paths(void)
{
    char name[4096];
    struct stat direct, roundabout;
    REQUIRE_CALL(stat(path, &direct), "stat");
    const char *ways[] = {"%s/.", "%s//", "%s/./././"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, ways[i], path);
        REQUIRE_CALL(stat(name, &roundabout), name);
        REQUIRE(direct.st_ino == roundabout.st_ino && direct.st_dev == roundabout.st_dev, "%s is another", name);
    }
    REQUIRE_CALL(chdir(path), "chdir");
    REQUIRE_CALL(stat(".", &roundabout), "stat of .");
    REQUIRE(direct.st_ino == roundabout.st_ino, ". is another");
    REQUIRE(getcwd(name, sizeof name) && strcmp(name, path) == 0, "getcwd: %s", name);
    DIR *stream = open_folder(".");
    struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        int below = openat(dirfd(stream), entry->d_name, O_RDONLY | O_DIRECTORY);
        REQUIRE_CALL(below, entry->d_name);
        REQUIRE_CALL(fstatat(below, "..", &roundabout, 0), "..");
        REQUIRE(direct.st_ino == roundabout.st_ino, "%s/.. is another", entry->d_name);
        REQUIRE_CALL(fchdir(below), "fchdir");
        REQUIRE_CALL(stat("..", &roundabout), "..");
        REQUIRE(direct.st_ino == roundabout.st_ino, ".. is another");
        close(below);
    }
}

static const struct check checks[] = {
    {"readdir and rewinddir", check_readdir}, {"entries and their inodes", check_entries},
    {"telldir and seekdir", check_seekdir},   {"getdents with little room", check_getdents},
    {"mode and links", check_links},          {"ways to a folder", check_paths},
};

int main(int count, char **arguments)
{
    if (count != 3) return 64;
    path = arguments[1];
    expected = arguments[2];
    current = "start";
    run_checks(checks, sizeof checks / sizeof *checks);
    return 0;
}
