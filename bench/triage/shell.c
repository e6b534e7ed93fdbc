/*
 * How many commands a second the imitated shells run, one core, by processor time.
 * One line a workload: its name, runs and simple commands per second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "triage/shell/shell.h"

static const struct workload {
    const char *name;
    enum shell_profile profile;
    const char *script;
} workloads[] = {
    {"one command", SHELL_debian, "id"},
    {"injected pipe", SHELL_debian, "c$@at$IFS/etc/passwd|head -2;echo -n 67547|md5sum"},
    {"encoded", SHELL_bash, "echo ZWNobyAkKCg1MTAqNDApKQo=|base64 -d|bash"},
    {"loop", SHELL_busybox, "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo $i; done"},
    {"tools", SHELL_debian, "seq 20|sed s/1/x/|awk '{print $1}'|grep x|sort -r|head -3"},
    {"cmd", SHELL_cmd, "echo %OS%&whoami&ping -n 2 127.0.0.1"},
    {"powershell", SHELL_powershell, "$a='who';$b='ami';iex ($a+$b)"},
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        const struct workload *workload = &workloads[i];
        double start = seconds_now(), spent = 0;
        uint64_t runs = 0, commands = 0;
        while (spent < 0.5) {
            struct shell_result result;
            struct bytes pattern;
            double bits;
            if (shell_run(workload->profile, bytes_of(workload->script), &arena, &result) != 0 ||
                shell_output_pattern(result.output, &arena, &pattern, &bits) != 0)
                return EXIT_FAILURE;
            runs++;
            commands += result.commands_run;
            arena_reset(&arena);
            spent = seconds_now() - start;
        }
        printf("%-16s %9.0f runs/s %9.0f commands/s\n", workload->name, (double)runs / spent,
               (double)commands / spent);
    }
    arena_finish(&arena);
    return EXIT_SUCCESS;
}
