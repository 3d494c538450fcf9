// System calls that Swift cannot see because C declares them variadic or hides them behind _GNU_SOURCE.
#include <sys/prctl.h>

static inline int clinux_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }
