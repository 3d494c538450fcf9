// What Swift's Glibc module leaves out: C declares it variadic, or hides it behind _GNU_SOURCE.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
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
