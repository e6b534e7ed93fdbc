/* Packets become exchanges: pipelined, chunked, packed, cut off, evaded, and what else hosts do. */
#include "talk.h"

#include <errno.h>
#include <zlib.h>

#include "base/buffer.h"
#include "observe/exchange/watcher.h"

/* What the sink was told, as text: one line an exchange or occurrence. */
struct watch {
    struct watcher *watcher;
    struct talk *talk;
    struct buffer exchanges, occurrences;
    size_t wanted; /* of response bodies */
    uint32_t count, asked;
    int refuse;
};

static void text_put(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.len && i < 60; i++)
        buffer_put_char(out, text.at[i] < ' ' || text.at[i] > '~' ? '.' : text.at[i]);
    if (text.len > 60)
        buffer_put_format(out, "...%zu", text.len);
}

static size_t on_request(void *context, const struct exchange *exchange)
{
    struct watch *watch = context;
    assert_true(exchange->request.complete);
    watch->asked++;
    return watch->wanted;
}

static void message_put(struct buffer *out, const struct message *message)
{
    text_put(out, message->body);
    buffer_put_format(out, "%s%s%s|", message->complete ? "" : " incomplete",
                      message->cut ? " cut" : "", message->damaged ? " damaged" : "");
}

static int on_exchange(void *context, struct exchange *exchange)
{
    struct watch *watch = context;
    struct buffer *out = &watch->exchanges;
    watch->count++;
    buffer_put_format(out, "%u|", exchange->request_index);
    text_put(out, exchange->method);
    buffer_put_char(out, ' ');
    text_put(out, exchange->target);
    buffer_put_format(out, "|%u|", exchange->status);
    message_put(out, &exchange->request);
    message_put(out, &exchange->response);
    buffer_put_char(out, '\n');
    exchange_release(exchange);
    return watch->refuse;
}

static int on_occurrence(void *context, const struct occurrence *occurrence)
{
    static const char *const kinds[] = {"connection", "data", "request", "dns", "icmp", "accepted"};
    struct watch *watch = context;
    struct buffer *out = &watch->occurrences;
    buffer_put_format(out, "%s %u ", kinds[occurrence->kind], occurrence->destination_port);
    text_put(out, occurrence->text);
    buffer_put_char(out, ' ');
    text_put(out, occurrence->host);
    buffer_put_char(out, '\n');
    return 0;
}

static int take(void *context, const struct packets *packets)
{
    struct watch *watch = context;
    int error = 0;
    for (uint32_t row = 0; row < packets->count && !error; row++) {
        error = watcher_clock(watch->watcher, packets->clock[row]);
        if (!error)
            error = watcher_packet(watch->watcher, packets, row);
    }
    return error;
}

static int set_up(void **state)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    const struct exchange_sink sink = {watch, on_request, on_exchange, on_occurrence, 0};
    watch->wanted = EXCHANGE_BODY_LIMIT;
    watch->talk = talk_new(take, watch);
    *state = watch;
    return watcher_new(&sink, &watch->watcher);
}

static int tear_down(void **state)
{
    struct watch *watch = *state;
    watcher_free(watch->watcher);
    buffer_finish(&watch->exchanges);
    buffer_finish(&watch->occurrences);
    free(watch->talk);
    free(watch);
    return 0;
}

static void hand(struct watch *watch)
{
    assert_int_equal(talk_hand(watch->talk), 0);
}

static void flush(struct watch *watch)
{
    hand(watch);
    assert_int_equal(watcher_flush(watch->watcher), 0);
}

static void expect(struct buffer *told, const char *text)
{
    buffer_put_char(told, 0);
    assert_string_equal(told->at, text);
    buffer_clear(told);
}

#define GET(target)       BYTES("GET " target " HTTP/1.1\r\nHost: h\r\n\r\n")
#define OK(headers, body) BYTES("HTTP/1.1 200 OK\r\n" headers "\r\n" body)

