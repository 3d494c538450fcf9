// Every way to read a file, compared with an ordinary file that holds the same bytes.
//
//   reading-files FILE EXPECTED POLICY      POLICY is the mount's cache policy: strict, open or resident
#include "checks.h"

static const char *path;
static const char *policy;
static unsigned char *expected;
static size_t size;

static void compare(const unsigned char *bytes, size_t offset, size_t count, const char *how)
{
    for (size_t i = 0; i < count; i++)
        REQUIRE(bytes[i] == expected[offset + i], "%s: byte %zu is wrong", how, offset + i);
}

static unsigned char *room(size_t count)
{
    // Nothing in it looks like content, nor like zeroed memory.
    void *bytes = NULL;
    REQUIRE(posix_memalign(&bytes, 4096, count + 8192) == 0, "out of memory");
    memset(bytes, 0xA5, count + 8192);
    return bytes;
}

static void check_stat(void)
{
    struct stat status, again;
    REQUIRE_CALL(stat(path, &status), "stat");
    REQUIRE((size_t)status.st_size == size, "size %jd instead of %zu", (intmax_t)status.st_size, size);
    REQUIRE(S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_ino > 1, "no regular file with one name");
    REQUIRE((size_t)status.st_blocks == (size + 511) / 512, "%jd blocks", (intmax_t)status.st_blocks);
    REQUIRE(status.st_mtime > 1600000000, "no time");
    int file = open_or_fail(path, O_RDONLY);
    REQUIRE_CALL(fstat(file, &again), "fstat");
    REQUIRE(again.st_ino == status.st_ino && again.st_size == status.st_size, "fstat disagrees with stat");
    REQUIRE_CALL(lstat(path, &again), "lstat");
    REQUIRE(again.st_ino == status.st_ino && again.st_dev == status.st_dev, "lstat disagrees with stat");
    int place = open_or_fail(path, O_PATH);
    REQUIRE_CALL(fstat(place, &again), "fstat of O_PATH");
    REQUIRE(again.st_ino == status.st_ino, "O_PATH disagrees with stat");
}

static void check_statx(void)
{
    struct statx status;
    REQUIRE_CALL(statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &status), "statx");
    REQUIRE((status.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS, "mask 0x%x", status.stx_mask);
    REQUIRE(status.stx_size == size, "size %ju", (uintmax_t)status.stx_size);
    REQUIRE_CALL(statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_SIZE, &status), "statx without asking");
    REQUIRE(status.stx_size == size, "size %ju without asking", (uintmax_t)status.stx_size);
}

static void read_in_pieces(size_t piece)
{
    int file = open_or_fail(path, O_RDONLY);
    unsigned char *bytes = room(piece);
    size_t used = 0;
    while (1) {
        ssize_t count = read(file, bytes, piece);
        REQUIRE_CALL(count, "read");
        if (count == 0) break;
        REQUIRE(used + count <= size, "more than %zu bytes", size);
        compare(bytes, used, count, "read");
        used += count;
    }
    REQUIRE(used == size, "ends after %zu of %zu bytes", used, size);
    REQUIRE(read(file, bytes, piece) == 0, "the end is not the end");
}

static void check_read_at_once(void) { read_in_pieces(size + 100); }
static void check_read_in_blocks(void) { read_in_pieces(4096); }
static void check_read_in_bits(void) { read_in_pieces(size > 100000 ? 65521 : 7); }

static void pread_through(int file, const char *how)
{
    const size_t offsets[] = {0, 1, 2, 511, 4095, 4096, 4097, size / 2, size > 1 ? size - 2 : 0, size > 0 ? size - 1 : 0};
    const size_t counts[] = {1, 2, 4096, 5000, 200000};
    unsigned char *bytes = room(200000);
    for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            size_t offset = offsets[o];
            if (offset >= size) continue;
            size_t wanted = counts[c] < size - offset ? counts[c] : size - offset;
            ssize_t count = pread(file, bytes, counts[c], offset);
            REQUIRE(count == (ssize_t)wanted, "%s: %zd of %zu bytes at %zu", how, count, wanted, offset);
            compare(bytes, offset, wanted, how);
            REQUIRE(bytes[wanted] == 0xA5 || wanted < 5000, "%s: wrote too far", how);
            memset(bytes, 0xA5, wanted);
        }
    }
    REQUIRE(pread(file, bytes, 10, size) == 0, "%s: something at the end", how);
    REQUIRE(pread(file, bytes, 10, size + 1000000) == 0, "%s: something beyond the end", how);
    REQUIRE(pread(file, bytes, 10, -1) == -1 && errno == EINVAL, "%s: a negative offset", how);
}

