/* Reports are taken or refused whole; what is kept opens under its own name and key alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database.h"
#include "store/samples.h"
#include "store/vault.h"

static char folder[64];

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define REPORT(sha256, files)                                                                      \
    "{\"sha256\":\"" sha256 "\",\"name\":\"n\",\"size\":3,\"files\":" files "}"

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/hinomi-samples-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_drop(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static int64_t ask(const char *sql)
{
    struct failure failure = {""};
    struct database database = {0};
    char path[128];
    int64_t value = -1;
    snprintf(path, sizeof(path), "%s/samples.db", folder);
    assert_int_equal(database_open(&database, path, DATABASE_READ, &failure), 0);
    assert_int_equal(database_integer(&database, sql, &value), 0);
    database_close(&database);
    return value;
}

static void a_sample_that_comes_again_is_told_once(void **state)
{
    static const char first[] =
        REPORT(ONE, "[{\"number\":0,\"path\":\"n\",\"yara\":{\"matches\":[{\"rule\":\"r\"}]}},"
                    "{\"number\":1,\"parent\":0,\"sha256\":\"" TWO "\"}]");
    static const char again[] = REPORT(ONE, "[{\"number\":0,\"path\":\"n\"}]");
    struct samples_store *store;
    (void)state;
    assert_int_equal(samples_store_open(folder, &store), 0);
    assert_int_equal(samples_store_put(store, BYTES(ONE), BYTES(first), 5, true), 0);
    assert_int_equal(ask("SELECT count(*) FROM sample_files"), 2);
    assert_int_equal(ask("SELECT count(*) FROM sample_rules WHERE rule = 'r'"), 1);
    assert_int_equal(samples_store_put(store, BYTES(ONE), BYTES(again), 9, false), 0);
    assert_int_equal(ask("SELECT count(*) FROM samples WHERE first = 5 AND last = 9 AND times = 2"
                         " AND kept AND files = 1"),
                     1);
    assert_int_equal(ask("SELECT count(*) FROM sample_files"), 1);
    assert_int_equal(ask("SELECT count(*) FROM sample_rules"), 0);
    samples_store_close(store);
}

/* Whoever reads hostile bytes may have been taken over: what it says is held to the sample. */
static void what_is_no_report_of_the_sample_is_refused(void **state)
{
    static const char *const lies[] = {
        "",
        "nonsense",
        "[]",
        "{\"sha256\":\"" ONE "\"}",
        REPORT(TWO, "[]"),
        REPORT(ONE, "{}"),
        REPORT(ONE, "[1,2") "",
    };
    struct samples_store *store;
    (void)state;
    assert_int_equal(samples_store_open(folder, &store), 0);
    int64_t before = ask("SELECT count(*) FROM samples");
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++)
        assert_int_equal(samples_store_put(store, BYTES(ONE), bytes_of(lies[i]), 1, false),
                         -EBADMSG);
    /* odd members are no reason to lose the rest */
    static const char odd[] =
        REPORT(TWO, "[7,null,{\"number\":[]},{\"number\":0,\"path\":{}},"
                    "{\"number\":0,\"path\":\"x\",\"yara\":{\"matches\":3}}]");
    assert_int_equal(samples_store_put(store, BYTES(TWO), BYTES(odd), 1, false), 0);
    assert_int_equal(ask("SELECT count(*) FROM samples"), before + 1);
    samples_store_close(store);
}

static void what_is_kept_comes_back(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
    char *content = calloc(1, 200000);
    struct vault *vault;
    (void)state;
    for (size_t i = 0; i < 200000; i++)
        content[i] = (char)(i * 7 + i / 251);
    assert_int_equal(vault_open(folder, &vault), 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct bytes wanted = {content, sizes[i]};
        struct buffer back = {0};
        char name[65] = TWO;
        name[0] = (char)('0' + i);
        assert_int_equal(vault_put(vault, bytes_of(name), wanted), 0);
        assert_int_equal(vault_get(vault, bytes_of(name), 200000, &back), 0);
        assert_true(bytes_equal(buffer_bytes(&back), wanted));
        if (sizes[i] > 0)
            assert_int_equal(vault_get(vault, bytes_of(name), sizes[i] - 1, &back), -EFBIG);
        buffer_finish(&back);
    }
    assert_int_equal(vault_put(vault, BYTES("../../etc/passwd"), BYTES("x")), -EINVAL);
    struct buffer none = {0};
    assert_int_equal(vault_get(vault, BYTES(ONE), 9, &none), -ENOENT);
    vault_close(vault);
    free(content);
}

/* Changed, cut, continued, under another name: none of it opens. */
static void what_was_touched_does_not_open(void **state)
{
    char path[160], other[160], content[70000] = "a sample";
    struct vault *vault;
    struct buffer back = {0};
    struct stat status;
    (void)state;
    snprintf(path, sizeof(path), "%s/samples/" ONE, folder);
    snprintf(other, sizeof(other), "%s/samples/e%s", folder, &ONE[1]);
    assert_int_equal(vault_open(folder, &vault), 0);
    assert_int_equal(vault_put(vault, BYTES(ONE), (struct bytes){content, sizeof(content)}), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(link(path, other), 0);
    struct bytes renamed = {&other[strlen(folder) + 9], 64};
    assert_int_equal(vault_get(vault, renamed, 70000, &back), -EBADMSG);
    int file = open(path, O_RDWR);
    assert_int_equal(pwrite(file, "x", 1, status.st_size), 1);
    assert_int_equal(vault_get(vault, BYTES(ONE), 70000, &back), -EBADMSG);
    assert_int_equal(ftruncate(file, 65536 + 24 + 17), 0); /* the first piece alone */
    assert_int_equal(vault_get(vault, BYTES(ONE), 70000, &back), -EBADMSG);
    assert_int_equal(ftruncate(file, 10), 0);
    assert_int_equal(vault_get(vault, BYTES(ONE), 70000, &back), -EBADMSG);
    close(file);
    vault_close(vault);
    buffer_finish(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_that_comes_again_is_told_once),
        cmocka_unit_test(what_is_no_report_of_the_sample_is_refused),
        cmocka_unit_test(what_is_kept_comes_back),
        cmocka_unit_test(what_was_touched_does_not_open),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