static void a_request_and_its_answer(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/a?b=1"));
    line_say(&line, 1, OK("Content-Length: 5\r\n", "hello"));
    hand(watch);
    expect(&watch->exchanges, "0|GET /a?b=1|200||hello|\n");
    expect(&watch->occurrences, "connection 80  \naccepted 4000  \nrequest 80 /a?b=1 h\n");
    line_close(&line);
    flush(watch);
    expect(&watch->exchanges, "");
}

static void pipelined_requests_get_their_own_answers(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0,
             BYTES("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\n"
                   "Content-Length: 3\r\n\r\na=bGET /3 HTTP/1.1\r\nHost: h\r\n\r\n"));
    line_say(
        &line, 1,
        BYTES("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 404 No\r\n"
              "Content-Length: 3\r\n\r\ntwoHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthree"));
    flush(watch);
    expect(&watch->exchanges, "0|GET /1|200||one|\n1|POST /2|404|a=b|two|\n2|GET /3|200||three|\n");
}

static void one_byte_segments_are_no_evasion(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    struct bytes request = GET("/evade?x=;id");
    for (size_t i = 0; i < request.len; i++)
        line_say(&line, 0, (struct bytes){request.at + i, 1});
    line_say(&line, 1, OK("Content-Length: 2\r\n", "ok"));
    flush(watch);
    expect(&watch->exchanges, "0|GET /evade?x=;id|200||ok|\n");
}

static void segments_out_of_order_and_twice(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    struct bytes request = GET("/order");
    line_put(&line, 0, 100 + 8, TCP_ACK, bytes_from(request, 8), 0);
    line_put(&line, 0, 100, TCP_ACK, (struct bytes){request.at, 12}, 0);
    line_put(&line, 0, 100, TCP_ACK, (struct bytes){request.at, 12}, 0);
    line_say(&line, 1, OK("Content-Length: 2\r\n", "ok"));
    flush(watch);
    expect(&watch->exchanges, "0|GET /order|200||ok|\n");
}

static void chunks_are_joined(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/"));
    line_say(&line, 1,
             OK("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"));
    flush(watch);
    expect(&watch->exchanges, "0|GET /|200||hello world|\n");
}

