// What Swift's Glibc module leaves out: C declares it variadic, or hides it behind _GNU_SOURCE.
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline int clinux_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }

/// POSIX_SPAWN_SETSID of spawn.h.
static const short clinux_spawn_setsid = 0x80;
