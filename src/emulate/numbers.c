/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/numbers.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

struct numbered {
    uint16_t number;
    const char *name;
};

/* What the BSDs, macOS and (up to 126) SunOS have in common, and a few of FreeBSD's. */
static const struct numbered BSD[] = {
    {1, "exit"},       {2, "fork"},           {3, "read"},         {4, "write"},
    {5, "open"},       {6, "close"},          {7, "wait4"},        {9, "link"},
    {10, "unlink"},    {12, "chdir"},         {13, "fchdir"},      {14, "mknod"},
    {15, "chmod"},     {16, "chown"},         {17, "brk"},         {20, "getpid"},
    {21, "mount"},     {22, "umount2"},       {23, "setuid"},      {24, "getuid"},
    {25, "geteuid"},   {26, "ptrace"},        {27, "recvmsg"},     {28, "sendmsg"},
    {29, "recvfrom"},  {30, "accept"},        {31, "getpeername"}, {32, "getsockname"},
    {33, "access"},    {36, "sync"},          {37, "kill"},        {39, "getppid"},
    {41, "dup"},       {42, "pipe"},          {43, "getegid"},     {46, "sigaction"},
    {47, "getgid"},    {53, "sigaltstack"},   {54, "ioctl"},       {55, "reboot"},
    {57, "symlink"},   {58, "readlink"},      {59, "execve"},      {60, "umask"},
    {61, "chroot"},    {66, "vfork"},         {73, "munmap"},      {74, "mprotect"},
    {80, "setgroups"}, {82, "setpgid"},       {83, "setitimer"},   {85, "swapon"},
    {90, "dup2"},      {92, "fcntl"},         {93, "select"},      {95, "fsync"},
    {97, "socket"},    {98, "connect"},       {104, "bind"},       {105, "setsockopt"},
    {106, "listen"},   {116, "gettimeofday"}, {121, "writev"},     {122, "settimeofday"},
    {123, "fchown"},   {124, "fchmod"},       {126, "setreuid"},   {127, "setregid"},
    {128, "rename"},   {133, "sendto"},       {134, "shutdown"},   {135, "socketpair"},
    {136, "mkdir"},    {137, "rmdir"},        {147, "setsid"},     {181, "setgid"},
    {182, "setegid"},  {183, "seteuid"},      {197, "mmap"},       {199, "lseek"},
    {200, "truncate"}, {209, "poll"},         {240, "nanosleep"},  {253, "issetugid"},
    {304, "kldload"},  {311, "setresuid"},    {312, "setresgid"},  {477, "mmap"},
};

static const struct numbered SOLARIS[] = {
    {1, "exit"},         {2, "fork"},       {3, "read"},          {4, "write"},
    {5, "open"},         {6, "close"},      {7, "wait4"},         {9, "link"},
    {10, "unlink"},      {12, "chdir"},     {13, "time"},         {14, "mknod"},
    {15, "chmod"},       {16, "chown"},     {17, "brk"},          {20, "getpid"},
    {23, "setuid"},      {24, "getuid"},    {27, "alarm"},        {33, "access"},
    {37, "kill"},        {41, "dup"},       {42, "pipe"},         {46, "setgid"},
    {54, "ioctl"},       {55, "reboot"},    {59, "execve"},       {60, "umask"},
    {61, "chroot"},      {62, "fcntl"},     {74, "rmdir"},        {79, "rmdir"},
    {80, "mkdir"},       {119, "vfork"},    {134, "rename"},      {136, "setegid"},
    {141, "seteuid"},    {202, "setreuid"}, {203, "setregid"},    {230, "socket"},
    {231, "socketpair"}, {232, "bind"},     {233, "listen"},      {234, "accept"},
    {235, "connect"},    {236, "shutdown"}, {237, "recv"},        {238, "recvfrom"},
    {240, "send"},       {241, "sendto"},   {243, "getpeername"}, {244, "getsockname"},
    {245, "setsockopt"},
};

static bool name_copy(const char *name, char ret_name[CALL_NAME_SIZE])
{
    snprintf(ret_name, CALL_NAME_SIZE, "%s", name);
    return true;
}

static bool table_name(const struct numbered *table, size_t count, uint64_t number,
                       char ret_name[CALL_NAME_SIZE])
{
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return name_copy(table[i].name, ret_name);
    return false;
}

static bool linux_name(uint32_t arch, uint64_t number, char ret_name[CALL_NAME_SIZE])
{
    if (number > 100000)
        return false;
    /* MIPS: the number says by which of its three interfaces the call is made */
    if (arch == SCMP_ARCH_MIPS)
        arch = number >= 6000   ? SCMP_ARCH_MIPS64N32
               : number >= 5000 ? SCMP_ARCH_MIPS64
                                : SCMP_ARCH_MIPS;
    char *name = seccomp_syscall_resolve_num_arch(arch, (int)number);
    if (!name && arch == SCMP_ARCH_ARM) /* the old interface counted as x86 does */
        name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, (int)number);
    if (!name)
        return false;
    name_copy(name, ret_name);
    free(name);
    return true;
}

#define TABLE(table) (table), sizeof(table) / sizeof((table)[0])

bool number_name(const struct system *system, bool i386, uint64_t number,
                 char ret_name[CALL_NAME_SIZE])
{
    if (system->family == FAMILY_BSD) {
        number &= 0xffffff;
        return table_name(TABLE(BSD), number, ret_name);
    }
    if (system->family == FAMILY_SOLARIS)
        return table_name(TABLE(SOLARIS), number, ret_name);
    return linux_name(i386 ? SCMP_ARCH_X86 : system->arch, number, ret_name);
}