static void chunks_that_lie_end_in_an_incomplete_answer(void **state)
{
    struct watch *watch = *state;
    static const struct bytes lies[] = {
        BYTES("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        BYTES("-5\r\nhello\r\n0\r\n\r\n"),
        BYTES("7fffffff\r\nhello"),
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        struct talk_line line = line_open(watch->talk, (uint16_t)(4000 + i));
        line_say(&line, 0, GET("/"));
        line_say(&line, 1, BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        line_say(&line, 1, lies[i]);
        line_end(&line, 0, TCP_RST);
        hand(watch);
    }
    flush(watch);
    assert_int_equal(watch->count, 3);
    assert_int_equal(watcher_counts(watch->watcher)->incomplete, 3);
}

/* gzip of `len` times 'a'. */
static struct bytes packed(size_t len, struct buffer *out)
{
    z_stream stream = {0};
    static char block[1 << 16];
    memset(block, 'a', sizeof(block));
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (int state = Z_OK; state != Z_STREAM_END;) {
        assert_true(buffer_reserve(out, 1 << 12));
        stream.avail_out = (unsigned)(out->capacity - out->len);
        stream.next_out = (Bytef *)out->at + out->len;
        if (stream.avail_in == 0 && len) {
            stream.next_in = (Bytef *)block;
            stream.avail_in = (unsigned)(len < sizeof(block) ? len : sizeof(block));
            len -= stream.avail_in;
        }
        state = deflate(&stream, len || stream.avail_in ? Z_NO_FLUSH : Z_FINISH);
        out->len = out->capacity - stream.avail_out;
    }
    deflateEnd(&stream);
    return buffer_bytes(out);
}

static void answer_packed(struct talk_line *line, struct bytes body, struct buffer *head)
{
    buffer_put_format(
        head, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", body.len);
    line_say(line, 0, GET("/"));
    line_say(line, 1, buffer_bytes(head));
    line_say(line, 1, body);
}

static void packed_answers_are_inflated_when_wanted(void **state)
{
    struct watch *watch = *state;
    struct buffer body = {0}, head = {0};
    struct talk_line line = line_open(watch->talk, 4000);
    answer_packed(&line, packed(100, &body), &head);
    hand(watch);
    expect(&watch->exchanges,
           "0|GET /|200||aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...100|\n");
    watch->wanted = 0;
    buffer_clear(&head);
    answer_packed(&line, buffer_bytes(&body), &head);
    flush(watch);
    expect(&watch->exchanges, "1|GET /|200|| cut|\n");
    buffer_finish(&body);
    buffer_finish(&head);
}

/* 128 MiB in 128 KiB: what is kept stays small, and the answer is not called whole. */
static void a_bomb_does_not_go_off(void **state)
{
    struct watch *watch = *state;
    struct buffer body = {0}, head = {0};
    struct talk_line line = line_open(watch->talk, 4000);
    answer_packed(&line, packed((size_t)1 << 27, &body), &head);
    line_close(&line);
    flush(watch);
    assert_int_equal(watch->count, 1);
    expect(&watch->exchanges,
           "0|GET /|200||aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           "...1048576 cut|\n");
    buffer_finish(&body);
    buffer_finish(&head);
}

static void an_answer_ends_with_its_connection(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, BYTES("GET / HTTP/1.0\r\n\r\n"));
    line_say(&line, 1, BYTES("HTTP/1.0 200 OK\r\n\r\nto the end"));
    line_close(&line);
    hand(watch);
    expect(&watch->exchanges, "0|GET /|200||to the end|\n");
    line = line_open(watch->talk, 4001);
    line_say(&line, 0, BYTES("GET / HTTP/1.0\r\n\r\n"));
    line_say(&line, 1, BYTES("HTTP/1.0 200 OK\r\n\r\nto the"));
    flush(watch); /* nobody saw the end */
    expect(&watch->exchanges, "0|GET /|200||to the incomplete|\n");
}

static void a_length_not_kept_is_incomplete(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/"));
    line_say(&line, 1, OK("Content-Length: 50\r\n", "short"));
    line_end(&line, 1, TCP_RST);
    flush(watch);
    expect(&watch->exchanges, "0|GET /|200||short incomplete|\n");
}

static void bytes_not_captured_make_an_answer_incomplete(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/"));
    struct bytes start = OK("Content-Length: 20\r\n", "seen ");
    line_put(&line, 1, line.sequence[1], TCP_ACK, start, 10);
    line.sequence[1] += (uint32_t)start.len + 10;
    line_say(&line, 1, BYTES("again"));
    line_close(&line);
    flush(watch);
    assert_int_equal(watch->count, 1);
    assert_int_equal(watcher_counts(watch->watcher)->incomplete, 1);
}

static void an_unanswered_request_is_told_at_the_end(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/blind"));
    line_end(&line, 0, TCP_FIN);
    flush(watch);
    expect(&watch->exchanges, "0|GET /blind|0|| incomplete|\n");
}

static void a_capture_that_begins_in_the_middle(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = {watch->talk, TALK_CLIENT, TALK_SERVER, 4000, 80, {77, 99}};
    line_say(&line, 0, GET("/middle"));
    line_say(&line, 1, OK("Content-Length: 2\r\n", "ok"));
    flush(watch);
    expect(&watch->exchanges, "0|GET /middle|200||ok|\n");
    assert_int_equal(watcher_counts(watch->watcher)->midstream, 1);
}

static void ports_are_used_again(void **state)
{
    struct watch *watch = *state;
    for (int i = 0; i < 3; i++) {
        struct talk_line line = line_open(watch->talk, 4000);
        line_say(&line, 0, GET("/again"));
        line_say(&line, 1, OK("Content-Length: 2\r\n", "ok"));
        if (i == 1)
            line_close(&line);
    }
    flush(watch);
    expect(&watch->exchanges,
           "0|GET /again|200||ok|\n0|GET /again|200||ok|\n0|GET /again|200||ok|\n");
    assert_int_equal(watcher_counts(watch->watcher)->connections, 3);
}

static void other_protocols_are_exchanges_too(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 1, BYTES("220 ready\r\n"));
    line_say(&line, 0, BYTES("USER a\r\n"));
    line_say(&line, 1, BYTES("331 go on\r\n"));
    line_say(&line, 0, BYTES("no line"));
    line_close(&line);
    flush(watch);
    expect(&watch->exchanges,
           "0| |0||220 ready..|\n1| |0|USER a..|331 go on..|\n2| |0|no line| incomplete|\n");
    expect(&watch->occurrences, "connection 80  \naccepted 4000  \ndata 80 USER a.. \n");
}

static void a_line_that_never_ends_is_told_all_the_same(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, BYTES("uid=0(root)"));
    flush(watch);
    expect(&watch->exchanges, "0| |0|uid=0(root)| incomplete|\n");
    expect(&watch->occurrences, "connection 80  \naccepted 4000  \ndata 80 uid=0(root) \n");
}

static void sealed_streams_are_left_alone(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, BYTES("\x16\x03\x01\x02\x00\x01 hello"));
    line_say(&line, 1, BYTES("\x16\x03\x03 secret"));
    line_say(&line, 0, BYTES("more"));
    flush(watch);
    expect(&watch->exchanges, "");
}

