#include "engine/judge_endpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buffer.h"
#include "store/store.h"
#include "triage/attack/attempt.h"

#define RATE_BITS     14.0 /* at most, of how rarely the host starts it */
#define ARGUMENT_BITS 1.5  /* a character of arguments the host never saw */

struct judge_endpoint {
    struct store *store;
    struct ip victim; /* whose host is below; not given: none was looked up */
    char host[256];   /* empty: no host has that address */
    int64_t first_seen;
};

int judge_endpoint_open(const char *folder, struct judge_endpoint **ret_endpoint)
{
    struct judge_endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (!endpoint)
        return -ENOMEM;
    int error = store_open_read(folder, &endpoint->store);
    if (error)
        free(endpoint);
    if (error && error != -ENOENT)
        return error;
    *ret_endpoint = error ? NULL : endpoint;
    return 0;
}

void judge_endpoint_close(struct judge_endpoint *endpoint)
{
    if (!endpoint)
        return;
    store_close(endpoint->store);
    free(endpoint);
}

static struct bytes text_of(struct sqlite3_stmt *row, int column)
{
    return (struct bytes){(const char *)sqlite3_column_text(row, column),
                          (size_t)sqlite3_column_bytes(row, column)};
}

/* ---- the victim ----------------------------------------------------------------------------- */

static int host_take(void *context, struct sqlite3_stmt *row)
{
    struct judge_endpoint *endpoint = context;
    struct bytes name = text_of(row, 0);
    if (name.len < sizeof(endpoint->host)) {
        memcpy(endpoint->host, name.at, name.len);
        endpoint->host[name.len] = 0;
        endpoint->first_seen = sqlite3_column_int64(row, 1);
    }
    return 1;
}

/* Attacks come in rows on one victim, so the last one is remembered. */
static int victim_find(struct judge_endpoint *endpoint, const struct ip *address)
{
    if (ip_given(&endpoint->victim) && memcmp(&endpoint->victim, address, sizeof(*address)) == 0)
        return 0;
    char text[IP_TEXT_SIZE];
    const struct bytes value = ip_format(address, text);
    endpoint->victim = *address;
    endpoint->host[0] = 0;
    return store_query_with(
        endpoint->store,
        bytes_of("SELECT name, first_seen FROM hosts WHERE address = ?1 ORDER BY last_seen DESC"),
        &value, 1, 0, host_take, endpoint);
}

/* ---- commands ------------------------------------------------------------------------------- */

/* Words with one space between them, without quotes; the program by its name alone. */
static struct bytes command_line_plain(struct bytes line, struct arena *arena)
{
    char *at = arena_take(arena, line.len + 1), quote = 0;
    size_t len = 0;
    bool first = true;
    for (size_t i = 0; at && i < line.len; i++) {
        char letter = line.at[i];
        if (quote ? letter == quote : letter == '"' || letter == '\'') {
            quote = quote ? 0 : letter;
            continue;
        }
        bool space = letter == ' ' || letter == '\t';
        if (space && !quote && (len == 0 || at[len - 1] == ' '))
            continue;
        if (first && (letter == '/' || letter == '\\'))
            len = 0;
        else
            at[len++] = space ? ' ' : letter;
        first = first && (!space || quote || len == 0);
    }
    while (at && len && at[len - 1] == ' ')
        len--;
    return (struct bytes){at, at ? len : 0};
}

static size_t program_end(struct bytes line)
{
    const char *space = line.len ? memchr(line.at, ' ', line.len) : NULL;
    return space ? (size_t)(space - line.at) : line.len;
}

static struct bytes program_of(struct bytes line)
{
    struct bytes name = {line.at, program_end(line)};
    if (name.len > 4 && strncasecmp(name.at + name.len - 4, ".exe", 4) == 0)
        name.len -= 4;
    return name;
}

/* With the space before them; empty: none. */
static struct bytes arguments_of(struct bytes line)
{
    return bytes_from(line, program_end(line));
}

static bool ends_command(struct bytes text, size_t at)
{
    return memchr(";|&\n\r`(){}<>", text.at[at], 13) != NULL;
}

struct commands {
    struct bytes at[ENDPOINT_COMMANDS]; /* plain */
    size_t count;
};

/* What stands between a shell's separators. Redirections end a command: what is behind them is a
 * file's name, which no process is called. */
static void commands_add(struct commands *commands, struct bytes text, struct arena *arena)
{
    for (size_t from = 0, to; from < text.len && commands->count < ENDPOINT_COMMANDS;
         from = to + 1) {
        for (to = from; to < text.len && !ends_command(text, to);)
            to++;
        struct bytes plain = command_line_plain((struct bytes){text.at + from, to - from}, arena);
        bool known = program_of(plain).len < 2;
        for (size_t i = 0; i < commands->count && !known; i++)
            known = bytes_equal(commands->at[i], plain);
        if (!known)
            commands->at[commands->count++] = plain;
    }
}

static void commands_gather(struct commands *commands, const struct attempt *attempt,
                            struct arena *arena)
{
    commands_add(commands, attempt->command, arena);
    for (uint32_t i = 0; i < attempt->expectations.count; i++)
        commands_add(commands, attempt->expectations.items[i].command, arena);
    commands_add(commands, attempt->payload, arena);
}

/* ---- processes ------------------------------------------------------------------------------ */

/* Of one attempt: its commands, and the first of them that became a process. */
struct sighting {
    struct commands commands;
    struct bytes command;    /* empty: none did */
    struct bytes executable; /* as the store writes it */
    struct bytes line;
    uint64_t same; /* earlier processes of the program with that line */
};

