// What Swift's Glibc module leaves out: C declares it variadic, or hides it behind _GNU_SOURCE.
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

static inline int clinux_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }

/// POSIX_SPAWN_SETSID of spawn.h.
static const short clinux_spawn_setsid = 0x80;

/// Closes every descriptor from `from` on in a program that is started (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
