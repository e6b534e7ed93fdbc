/* Who puts a notice in never waits, and each notice comes to an end that is told and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "respond/letter.h"
#include "respond/notify.h"

struct ends {
    pthread_mutex_t lock;
    uint64_t delivered, failed, ids;
};

static void done(void *context, uint64_t id, uint32_t organisation, enum notify_channel channel,
                 const char *why)
{
    struct ends *ends = context;
    pthread_mutex_lock(&ends->lock);
    ends->ids += id;
    ends->delivered += why == NULL;
    ends->failed += why != NULL;
    pthread_mutex_unlock(&ends->lock);
    assert_int_equal(organisation, 1);
    assert_int_equal(channel, NOTIFY_webhook);
}

/* A socket that listens on loopback, and its URL. */
static int listener_open(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(url, 64, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    return listener;
}

static void put(struct notifier *notifier, uint64_t id, uint32_t organisation)
{
    struct notice notice = {id, organisation, BYTES("{}"), BYTES("text"), 4};
    assert_int_equal(notifier_put(notifier, &notice), 0);
}

static void a_full_line_drops_the_newest_and_counts(void **state)
{
    char url[64];
    struct organisation organisation = {.name = "A", .webhook = url};
    struct darknet_configuration configuration = {.organisations = &organisation,
                                                  .organisation_count = 1};
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct notifier_options options = {&configuration, TIME_HOUR, 0, done, &ends, NOTIFY_CONTACTS};
    struct notifier *notifier;
    (void)state;
    int listener = listener_open(url);
    close(listener); /* nobody is there */
    assert_int_equal(notifier_open(&options, &notifier), 0);
    uint64_t sum = 0;
    for (uint64_t id = 1; id <= NOTIFY_PENDING + 10; id++) {
        put(notifier, id, 1);
        sum += id <= NOTIFY_PENDING ? id : 0;
    }
    assert_int_equal(notifier_counts(notifier).dropped, 10);
    struct notify_counts counts = notifier_close(notifier, 0);
    assert_int_equal(counts.delivered, 0);
    assert_int_equal(counts.failed, NOTIFY_PENDING);
    assert_int_equal(ends.failed, NOTIFY_PENDING);
    assert_int_equal(ends.ids, sum);
}

/* Answers each POST with 204; counts those that name the organisation. */
static void *serve(void *context)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    int listener = *(int *)context, connection;
    while ((connection = accept(listener, NULL, NULL)) >= 0) {
        char request[65536];
        size_t length = 0;
        ssize_t got;
        request[0] = '\0';
        while (length + 1 < sizeof(request) &&
               (got = read(connection, request + length, sizeof(request) - 1 - length)) > 0) {
            length += (size_t)got;
            request[length] = '\0';
            if (strstr(request, "]}"))
                break;
        }
        bool whole = strstr(request, "{\"organisation\":\"A\",\"contacts\":[{}") != NULL;
        if (whole && write(connection, answer, sizeof(answer) - 1) < 0)
            whole = false;
        close(connection);
    }
    return NULL;
}

static void what_is_delivered_is_told_once(void **state)
{
    char url[64];
    struct organisation organisations[2] = {{.name = "A", .webhook = url}, {.name = "B"}};
    struct darknet_configuration configuration = {.organisations = organisations,
                                                  .organisation_count = 2};
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct notifier_options options = {&configuration, TIME_SECOND / 100, 0, done,
                                       &ends,          NOTIFY_CONTACTS};
    struct notifier *notifier;
    pthread_t thread;
    (void)state;
    int listener = listener_open(url);
    assert_int_equal(pthread_create(&thread, NULL, serve, &listener), 0);
    assert_int_equal(notifier_open(&options, &notifier), 0);
    for (uint64_t id = 1; id <= 500; id++) {
        put(notifier, id, 1);
        put(notifier, 1000, 2); /* has no address */
        put(notifier, 1000, 3); /* is not there */
    }
    struct notify_counts counts = notifier_close(notifier, 30 * TIME_SECOND);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    assert_int_equal(counts.delivered, 500);
    assert_int_equal(counts.failed + counts.dropped, 0);
    assert_int_equal(ends.delivered, 500);
    assert_int_equal(ends.ids, 500 * 501 / 2);
}

static void a_letter_breaks_no_character_and_no_line(void **state)
{
    static const char subject[] = "ダークネットへの通信がありましたのでお知らせします";
    const char *mails[] = {"a@example.jp", "b@example.jp"};
    const struct text_list to = {mails, 2};
    const struct mail_server server = {.url = "smtp://x", .from = "h@example.jp"};
    struct buffer letter = {0};
    (void)state;
    letter_write(&server, &to, bytes_of(subject), BYTES("abc"), 1700000000 * TIME_SECOND, 1,
                 &letter);
    buffer_put_char(&letter, '\0');
    assert_false(letter.failed);
    assert_non_null(strstr(letter.at, "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
    assert_non_null(strstr(letter.at, "To: <a@example.jp>,\r\n <b@example.jp>\r\n"));
    assert_non_null(strstr(letter.at, "\r\n\r\nYWJj\r\n"));
    size_t longest = 0, length = 0;
    for (const char *at = letter.at; *at; at++) {
        length = *at == '\n' ? 0 : length + 1;
        longest = length > longest ? length : longest;
        assert_true((unsigned char)*at < 128);
    }
    assert_in_range(longest, 1, 77); /* 76 and CR: RFC 2047 */
    /* Thirteen characters of three bytes. */
    assert_non_null(strstr(letter.at,
                           "Subject: =?utf-8?B?44OA44O844Kv44ON44OD44OI44G444Gu6YCa5L+h44GM44GC44KK"
                           "?=\r\n =?utf-8?B?"));
    buffer_finish(&letter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_line_drops_the_newest_and_counts),
        cmocka_unit_test(what_is_delivered_is_told_once),
        cmocka_unit_test(a_letter_breaks_no_character_and_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