struct sightings {
    struct sighting of[ATTEMPTS];
    uint32_t count;
    struct arena *arena;
};

static bool lines_equal(struct bytes wanted, struct bytes line)
{
    struct bytes one = program_of(wanted), other = program_of(line);
    if (one.len != other.len || strncasecmp(one.at, other.at, one.len) != 0)
        return false;
    return bytes_equal(arguments_of(wanted), arguments_of(line));
}

static int process_compare(void *context, struct sqlite3_stmt *row)
{
    struct sightings *sightings = context;
    struct bytes line = text_of(row, 1);
    struct bytes plain = command_line_plain(line, sightings->arena);
    for (uint32_t i = 0; i < sightings->count && plain.len; i++) {
        struct sighting *sighting = &sightings->of[i];
        for (size_t j = 0; j < sighting->commands.count && !sighting->command.len; j++) {
            if (!lines_equal(sighting->commands.at[j], plain))
                continue;
            sighting->executable = arena_copy(sightings->arena, text_of(row, 0));
            sighting->line = arena_copy(sightings->arena, line);
            sighting->command = sighting->commands.at[j];
        }
    }
    return 0;
}

static int past_count(void *context, struct sqlite3_stmt *row)
{
    struct sighting *sighting = context;
    sighting->same += bytes_equal(text_of(row, 0), sighting->line);
    return 0;
}

/* The processes started between two times that are commands looked for. */
static int processes_find(struct judge_endpoint *endpoint, int64_t from, int64_t to,
                          struct sightings *sightings)
{
    char sql[512];
    const struct bytes host = bytes_of(endpoint->host);
    snprintf(sql, sizeof(sql),
             "SELECT process_executable, process_command_line FROM events"
             " WHERE host_name = ?1 AND time BETWEEN %" PRId64 " AND %" PRId64
             " AND event_category = 'process' AND event_action = 'start' ORDER BY time",
             from, to);
    return store_query_with(endpoint->store, bytes_of(sql), &host, 1, 0, process_compare,
                            sightings);
}

/* What the host did of it before. */
static int past_find(struct judge_endpoint *endpoint, int64_t before, struct sighting *sighting)
{
    char sql[512];
    const struct bytes values[] = {sighting->executable, bytes_of(endpoint->host)};
    snprintf(sql, sizeof(sql),
             "SELECT process_command_line FROM events WHERE process_executable = ?1"
             " AND host_name = ?2 AND time < %" PRId64 " AND event_category = 'process'"
             " AND event_action = 'start' LIMIT %d",
             before, ENDPOINT_PAST);
    return store_query_with(endpoint->store, bytes_of(sql), values, 2, 0, past_count, sighting);
}

/* -log2 of the chance that the host did it by itself just then: starts are taken for a Poisson
 * process at the rate seen, half a start more than seen. */
static double sighting_bits(const struct sighting *sighting, int64_t span, int64_t history)
{
    double share = history > span ? (double)span / (double)history : 1;
    double bits = fmin(-log2(fmin(1, ((double)sighting->same + 0.5) * share)), RATE_BITS);
    struct bytes arguments = arguments_of(sighting->command);
    if (sighting->same == 0 && arguments.len > 1)
        bits += ARGUMENT_BITS * (double)(arguments.len - 1);
    return bits;
}

static int proof_fill(const struct judge_endpoint *endpoint, const struct sighting *sighting,
                      const struct attempt *attempt, double bits, struct arena *arena,
                      struct verdict *verdict)
{
    struct buffer found = {0};
    buffer_put_format(&found, "%s: ", endpoint->host);
    buffer_put(&found, sighting->line);
    *verdict = (struct verdict){
        .outcome = OUTCOME_success,
        .class = attempt->class,
        .confidence = 1 - exp2(-fmin(bits, 20)),
        .proof = {.kind = EXPECT_process,
                  .command = attempt->command.len ? attempt->command : attempt->payload,
                  .expected = sighting->command,
                  .found = arena_copy(arena, buffer_bytes(&found))},
        .reason = {bytes_of("the victim's own sensor saw the command start as a process"),
                   bytes_of("被害端末のセンサーが、そのコマンドのプロセス開始を記録した")},
    };
    bool failed = found.failed || !verdict->proof.found.at;
    buffer_finish(&found);
    return failed ? -ENOMEM : 0;
}

int judge_endpoint_look(struct judge_endpoint *endpoint, const struct exchange *exchange,
                        const struct attempts *attempts, struct arena *arena,
                        struct verdict *verdict)
{
    if (verdict->outcome == OUTCOME_success || attempts->count == 0)
        return 0;
    int error = victim_find(endpoint, &exchange->destination_ip);
    if (error || !endpoint->host[0])
        return error;
    int64_t answered = exchange->response.end > exchange->request.start ? exchange->response.end
                                                                        : exchange->request.start;
    int64_t from = exchange->request.start - ENDPOINT_EARLY, to = answered + ENDPOINT_LATE;
    struct sightings sightings = {.count = attempts->count, .arena = arena};
    for (uint32_t i = 0; i < attempts->count; i++)
        commands_gather(&sightings.of[i].commands, &attempts->items[i], arena);
    error = processes_find(endpoint, from, to, &sightings);
    for (uint32_t i = 0; i < attempts->count && !error; i++) {
        struct sighting *sighting = &sightings.of[i];
        if (sighting->command.len == 0)
            continue;
        error = past_find(endpoint, from, sighting);
        double bits = sighting_bits(sighting, to - from, from - endpoint->first_seen);
        if (!error && bits >= SUCCESS_BITS)
            return proof_fill(endpoint, sighting, &attempts->items[i], bits, arena, verdict);
    }
    return error;
}
