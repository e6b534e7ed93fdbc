/*
 * The imitation against the real thing: every script of scripts.txt is run by
 * the machine's own dash, bash and busybox in a scratch directory, and what they
 * print must match what was predicted. A shell that is not there is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buffer.h"
#include "triage/shell/shell.h"

enum { OUTPUT_LIMIT = 1 << 18 };

struct real {
    const char *program;
    enum shell_profile profile;
    char letter; /* in front of a script: only for the shells named there */
    char scratch[64], path[128];
};

struct answer {
    struct buffer output, errors;
    int status;
};

static void child_run(const struct real *real, const char *script, int output, int errors)
{
    char path[160], home[80];
    snprintf(path, sizeof(path), "PATH=%s", real->path);
    snprintf(home, sizeof(home), "HOME=%s", geteuid() == 0 ? "/root" : real->scratch);
    char *environment[] = {path, home, NULL};
    char *arguments[] = {"sh", "-c", (char *)script, NULL};
    int input = open("/dev/null", O_RDONLY);
    if (chdir(real->scratch) != 0 || input < 0)
        _exit(99);
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    alarm(10);
    execve(real->program, arguments, environment);
    _exit(99);
}

static void both_read(int output, int errors, struct answer *answer)
{
    struct pollfd ends[2] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
    int open_ends = 2;
    char room[4096];
    while (open_ends > 0 && poll(ends, 2, 10000) > 0)
        for (int i = 0; i < 2; i++) {
            if (ends[i].fd < 0 || !ends[i].revents)
                continue;
            ssize_t size = read(ends[i].fd, room, sizeof(room));
            if (size <= 0) {
                ends[i].fd = -1;
                open_ends--;
            } else if (answer->output.len + answer->errors.len < OUTPUT_LIMIT)
                buffer_put(i == 0 ? &answer->output : &answer->errors,
                           (struct bytes){room, (size_t)size});
        }
}

static void real_run(const struct real *real, const char *script, struct answer *answer)
{
    int output[2], errors[2], status;
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    assert_int_equal(pipe2(errors, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_run(real, script, output[1], errors[1]);
    close(output[1]);
    close(errors[1]);
    both_read(output[0], errors[0], answer);
    close(output[0]);
    close(errors[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    answer->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether all of `actual` is what `predicted` says. */
static bool text_matches(struct bytes predicted, struct bytes actual, struct arena *arena)
{
    struct bytes pattern;
    int error;
    size_t at;
    if (shell_output_exact(predicted))
        return bytes_equal(predicted, actual);
    assert_int_equal(shell_output_pattern_whole(predicted, arena, &pattern), 0);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len,
                                     PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at, NULL);
    assert_non_null(code);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int count =
        pcre2_match(code, (PCRE2_SPTR)(actual.at ? actual.at : ""), actual.len, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return count >= 0;
}

/* On one line, as TAP wants its remarks. */
static void said_print(const char *who, int status, struct bytes output, struct bytes errors)
{
    const struct bytes said[] = {output, errors};
    printf("#   %s %d:", who, status);
    for (int i = 0; i < 2; i++) {
        fputs(" [", stdout);
        for (size_t n = 0; n < said[i].len; n++)
            if (said[i].at[n] == '\n')
                fputs("\\n", stdout);
            else
                putchar(said[i].at[n]);
        putchar(']');
    }
    putchar('\n');
}

static void difference_print(const struct real *real, const char *script,
                             const struct shell_result *result, const struct answer *answer)
{
    printf("# %s: %s\n", real->program, script);
    said_print("predicted", result->status, result->output, result->errors);
    said_print("really   ", answer->status, buffer_bytes(&answer->output),
               buffer_bytes(&answer->errors));
}

static bool script_matches(const struct real *real, const char *script)
{
    struct arena arena = {0};
    struct shell_result result;
    struct answer answer = {0};
    real_run(real, script, &answer);
    assert_int_equal(shell_run_as(real->profile, geteuid() == 0, bytes_of(script), &arena, &result),
                     0);
    bool same = answer.status == result.status &&
                text_matches(result.output, buffer_bytes(&answer.output), &arena) &&
                text_matches(result.errors, buffer_bytes(&answer.errors), &arena);
    if (!same)
        difference_print(real, script, &result, &answer);
    buffer_finish(&answer.output);
    buffer_finish(&answer.errors);
    arena_finish(&arena);
    return same;
}

/* "db| script": only for dash and bash. Returns the script, or NULL when it is not for `real`. */
static char *line_script(const struct real *real, char *line)
{
    char *bar = strstr(line, "| ");
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '#' || line[0] == 0 || !bar || bar - line > 3)
        return NULL;
    for (char *c = line; c < bar; c++)
        if (*c == real->letter)
            for (char *at = bar + 2;; at++) {
                at = strstr(at, "<nl>");
                if (!at)
                    return bar + 2;
                *at = '\n';
                memmove(at + 1, at + 4, strlen(at + 4) + 1);
            }
    return NULL;
}

static void scratch_remove(const struct real *real)
{
    char command[160];
    snprintf(command, sizeof(command), "rm -rf '%s'", real->scratch);
    assert_int_equal(system(command), 0);
}

static bool real_prepare(struct real *real)
{
    if (access(real->program, X_OK) != 0) {
        printf("# %s is not here\n", real->program);
        return false;
    }
    snprintf(real->scratch, sizeof(real->scratch), "/tmp/hinomi-shell-XXXXXX");
    assert_non_null(mkdtemp(real->scratch));
    snprintf(real->path, sizeof(real->path),
             "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if (real->profile != SHELL_busybox)
        return true;
    char command[400]; /* its own tools before the machine's */
    snprintf(real->path, sizeof(real->path), "%s/.tools", real->scratch);
    snprintf(command, sizeof(command), "mkdir '%s' && %s --install -s '%s'", real->path,
             real->program, real->path);
    return system(command) == 0;
}

static void scripts_run(struct real *real)
{
    FILE *file = fopen(SOURCE_ROOT "/test/triage/shell/scripts.txt", "r");
    char *line = NULL;
    size_t capacity = 0;
    unsigned scripts = 0, same = 0;
    assert_non_null(file);
    if (!real_prepare(real)) {
        fclose(file);
        skip();
    }
    while (getline(&line, &capacity, file) > 0) {
        char *script = line_script(real, line);
        if (!script)
            continue;
        scripts++;
        same += script_matches(real, script);
    }
    free(line);
    fclose(file);
    scratch_remove(real);
    printf("# %s: %u of %u scripts as predicted (%.1f %%)\n", real->program, same, scripts,
           100.0 * same / scripts);
    assert_true(scripts >= 100);
    assert_true(same * 100 >= scripts * 98); /* the rest stands above, script by script */
}

static void test_dash(void **state)
{
    (void)state;
    struct real real = {.program = "/bin/dash", .profile = SHELL_debian, .letter = 'd'};
    scripts_run(&real);
}

static void test_bash(void **state)
{
    (void)state;
    struct real real = {.program = "/bin/bash", .profile = SHELL_bash, .letter = 'b'};
    scripts_run(&real);
}

static void test_busybox(void **state)
{
    (void)state;
    struct real real = {.program = "/bin/busybox", .profile = SHELL_busybox, .letter = 'x'};
    scripts_run(&real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dash),
        cmocka_unit_test(test_bash),
        cmocka_unit_test(test_busybox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
