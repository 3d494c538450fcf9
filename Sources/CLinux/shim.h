// What Swift's Glibc module leaves out: C declares it variadic, hides it behind _GNU_SOURCE, or makes it of macros.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static inline int clinux_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }

/// POSIX_SPAWN_SETSID of spawn.h.
static const short clinux_spawn_setsid = 0x80;

/// Closes every descriptor from `from` on in a program that is started (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

static inline int clinux_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/// Whether a capability is in the bounding set: 1, 0, or -1 for one that the kernel does not know.
static inline int clinux_is_in_bounding_set(int capability) { return prctl(PR_CAPBSET_READ, capability, 0, 0, 0); }
static inline int clinux_drop_from_bounding_set(int capability) { return prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); }
static inline int clinux_clear_ambient_set(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

/// capget(2) and capset(2) of the calling thread, which glibc leaves out.
static inline int clinux_get_capabilities(__u64 *effective, __u64 *permitted, __u64 *inheritable) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    *effective = data[0].effective | (__u64)data[1].effective << 32;
    *permitted = data[0].permitted | (__u64)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (__u64)data[1].inheritable << 32;
    return 0;
}
static inline int clinux_set_capabilities(__u64 effective, __u64 permitted, __u64 inheritable) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(__u32)effective, (__u32)permitted, (__u32)inheritable},
        {(__u32)(effective >> 32), (__u32)(permitted >> 32), (__u32)(inheritable >> 32)}};
    return syscall(SYS_capset, &header, data);
}

/// Capabilities that programs get which this process executes, though neither they nor their user are privileged.
static inline int clinux_raise_ambient(int capability) {
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

/// unshare(2), which glibc hides behind _GNU_SOURCE, and pidfd_open(2), which older ones lack.
static inline int clinux_unshare(unsigned long flags) { return syscall(SYS_unshare, flags); }
static inline int clinux_open_process(int pid) { return syscall(SYS_pidfd_open, pid, 0); }

/// A child that has ended and was not waited for (waitid(2)); 0 when there is none. It stays to be waited for.
static inline int clinux_ended_child(void) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == 0 ? information.si_pid : 0;
}

/// As seccomp(2) names the processor that this program is built for.
#if defined(__x86_64__)
static const __u32 clinux_audit_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
static const __u32 clinux_audit_architecture = AUDIT_ARCH_AARCH64;
#endif

/// Installs a filter of system calls for all threads of the process (seccomp(2)).
static inline int clinux_filter_system_calls(struct sock_filter *instructions, unsigned short count) {
    struct sock_fprog program = {count, instructions};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

/// landlock(7), which glibc leaves out; the newer members of its structure are missing in older headers.
struct clinux_landlock_ruleset {
    __u64 handled_access_fs, handled_access_net, scoped;
};
static inline int clinux_landlock_version(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}
static inline int clinux_landlock_create(const struct clinux_landlock_ruleset *ruleset, size_t size) {
    return syscall(SYS_landlock_create_ruleset, ruleset, size, 0);
}
static inline int clinux_landlock_allow_beneath(int ruleset, int folder, __u64 access) {
    struct landlock_path_beneath_attr rule = {access, folder};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}
static inline int clinux_landlock_restrict(int ruleset) { return syscall(SYS_landlock_restrict_self, ruleset, 0); }

/// Locks a mutex unless that takes longer (glibc 2.30).
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline);
static inline int clinux_lock_within(pthread_mutex_t *mutex, long seconds) {
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += seconds;
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &deadline);
}

/// Leases of fcntl(2), which glibc hides behind _GNU_SOURCE.
static const int clinux_set_lease = 1024, clinux_set_lease_signal = 10;

/// Memory that has a descriptor and no name anywhere (memfd_create(2)).
int memfd_create(const char *name, unsigned int flags);
static inline int clinux_memory_file(const char *name) { return memfd_create(name, 1 /* MFD_CLOEXEC */); }

/// Most descriptors that one message carries.
#define CLINUX_MAXIMUM_DESCRIPTORS 8

/// Sends one message with descriptors (SCM_RIGHTS, unix(7)).
static inline ssize_t clinux_send(int socket, const void *bytes, size_t count, const int *descriptors, size_t number) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * CLINUX_MAXIMUM_DESCRIPTORS)];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (number > CLINUX_MAXIMUM_DESCRIPTORS) return -1;
    if (number > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * number);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * number);
        memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * number);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// Takes a connection that waits, close-on-exec (accept4(2), which glibc hides behind _GNU_SOURCE).
static inline int clinux_accept(int socket) { return syscall(SYS_accept4, socket, NULL, NULL, SOCK_CLOEXEC); }

/// Who connected a local socket, and the name in which it was bound, without its family (SO_PEERCRED, unix(7)).
struct clinux_peer {
    int pid;
    unsigned int uid, gid;
    unsigned char name[128];
    size_t name_count;
};
static inline int clinux_get_peer(int socket, struct clinux_peer *peer) {
    struct {
        int pid;
        unsigned int uid, gid;
    } credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    struct sockaddr_storage address;
    size = sizeof address;
    if (getpeername(socket, (struct sockaddr *)&address, &size) != 0) return -1;
    peer->name_count = size > sizeof(sa_family_t) ? size - sizeof(sa_family_t) : 0;
    if (peer->name_count > sizeof peer->name) return -1;
    memcpy(peer->name, (unsigned char *)&address + sizeof(sa_family_t), peer->name_count);
    return 0;
}

/// Receives one message; `number` is the room for descriptors, and afterwards how many came, close-on-exec.
static inline ssize_t clinux_receive(int socket, void *bytes, size_t count, int *descriptors, size_t *number,
                                     int waiting) {
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * CLINUX_MAXIMUM_DESCRIPTORS)];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    size_t room = *number;
    *number = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (waiting ? 0 : MSG_DONTWAIT));
    if (received < 0) return received;
    for (struct cmsghdr *rights = CMSG_FIRSTHDR(&message); rights; rights = CMSG_NXTHDR(&message, rights)) {
        if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
        size_t came = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < came && *number < room; i++)
            memcpy(&descriptors[(*number)++], CMSG_DATA(rights) + i * sizeof(int), sizeof(int));
    }
    return received;
}