static void junk_that_calls_itself_http_is_told(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, BYTES("GET /old\r\n"));
    line_say(&line, 1, BYTES("<p>old</p>"));
    line_close(&line);
    hand(watch);
    assert_int_equal(watch->count, 1);
    buffer_clear(&watch->exchanges);
    line = line_open(watch->talk, 4001);
    line_say(&line, 0, BYTES("${jndi:x} / HTTP/1.1\r\nHost: h\r\n\r\n"));
    line_say(&line, 1, BYTES("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"));
    line_close(&line);
    flush(watch);
    expect(&watch->exchanges, "0|${jndi:x} /|400|||\n");
}

static void a_long_pipeline_is_given_up_not_kept(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    for (int i = 0; i < 4 * WATCHER_PIPELINE; i++)
        line_say(&line, 0, GET("/many"));
    flush(watch);
    assert_true(watch->count <= WATCHER_PIPELINE);
    assert_int_equal(watcher_counts(watch->watcher)->http_broken, 1);
}

static void silence_ends_a_connection(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/slow"));
    hand(watch);
    expect(&watch->exchanges, "");
    watch->talk->time += (WATCHER_IDLE + 1) * TIME_SECOND;
    line = line_open(watch->talk, 4001);
    hand(watch);
    expect(&watch->exchanges, "0|GET /slow|0|| incomplete|\n");
}

static void the_longest_silent_goes_when_there_are_too_many(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/first"));
    for (uint32_t i = 0; i < WATCHER_CONNECTIONS; i++) {
        uint32_t row = talk_row(watch->talk, PROTOCOL_tcp, 0x0b000000 + i, TALK_SERVER);
        watch->talk->time -= TIME_SECOND / 1000;
        watch->talk->packets.has[row] |= PACKET_TCP;
        watch->talk->packets.source_port[row] = 1;
        watch->talk->packets.destination_port[row] = 2;
        watch->talk->packets.tcp_flags[row] = TCP_SYN;
    }
    hand(watch);
    expect(&watch->exchanges, "0|GET /first|0|| incomplete|\n");
    assert_int_equal(watcher_counts(watch->watcher)->evicted, 1);
}