static void check_pread(void) { pread_through(open_or_fail(path, O_RDONLY), "pread"); }

static void check_readv(void)
{
    int file = open_or_fail(path, O_RDONLY);
    unsigned char *bytes = room(size);
    // Odd lengths, an empty part, and more room than there is content.
    struct iovec parts[] = {{bytes, size / 3}, {bytes + size / 3, 0}, {bytes + size / 3, size - size / 3 + 50}};
    ssize_t count = preadv(file, parts, 3, 0);
    REQUIRE(count == (ssize_t)size, "preadv: %zd of %zu bytes", count, size);
    compare(bytes, 0, size, "preadv");
    count = readv(file, parts, 3);
    REQUIRE(count == (ssize_t)size, "readv: %zd of %zu bytes", count, size);
    compare(bytes, 0, size, "readv");
}

static void check_lseek(void)
{
    int file = open_or_fail(path, O_RDONLY);
    unsigned char byte;
    REQUIRE(lseek(file, 0, SEEK_END) == (off_t)size, "SEEK_END");
    REQUIRE(read(file, &byte, 1) == 0, "something at the end");
    REQUIRE(lseek(file, 1000, SEEK_END) == (off_t)size + 1000 && read(file, &byte, 1) == 0, "beyond the end");
    REQUIRE(lseek(file, -1, SEEK_SET) == -1 && errno == EINVAL, "before the beginning");
    if (size == 0) return;
    REQUIRE(lseek(file, -1, SEEK_END) == (off_t)size - 1 && read(file, &byte, 1) == 1, "the last byte");
    compare(&byte, size - 1, 1, "SEEK_END");
    REQUIRE(lseek(file, -1, SEEK_CUR) == (off_t)size - 1, "SEEK_CUR");
}

static void check_seek_data(void)
{
    int file = open_or_fail(path, O_RDONLY);
    // No holes: everything is data, and the only hole is the end.
    if (size > 0) {
        REQUIRE(lseek(file, 0, SEEK_DATA) == 0, "SEEK_DATA at 0");
        REQUIRE(lseek(file, size - 1, SEEK_DATA) == (off_t)size - 1, "SEEK_DATA at the last byte");
        REQUIRE(lseek(file, 0, SEEK_HOLE) == (off_t)size, "SEEK_HOLE");
    }
    REQUIRE(lseek(file, size, SEEK_DATA) == -1 && errno == ENXIO, "SEEK_DATA at the end");
    REQUIRE(lseek(file, size, SEEK_HOLE) == -1 && errno == ENXIO, "SEEK_HOLE at the end");
}

static void map(int flags, const char *how)
{
    int file = open_or_fail(path, O_RDONLY);
    if (size == 0) {
        REQUIRE(mmap(NULL, 0, PROT_READ, flags, file, 0) == MAP_FAILED && errno == EINVAL, "an empty map");
        return;
    }
    unsigned char *bytes = mmap(NULL, size, PROT_READ, flags, file, 0);
    REQUIRE(bytes != MAP_FAILED, "%s: %s", how, strerror(errno));
    // The map outlives the descriptor.
    close(file);
    compare(bytes, 0, size, how);
    for (size_t i = size; i % 4096 != 0; i++) REQUIRE(bytes[i] == 0, "%s: something behind the end", how);
    REQUIRE_CALL(munmap(bytes, size), "munmap");
}

static void check_map_private(void) { map(MAP_PRIVATE, "MAP_PRIVATE"); }

static void check_map_shared(void)
{
    if (strcmp(policy, "strict") != 0) return map(MAP_SHARED, "MAP_SHARED");
    // Shared maps are pages of the page cache, and the policy strict keeps plaintext out of it.
    int file = open_or_fail(path, O_RDONLY);
    void *bytes = mmap(NULL, size ? size : 1, PROT_READ, MAP_SHARED, file, 0);
    REQUIRE(bytes == MAP_FAILED && errno == ENODEV, "not refused with ENODEV");
}

static void check_map_private_written(void)
{
    if (size == 0) return;
    int file = open_or_fail(path, O_RDONLY);
    unsigned char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    REQUIRE(bytes != MAP_FAILED, "mmap: %s", strerror(errno));
    bytes[0] ^= 0xFF;
    unsigned char byte;
    REQUIRE(pread(file, &byte, 1, 0) == 1, "pread");
    compare(&byte, 0, 1, "a copy's change shows in the file");
    REQUIRE(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED, "a shared map for writing");
}

