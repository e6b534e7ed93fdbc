#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "show/http.h"

static void test_only_addresses_may_be_asked_for(void **state)
{
    (void)state;
    assert_true(http_host_allowed(BYTES("127.0.0.1:8680")));
    assert_true(http_host_allowed(BYTES("127.0.0.1")));
    assert_true(http_host_allowed(BYTES("localhost:8680")));
    assert_true(http_host_allowed(BYTES("[::1]:8680")));
    assert_true(http_host_allowed(BYTES("192.168.7.9:80")));
    assert_false(http_host_allowed(BYTES("evil.example")));
    assert_false(http_host_allowed(BYTES("localhost.evil.example:8680")));
    assert_false(http_host_allowed(BYTES("127.0.0.1.evil.example")));
    assert_false(http_host_allowed(BYTES("[::1")));
    assert_false(http_host_allowed(BYTES("[::1]evil")));
    assert_false(http_host_allowed(BYTES("127.0.0.1:123456789")));
    assert_false(http_host_allowed(BYTES("")));
    assert_false(http_host_allowed((struct bytes){NULL, 0}));
}

static void test_loopback_is_known(void **state)
{
    (void)state;
    assert_true(http_listen_is_loopback("127.0.0.1:8680"));
    assert_true(http_listen_is_loopback("localhost:8680"));
    assert_true(http_listen_is_loopback("[::1]:0"));
    assert_false(http_listen_is_loopback("0.0.0.0:8680"));
    assert_false(http_listen_is_loopback("[::]:8680"));
    assert_false(http_listen_is_loopback("127.0.0.1"));
    assert_false(http_listen_is_loopback("127.0.0.1:65536"));
}

static void test_token_is_made_once_and_kept_private(void **state)
{
    char path[] = "/tmp/hinomi-token-XXXXXX";
    struct token first, second;
    struct stat status;
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0);
    close(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(token_load(path, &first), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(token_load(path, &second), 0);
    assert_string_equal(first.text, second.text);
    assert_true(token_equal(&first, bytes_of(second.text)));
    second.text[TOKEN_SIZE - 1] ^= 1;
    assert_false(token_equal(&first, bytes_of(second.text)));
    assert_false(token_equal(&first, (struct bytes){first.text, TOKEN_SIZE - 1}));
    assert_false(token_equal(&first, BYTES("")));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(token_load(path, &second), -EPERM);
    assert_int_equal(unlink(path), 0);
}

static void test_token_file_with_something_else_is_refused(void **state)
{
    char path[] = "/tmp/hinomi-token-XXXXXX";
    struct token token = {"unchanged"};
    int file = mkstemp(path);

    (void)state;
    assert_int_equal(write(file, "password\n", 9), 9);
    close(file);
    assert_int_equal(token_load(path, &token), -EINVAL);
    assert_string_equal(token.text, "unchanged");
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_addresses_may_be_asked_for),
        cmocka_unit_test(test_loopback_is_known),
        cmocka_unit_test(test_token_is_made_once_and_kept_private),
        cmocka_unit_test(test_token_file_with_something_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