/* Thousands of connections that each hold as much behind a hole as one may. */
static void what_all_hold_together_is_bounded(void **state)
{
    struct watch *watch = *state;
    static const char block[32768];
    uint32_t lines = 2 * (WATCHER_MEMORY / ASSEMBLY_HELD);
    for (uint32_t i = 0; i < lines && watcher_counts(watch->watcher)->evicted == 0; i++) {
        struct talk_line line = line_open(watch->talk, (uint16_t)(1024 + i));
        for (uint32_t j = 0; j < ASSEMBLY_HELD / sizeof(block); j++)
            line_put(&line, 0, 102 + j * (uint32_t)sizeof(block), TCP_ACK,
                     (struct bytes){block, sizeof(block)}, 0);
    }
    hand(watch);
    assert_true(watcher_counts(watch->watcher)->evicted > 0);
}

static void names_pings_and_datagrams_are_occurrences(void **state)
{
    struct watch *watch = *state;
    struct packets *packets = &watch->talk->packets;
    static const struct bytes query = BYTES(
        "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x04test\x00\x00\x01\x00\x01");
    static const struct bytes looping =
        BYTES("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01");
    const struct bytes *queries[] = {&query, &looping};
    for (int i = 0; i < 2; i++) {
        uint32_t row = talk_row(watch->talk, PROTOCOL_udp, TALK_SERVER, 0x08080808);
        packets->destination_port[row] = 53;
        packets->payload[row] = *queries[i];
    }
    uint32_t row = talk_row(watch->talk, PROTOCOL_icmp, TALK_SERVER, 0x01010101);
    packets->has[row] = PACKET_ICMP;
    packets->icmp_type[row] = 8;
    for (int i = 0; i < 3; i++) { /* one conversation */
        row = talk_row(watch->talk, PROTOCOL_udp, i == 1 ? TALK_CLIENT : TALK_SERVER,
                       i == 1 ? TALK_SERVER : TALK_CLIENT);
        packets->source_port[row] = i == 1 ? 514 : 9999;
        packets->destination_port[row] = i == 1 ? 9999 : 514;
    }
    flush(watch);
    expect(&watch->occurrences, "dns 53 www.test \nicmp 0  \nconnection 514  \n");
}

static void the_sinks_error_stops_the_watch(void **state)
{
    struct watch *watch = *state;
    struct talk_line line = line_open(watch->talk, 4000);
    line_say(&line, 0, GET("/"));
    line_say(&line, 1, OK("Content-Length: 2\r\n", "ok"));
    watch->refuse = -EPIPE;
    assert_int_equal(talk_hand(watch->talk), -EPIPE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_request_and_its_answer),
        CASE(pipelined_requests_get_their_own_answers),
        CASE(one_byte_segments_are_no_evasion),
        CASE(segments_out_of_order_and_twice),
        CASE(chunks_are_joined),
        CASE(chunks_that_lie_end_in_an_incomplete_answer),
        CASE(packed_answers_are_inflated_when_wanted),
        CASE(a_bomb_does_not_go_off),
        CASE(an_answer_ends_with_its_connection),
        CASE(a_length_not_kept_is_incomplete),
        CASE(bytes_not_captured_make_an_answer_incomplete),
        CASE(an_unanswered_request_is_told_at_the_end),
        CASE(a_capture_that_begins_in_the_middle),
        CASE(ports_are_used_again),
        CASE(other_protocols_are_exchanges_too),
        CASE(a_line_that_never_ends_is_told_all_the_same),
        CASE(sealed_streams_are_left_alone),
        CASE(junk_that_calls_itself_http_is_told),
        CASE(a_long_pipeline_is_given_up_not_kept),
        CASE(silence_ends_a_connection),
        CASE(the_longest_silent_goes_when_there_are_too_many),
        CASE(what_all_hold_together_is_bounded),
        CASE(names_pings_and_datagrams_are_occurrences),
        CASE(the_sinks_error_stops_the_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