static void check_handles(void)
{
    int first = open_or_fail(path, O_RDONLY), second = open_or_fail(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    int copy = dup(first);
    unsigned char byte;
    if (size > 2) {
        REQUIRE(read(first, &byte, 1) == 1 && read(copy, &byte, 1) == 1, "read");
        compare(&byte, 1, 1, "dup shares the offset");
        REQUIRE(read(second, &byte, 1) == 1, "read");
        compare(&byte, 0, 1, "another open has its own offset");
    }
    close(first);
    pread_through(copy, "after the first descriptor's close");
    pread_through(second, "after the other's close");
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", second);
    pread_through(open_or_fail(link, O_RDONLY), "opened again by /proc");
}

static void check_direct(void)
{
    int file = open_or_fail(path, O_RDONLY | O_DIRECT);
    unsigned char *bytes = room(size);
    size_t used = 0;
    while (used < size) {
        ssize_t count = pread(file, bytes + used, 65536, used);
        REQUIRE(count > 0, "O_DIRECT: %zd at %zu", count, used);
        used += count;
    }
    REQUIRE(used == size, "%zu bytes", used);
    compare(bytes, 0, size, "O_DIRECT");
}

static void check_sendfile(void)
{
    FILE *target = tmpfile();
    REQUIRE(target, "tmpfile");
    int file = open_or_fail(path, O_RDONLY);
    size_t used = 0;
    while (1) {
        ssize_t count = sendfile(fileno(target), file, NULL, size + 1);
        REQUIRE_CALL(count, "sendfile");
        if (count == 0) break;
        used += count;
    }
    REQUIRE(used == size, "%zu bytes", used);
    unsigned char *bytes = room(size);
    REQUIRE(pread(fileno(target), bytes, size, 0) == (ssize_t)size, "pread");
    compare(bytes, 0, size, "sendfile");
}

static void check_splice(void)
{
    int pipes[2];
    REQUIRE_CALL(pipe(pipes), "pipe");
    int file = open_or_fail(path, O_RDONLY);
    unsigned char *bytes = room(65536);
    off_t offset = 0;
    while (1) {
        ssize_t count = splice(file, &offset, pipes[1], NULL, 4096, 0);
        REQUIRE_CALL(count, "splice");
        if (count == 0) break;
        REQUIRE(read(pipes[0], bytes, count) == count, "read of the pipe");
        compare(bytes, offset - count, count, "splice");
    }
    REQUIRE((size_t)offset == size, "%jd bytes", (intmax_t)offset);
}

static void check_copy_file_range(void)
{
    FILE *target = tmpfile();
    REQUIRE(target, "tmpfile");
    int file = open_or_fail(path, O_RDONLY);
    size_t used = 0;
    while (1) {
        ssize_t count = copy_file_range(file, NULL, fileno(target), NULL, size + 1, 0);
        // Kernels differ: some copy between file systems, others leave that to the program.
        if (count < 0 && errno == EXDEV) return;
        REQUIRE_CALL(count, "copy_file_range");
        if (count == 0) break;
        used += count;
    }
    REQUIRE(used == size, "%zu bytes", used);
    unsigned char *bytes = room(size);
    REQUIRE(pread(fileno(target), bytes, size, 0) == (ssize_t)size, "pread");
    compare(bytes, 0, size, "copy_file_range");
}

static void check_poll(void)
{
    struct pollfd polled = {.fd = open_or_fail(path, O_RDONLY), .events = POLLIN};
    REQUIRE(poll(&polled, 1, 10000) == 1 && polled.revents == POLLIN, "events 0x%x", polled.revents);
}

static void check_inotify(void)
{
    int queue = inotify_init1(IN_CLOEXEC);
    REQUIRE_CALL(queue, "inotify_init1");
    REQUIRE_CALL(inotify_add_watch(queue, path, IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE), "inotify_add_watch");
    int file = open_or_fail(path, O_RDONLY);
    unsigned char byte;
    REQUIRE(read(file, &byte, 1) == (size > 0), "read");
    close(file);
    uint32_t wanted = IN_OPEN | IN_CLOSE_NOWRITE | (size > 0 ? IN_ACCESS : 0), seen = 0;
    while ((seen & wanted) != wanted) {
        char buffer[4096] __attribute__((aligned(8)));
        struct pollfd polled = {.fd = queue, .events = POLLIN};
        REQUIRE(poll(&polled, 1, 10000) == 1, "events 0x%x of 0x%x", seen, wanted);
        ssize_t count = read(queue, buffer, sizeof buffer);
        REQUIRE_CALL(count, "read of the queue");
        for (char *at = buffer; at < buffer + count;) {
            struct inotify_event *event = (struct inotify_event *)at;
            seen |= event->mask;
            at += sizeof *event + event->len;
        }
    }
}

static void check_access(void)
{
    REQUIRE_CALL(access(path, F_OK), "F_OK");
    REQUIRE_CALL(access(path, R_OK), "R_OK");
    REQUIRE(access(path, W_OK) == -1 && errno == EROFS, "W_OK: %s", strerror(errno));
    REQUIRE(access(path, X_OK) == -1 && errno == EACCES, "X_OK: %s", strerror(errno));
}

static void check_attributes(void)
{
    const char *names[] = {"user.secretary.scope", "user.secretary.source", "user.secretary.version",
                           "user.secretary.state", "user.secretary.age"};
    char list[4096], value[4096];
    ssize_t needed = listxattr(path, NULL, 0);
    REQUIRE(needed > 0 && listxattr(path, list, needed) == needed, "listxattr");
    REQUIRE(listxattr(path, list, needed - 1) == -1 && errno == ERANGE, "a short list: %s", strerror(errno));
    ssize_t expected_length = 0;
    int file = open_or_fail(path, O_RDONLY);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expected_length += strlen(names[i]) + 1;
        REQUIRE(memmem(list, needed, names[i], strlen(names[i]) + 1), "no %s", names[i]);
        ssize_t length = getxattr(path, names[i], NULL, 0);
        REQUIRE(length > 0 && getxattr(path, names[i], value, sizeof value) == length, "%s", names[i]);
        REQUIRE(fgetxattr(file, names[i], value, sizeof value) == length, "fgetxattr of %s", names[i]);
        if (length > 1) REQUIRE(getxattr(path, names[i], value, 1) == -1 && errno == ERANGE, "ERANGE of %s", names[i]);
    }
    REQUIRE(needed == expected_length, "attributes nobody knows");
    REQUIRE(getxattr(path, "user.secretary.state", value, sizeof value) == 4 || strcmp(policy, "resident") == 0,
            "an open file is not held");
}

static void check_file_system(void)
{
    struct statfs status;
    struct statvfs flags;
    REQUIRE_CALL(statfs(path, &status), "statfs");
    REQUIRE(status.f_type == 0x65735546, "type 0x%jx", (intmax_t)status.f_type);
    REQUIRE(status.f_namelen == 255 && status.f_files > 0 && status.f_bfree == 0, "numbers");
    REQUIRE_CALL(statvfs(path, &flags), "statvfs");
    unsigned long wanted = ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC;
    REQUIRE((flags.f_flag & wanted) == wanted, "flags 0x%lx", flags.f_flag);
}

static void check_locks(void)
{
    int file = open_or_fail(path, O_RDONLY);
    REQUIRE_CALL(flock(file, LOCK_SH), "flock");
    REQUIRE_CALL(flock(file, LOCK_UN), "flock");
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    REQUIRE_CALL(fcntl(file, F_SETLK, &lock), "fcntl");
}

static void check_advice(void)
{
    int file = open_or_fail(path, O_RDONLY);
    REQUIRE(posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL) == 0, "POSIX_FADV_SEQUENTIAL");
    REQUIRE(posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED) == 0, "POSIX_FADV_WILLNEED");
    // The kernel may throw its copies away at any time: what is read then comes from the server again.
    REQUIRE(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0, "POSIX_FADV_DONTNEED");
    pread_through(file, "after POSIX_FADV_DONTNEED");
}

static const struct check checks[] = {
    {"stat", check_stat},
    {"statx", check_statx},
    {"read at once", check_read_at_once},
    {"read in blocks", check_read_in_blocks},
    {"read in odd pieces", check_read_in_bits},
    {"pread", check_pread},
    {"readv", check_readv},
    {"lseek", check_lseek},
    {"SEEK_DATA and SEEK_HOLE", check_seek_data},
    {"mmap, private", check_map_private},
    {"mmap, shared", check_map_shared},
    {"mmap, private and written to", check_map_private_written},
    {"several handles", check_handles},
    {"O_DIRECT", check_direct},
    {"sendfile", check_sendfile},
    {"splice", check_splice},
    {"copy_file_range", check_copy_file_range},
    {"poll", check_poll},
    {"inotify", check_inotify},
    {"access", check_access},
    {"extended attributes", check_attributes},
    {"statfs", check_file_system},
    {"locks", check_locks},
    {"advice", check_advice},
};

int main(int count, char **arguments)
{
    if (count != 4) return 64;
    path = arguments[1];
    policy = arguments[3];
    current = "start";
    expected = contents(arguments[2], &size);
    run_checks(checks, sizeof checks / sizeof *checks);
    return 0;
}
