// Do not define _FILE_OFFSET_BITS here: it makes two definitions of struct flock.
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
