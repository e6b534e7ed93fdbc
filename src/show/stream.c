#include "show/stream.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/alert_board.h"
#include "show/cases.h"
#include "show/observatory.h"
#include "show/samples.h"
#include "show/state.h"

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t told;
    pthread_t thread;
    bool stopped;
    char *events[STREAM_KEPT]; /* event number n is at n % STREAM_KEPT */
    uint64_t count;
    char data[4096];
    struct alert_board *board;
};

struct listener {
    struct stream *stream;
    uint64_t next; /* number of the event to send next */
    bool greeted;
    char organisation[ORGANISATION_NAME_SIZE]; /* empty: the owner listens */
    struct buffer told;   /* an organisation's: what it was told of its contacts */
    struct buffer unsent; /* of an event larger than the room given */
    size_t sent;
};

/* A file of DATA that may appear while the console is open; its appearance is news. */
struct watched {
    struct sqlite3 *db; /* opened anew while there is no file */
    bool begun;
    int64_t version;
};

/* How far the watching thread has told. */
struct watch {
    struct sqlite3 *db;
    bool begun;
    int64_t version, updated, decided;
    struct watched darknet, samples;
    bool alerts_begun;
    int64_t alerts_change;
};

/* ---- telling ----------------------------------------------------------------------- */

static void stream_tell(struct stream *stream, const char *name, struct bytes data)
{
    char *event;

    if (asprintf(&event, "event: %s\ndata: %.*s\n\n", name, (int)data.len, data.at) < 0)
        return;
    pthread_mutex_lock(&stream->lock);
    free(stream->events[stream->count % STREAM_KEPT]);
    stream->events[stream->count++ % STREAM_KEPT] = event;
    pthread_cond_broadcast(&stream->told);
    pthread_mutex_unlock(&stream->lock);
}

static void tell_summary(struct stream *stream, struct watch *watch)
{
    struct buffer text = {0};
    struct json json = {.out = &text};

    if (summary_json(watch->db, &json) == 0 && !text.failed)
        stream_tell(stream, "summary", buffer_bytes(&text));
    buffer_finish(&text);
}

static void tell_cases(struct stream *stream, struct watch *watch)
{
    struct sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(watch->db,
                           CASES_SELECT
                           " WHERE c.updated > ?1 OR d.time > ?2 ORDER BY c.updated LIMIT 64",
                           -1, &statement, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int64(statement, 1, watch->updated);
    sqlite3_bind_int64(statement, 2, watch->decided);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct buffer text = {0};
        struct json json = {.out = &text};

        row_json(statement, &json);
        if (!text.failed)
            stream_tell(stream, "case", buffer_bytes(&text));
        buffer_finish(&text);
    }
    sqlite3_finalize(statement);
}

static void watch_marks(struct watch *watch)
{
    watch->updated = number_of(watch->db, "SELECT max(updated) FROM cases", NULL, 0, 0);
    watch->decided = number_of(watch->db, "SELECT max(time) FROM case_decisions", NULL, 0, 0);
}

/* What stood there at the start is not news; what appears later is. */
static void watch_look(struct stream *stream, struct watch *watch)
{
    bool opened = watch->db || state_open(stream->data, &watch->db) == 0;
    int64_t version = opened ? number_of(watch->db, "PRAGMA data_version", NULL, 0, 0) : 0;

    if (opened && version != watch->version) {
        if (watch->begun) {
            tell_cases(stream, watch);
            tell_summary(stream, watch);
        }
        watch_marks(watch);
    }
    watch->begun = true;
    watch->version = version;
}

static void tell_darknet(struct stream *stream, struct watch *watch)
{
    struct buffer text = {0};
    struct json json = {.out = &text};

    if (now_json(watch->darknet.db, &json) == 0 && !text.failed)
        stream_tell(stream, "darknet", buffer_bytes(&text));
    buffer_finish(&text);
}

static bool watched_changed(struct watched *file, const char *data, bool (*there)(const char *data),
                            int (*open)(const char *data, struct sqlite3 **ret_db))
{
    bool begun = file->begun, changed = false;

    file->begun = true;
    if (file->db || (there(data) && open(data, &file->db) == 0)) {
        int64_t version = number_of(file->db, "PRAGMA data_version", NULL, 0, 0);

        changed = begun && version != file->version;
        file->version = version;
    }
    return changed;
}

/* That alerts, verdicts or decisions came is told, not what: pages ask when they have time. The
 * look also keeps the board up to date, so that few who ask have to wait for that. */
static void watch_alerts(struct stream *stream, struct watch *watch)
{
    const struct alert_standing *rows;
    size_t count;

    if (alert_board_take(stream->board, &rows, &count) < 0)
        return;
    int64_t change = alert_board_change(stream->board);
    alert_board_give(stream->board);
    if (watch->alerts_begun && change != watch->alerts_change)
        stream_tell(stream, "alerts", BYTES("{}"));
    watch->alerts_begun = true;
    watch->alerts_change = change;
}

static struct timespec deadline_in(int64_t nanoseconds)
{
    int64_t time = time_now() + nanoseconds;
    return (struct timespec){time / TIME_SECOND, time % TIME_SECOND};
}

static void *stream_watch(void *context)
{
    struct stream *stream = context;
    struct watch watch = {0};

    pthread_mutex_lock(&stream->lock);
    while (!stream->stopped) {
        struct timespec until = deadline_in(TIME_SECOND / STREAM_LOOKS);

        pthread_mutex_unlock(&stream->lock);
        watch_look(stream, &watch);
        if (watched_changed(&watch.darknet, stream->data, observatory_there, observatory_open))
            tell_darknet(stream, &watch);
        if (watched_changed(&watch.samples, stream->data, samples_there, samples_open))
            stream_tell(stream, "samples", BYTES("{}"));
        watch_alerts(stream, &watch);
        pthread_mutex_lock(&stream->lock);
        while (!stream->stopped &&
               pthread_cond_timedwait(&stream->told, &stream->lock, &until) != ETIMEDOUT)
            ;
    }
    pthread_mutex_unlock(&stream->lock);
    sqlite3_close(watch.db);
    sqlite3_close(watch.darknet.db);
    sqlite3_close(watch.samples.db);
    return NULL;
}

int stream_start(const char *data, struct alert_board *board, struct stream **ret_stream)
{
    struct stream *stream = calloc(1, sizeof *stream);
    int error;

    if (!stream)
        return -ENOMEM;
    snprintf(stream->data, sizeof stream->data, "%s", data);
    stream->board = board;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->told, NULL);
    error = pthread_create(&stream->thread, NULL, stream_watch, stream);
    if (error) {
        free(stream);
        return -error;
    }
    *ret_stream = stream;
    return 0;
}

void stream_stop(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->stopped = true;
    pthread_cond_broadcast(&stream->told);
    pthread_mutex_unlock(&stream->lock);
}

void stream_finish(struct stream *stream)
{
    pthread_join(stream->thread, NULL);
    for (size_t i = 0; i < STREAM_KEPT; i++)
        free(stream->events[i]);
    pthread_mutex_destroy(&stream->lock);
    pthread_cond_destroy(&stream->told);
    free(stream);
}

/* ---- listening --------------------------------------------------------------------- */

int listener_open(struct stream *stream, const char organisation[ORGANISATION_NAME_SIZE],
                  struct listener **ret_listener)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return -ENOMEM;
    listener->stream = stream;
    memcpy(listener->organisation, organisation, ORGANISATION_NAME_SIZE);
    pthread_mutex_lock(&stream->lock);
    listener->next = stream->count;
    pthread_mutex_unlock(&stream->lock);
    *ret_listener = listener;
    return 0;
}

/* Wait for an event: 0, -ETIMEDOUT, or -ECANCELED once the stream was stopped. Under its lock. */
static int listener_wait(struct listener *listener, const struct timespec *until)
{
    struct stream *stream = listener->stream;
    int waited = 0;

    while (!stream->stopped && listener->next == stream->count && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&stream->told, &stream->lock, until);
    return stream->stopped ? -ECANCELED : listener->next == stream->count ? -ETIMEDOUT : 0;
}

/* The next event of the ring into `unsent`, under the stream's lock. */
static void listener_take(struct listener *listener)
{
    struct stream *stream = listener->stream;

    if (stream->count - listener->next > STREAM_KEPT) {
        buffer_put(&listener->unsent, BYTES("event: reload\ndata: {}\n\n"));
        listener->next = stream->count;
    } else {
        const char *event = stream->events[listener->next++ % STREAM_KEPT];
        buffer_put(&listener->unsent, bytes_of(event));
    }
}

/* An organisation's contacts into `unsent`, when they are not what it was told before. */
static void listener_look(struct listener *listener)
{
    struct buffer now = {0};
    struct json json = {.out = &now};
    struct sqlite3 *db = NULL;
    int error = observatory_open(listener->stream->data, &db);

    if (!error)
        error = contacts_now_json(db, bytes_of(listener->organisation), &json);
    sqlite3_close(db);
    if (error || now.failed || bytes_equal(buffer_bytes(&now), buffer_bytes(&listener->told))) {
        buffer_finish(&now);
        return;
    }
    buffer_put(&listener->unsent, BYTES("event: contacts\ndata: "));
    buffer_put(&listener->unsent, buffer_bytes(&now));
    buffer_put(&listener->unsent, BYTES("\n\n"));
    buffer_finish(&listener->told);
    listener->told = now;
}

/* Fill `unsent`; it stays empty once the stream was stopped. */
static void listener_fill(struct listener *listener)
{
    struct stream *stream = listener->stream;
    struct timespec until = deadline_in(STREAM_HEARTBEAT * TIME_SECOND);
    int waited = 0;

    if (!listener->greeted) {
        listener->greeted = true;
        buffer_put(&listener->unsent, BYTES(": here\n\n"));
        if (listener->organisation[0])
            listener_look(listener);
        return;
    }
    while (!waited && !listener->unsent.len) {
        pthread_mutex_lock(&stream->lock);
        waited = listener_wait(listener, &until);
        if (!waited && listener->organisation[0])
            listener->next = stream->count;
        else if (!waited)
            listener_take(listener);
        pthread_mutex_unlock(&stream->lock);
        if (!waited && listener->organisation[0])
            listener_look(listener);
    }
    if (waited == -ETIMEDOUT)
        buffer_put(&listener->unsent, BYTES(": still here\n\n"));
}

size_t listener_next(struct listener *listener, char *at, size_t size)
{
    struct bytes rest;

    if (listener->sent == listener->unsent.len) {
        buffer_clear(&listener->unsent);
        listener->sent = 0;
        listener_fill(listener);
    }
    rest = bytes_from(buffer_bytes(&listener->unsent), listener->sent);
    if (rest.len > size)
        rest.len = size;
    if (rest.len)
        memcpy(at, rest.at, rest.len);
    listener->sent += rest.len;
    return rest.len;
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    buffer_finish(&listener->unsent);
    buffer_finish(&listener->told);
    free(listener);
}
