#include "base/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The address sanitizer's shadow alone is larger than the limit of memory. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
/* Its search for leaks at the end makes calls that are forbidden by then. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

enum {
    /* Unicorn reserves 1 GiB for the processor that is open, of which it touches little */
    MEMORY_MOST_GIB = 2,
};

static int limits_set(void)
{
    const struct {
        enum __rlimit_resource resource;
        rlim_t most;
    } limits[] = {
#ifndef SANITIZED
        {RLIMIT_AS, (rlim_t)MEMORY_MOST_GIB << 30},
#endif
        {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_NPROC, 0},
        {RLIMIT_NOFILE, 3},
    };
    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit = {limits[i].most, limits[i].most};
        if (setrlimit(limits[i].resource, &limit) != 0)
            return -errno;
    }
    return 0;
}

/* A ruleset that handles every access and allows none. */
static bool landlock_enter(void)
{
    struct landlock_ruleset_attr handled = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
    };
    long ruleset = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (ruleset < 0)
        return false;
    bool held = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
    (void)close((int)ruleset);
    return held;
}

/* Memory, the pipe, the clock, leaving. Anything else kills the process. */
static int seccomp_enter(void)
{
    static const int allowed[] = {
        SCMP_SYS(read),         SCMP_SYS(write),        SCMP_SYS(exit),
        SCMP_SYS(exit_group),   SCMP_SYS(mmap),         SCMP_SYS(munmap),
        SCMP_SYS(mprotect),     SCMP_SYS(mremap),       SCMP_SYS(madvise),
        SCMP_SYS(brk),          SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(getrandom),    SCMP_SYS(sigaltstack),  SCMP_SYS(sysinfo),
    };
    static const int refused[] = {
        SCMP_SYS(newfstatat), SCMP_SYS(fstat),    SCMP_SYS(openat), SCMP_SYS(open),
        SCMP_SYS(access),     SCMP_SYS(readlink), SCMP_SYS(stat),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -ENOMEM;
    int error = 0;
    for (unsigned i = 0; error == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    /* what asks after files fails rather than kills: a library may look, and learns nothing */
    for (unsigned i = 0; error == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

int sandbox_enter(bool *ret_landlock)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return -errno;
    bool landlock = landlock_enter();
    int error = limits_set();
    if (error == 0)
        error = seccomp_enter();
    if (error == 0)
        *ret_landlock = landlock;
    return error;
}
