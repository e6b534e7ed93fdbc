#include "engine/alert_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/alert_notice.h"
#include "store/alerts.h"
#include "store/database.h"

struct delivery {
    uint64_t group;
    uint32_t organisation;
};

struct alert_desk {
    struct alert_desk_options options;
    struct notifier *notifier;
    struct alerts_store *store; /* NULL: there is none yet, or it failed */
    int64_t change;             /* told up to this one */
    uint64_t *changed;          /* groups to look at */
    size_t changed_count, changed_room;
    bool changed_all;
    struct alert_standing *news; /* of these, what may be told */
    size_t news_count, news_room;
    struct alert_notice notice;
    pthread_t thread;
    pthread_mutex_t lock; /* over what is below */
    pthread_cond_t wake;
    bool stopping;
    struct delivery *delivered; /* not written yet */
    size_t delivered_count, delivered_room;
};

static bool room_make(void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *grown = reallocarray(*array, more, size);
    if (!grown)
        return false;
    *array = grown;
    *room = more;
    return true;
}

bool alert_desk_wanted(const struct darknet_configuration *configuration)
{
    for (uint32_t i = 0; i < configuration->organisation_count; i++)
        if (configuration->organisations[i].alerts_priority)
            return true;
    return false;
}

/* ---- what changed ------------------------------------------------------------------------ */

static int change_take(void *context, uint64_t group)
{
    struct alert_desk *desk = context;
    if (group == 0)
        desk->changed_all = true;
    if (desk->changed_all)
        return 0;
    if (!room_make((void **)&desk->changed, desk->changed_count, &desk->changed_room,
                   sizeof(*desk->changed)))
        return -ENOMEM;
    desk->changed[desk->changed_count++] = group;
    return 0;
}

static int number_read(struct alerts_store *store, const char *sql, int64_t *ret_number)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(store, sql, &row);
    if (error)
        return error;
    int step = sqlite3_step(row);
    *ret_number = step == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_reset(row);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

static int change_write(struct alert_desk *desk, int64_t change)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        desk->store, "INSERT OR REPLACE INTO alert_settings VALUES('told', CAST(?1 AS TEXT))",
        &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, change);
    int step = sqlite3_step(row);
    sqlite3_reset(row);
    return step == SQLITE_DONE ? 0 : -EIO;
}

/* What an earlier process put and did not deliver is put again. */
static int undelivered_take(struct alert_desk *desk)
{
    sqlite3_stmt *row;
    int step = SQLITE_DONE;
    int error = alerts_store_statement(
        desk->store, "UPDATE alert_notices SET rank = -1 WHERE delivered = 0 RETURNING group_id",
        &row);
    while (!error && (step = sqlite3_step(row)) == SQLITE_ROW)
        error = change_take(desk, (uint64_t)sqlite3_column_int64(row, 0));
    if (error)
        return error;
    sqlite3_reset(row);
    return step == SQLITE_DONE ? 0 : -EIO;
}

/* From where an earlier process left off; the first begins with what comes now. */
static int store_open(struct alert_desk *desk)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/alerts.db", desk->options.folder);
    if (access(path, F_OK) < 0)
        return -ENOENT;
    int error = alerts_store_open(desk->options.folder, ALERTS_DECIDE, &desk->store);
    if (!error)
        error = number_read(desk->store,
                            "SELECT CAST(value AS INTEGER) FROM alert_settings WHERE name='told'",
                            &desk->change);
    if (!error && desk->change < 0) {
        error = number_read(desk->store, "SELECT coalesce(max(number), 0) FROM alert_changes",
                            &desk->change);
        if (!error)
            error = change_write(desk, desk->change);
    }
    desk->changed_count = 0;
    desk->changed_all = false;
    return error ? error : undelivered_take(desk);
}

static int id_compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static int news_add(struct alert_desk *desk, const struct alert_standing *group, int64_t since)
{
    if (!group || group->state != ALERT_SHOWN || group->last < since)
        return 0;
    if (!room_make((void **)&desk->news, desk->news_count, &desk->news_room, sizeof(*desk->news)))
        return -ENOMEM;
    desk->news[desk->news_count++] = *group;
    return 0;
}

/* The groups that changed as they stand now. */
static int news_collect(struct alert_desk *desk)
{
    const struct alert_standing *rows;
    size_t count;
    int64_t newest = INT64_MIN + ALERT_DESK_NEWS;
    int error = alert_board_take(desk->options.board, &rows, &count);
    if (error)
        return error;
    desk->news_count = 0;
    for (size_t i = 0; i < count; i++)
        newest = rows[i].last > newest ? rows[i].last : newest;
    for (size_t i = 0; i < count && desk->changed_all && !error; i++)
        error = news_add(desk, &rows[i], newest - ALERT_DESK_NEWS);
    if (desk->changed_count > 1)
        qsort(desk->changed, desk->changed_count, sizeof(*desk->changed), id_compare);
    for (size_t i = 0; i < desk->changed_count && !desk->changed_all && !error; i++)
        if (i == 0 || desk->changed[i] != desk->changed[i - 1])
            error = news_add(desk, alert_board_find(desk->options.board, desk->changed[i]),
                             newest - ALERT_DESK_NEWS);
    alert_board_give(desk->options.board);
    return error;
}

/* ---- telling ------------------------------------------------------------------------------- */

/* Rises with the priority, and when a proof joins it. */
static int rank_of(const struct alert_standing *group)
{
    return 2 * group->priority + (group->reason == STANDING_success);
}

/* The rank told before; -1: none. */
static int rank_told(struct alert_desk *desk, uint64_t group, const char *organisation,
                     int *ret_rank)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        desk->store, "SELECT rank FROM alert_notices WHERE group_id=? AND organisation=?", &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, (int64_t)group);
    sqlite3_bind_text(row, 2, organisation, -1, SQLITE_STATIC);
    int step = sqlite3_step(row);
    *ret_rank = step == SQLITE_ROW ? sqlite3_column_int(row, 0) : -1;
    sqlite3_reset(row);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

static int told_put(struct alert_desk *desk, uint64_t group, const char *organisation, int rank)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        desk->store,
        "INSERT INTO alert_notices VALUES(?1, ?2, ?3, ?4, 0) ON CONFLICT DO UPDATE SET"
        " rank=?3, time=?4, delivered=0",
        &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, (int64_t)group);
    sqlite3_bind_text(row, 2, organisation, -1, SQLITE_STATIC);
    sqlite3_bind_int(row, 3, rank);
    sqlite3_bind_int64(row, 4, time_now());
    int step = sqlite3_step(row);
    sqlite3_reset(row);
    return step == SQLITE_DONE ? 0 : -EIO;
}

static int organisation_tell(struct alert_desk *desk, const struct alert_standing *group,
                             uint32_t number)
{
    const struct organisation *organisation = organisation_of(desk->options.configuration, number);
    int told;
    if (!organisation || !organisation->alerts_priority ||
        group->priority < organisation->alerts_priority)
        return 0;
    int error = rank_told(desk, group->id, organisation->name, &told);
    if (error || told >= rank_of(group))
        return error;
    error = alert_notice_make(desk->store, group, told >= 0, &desk->notice);
    const struct notice notice = {group->id, number, buffer_bytes(&desk->notice.json),
                                  buffer_bytes(&desk->notice.text), group->priority};
    if (!error)
        error = told_put(desk, group->id, organisation->name, rank_of(group));
    return error ? error : notifier_put(desk->notifier, &notice);
}

/* Each organisation that has an end of it, once. */
static int group_tell(struct alert_desk *desk, const struct alert_standing *group)
{
    uint32_t told[3] = {0};
    int error = alert_notice_make(desk->store, group, false, &desk->notice);
    if (error)
        return error == -ENOENT ? 0 : error;
    if (!desk->notice.end_count && ip_parse(BYTES("0.0.0.0"), &desk->notice.ends[0]))
        desk->notice.end_count = 1;
    for (unsigned i = 0; i < desk->notice.end_count && !error; i++) {
        told[i] = prefix_table_find(&desk->options.prefixes->organisations, &desk->notice.ends[i]);
        bool before = (i > 0 && told[i] == told[0]) || (i > 1 && told[i] == told[1]);
        if (!before)
            error = organisation_tell(desk, group, told[i]);
    }
    return error == -ENOENT ? 0 : error;
}

static int deliveries_write(struct alert_desk *desk)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        desk->store, "UPDATE alert_notices SET delivered=?3 WHERE group_id=?1 AND organisation=?2",
        &row);
    pthread_mutex_lock(&desk->lock);
    for (size_t i = 0; i < desk->delivered_count && !error; i++) {
        const struct organisation *organisation =
            organisation_of(desk->options.configuration, desk->delivered[i].organisation);
        sqlite3_bind_int64(row, 1, (int64_t)desk->delivered[i].group);
        sqlite3_bind_text(row, 2, organisation->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 3, time_now());
        error = sqlite3_step(row) == SQLITE_DONE ? 0 : -EIO;
        sqlite3_reset(row);
    }
    if (!error)
        desk->delivered_count = 0;
    pthread_mutex_unlock(&desk->lock);
    return error;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool deliveries_wait(struct alert_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    bool any = desk->delivered_count > 0;
    pthread_mutex_unlock(&desk->lock);
    return any;
}

static int desk_look(struct alert_desk *desk)
{
    int error = desk->store ? 0 : store_open(desk);
    int64_t before = desk->change, change = before;
    if (!error)
        error = alerts_store_changes(desk->store, &change, change_take, desk);
    bool any = desk->changed_count || desk->changed_all;
    if (error || (!any && change == before && !deliveries_wait(desk)))
        return error;
    error = any ? news_collect(desk) : 0;
    if (!error)
        error = alerts_store_begin(desk->store);
    for (size_t i = 0; any && i < desk->news_count && !error; i++)
        error = group_tell(desk, &desk->news[i]);
    if (!error)
        error = deliveries_write(desk);
    if (!error)
        error = change_write(desk, change);
    if (!error)
        error = alerts_store_commit(desk->store);
    if (error)
        return error;
    desk->change = change;
    desk->changed_count = 0;
    desk->changed_all = false;
    return 0;
}

/* What fails is tried again from what the store says. */
static void desk_look_or_close(struct alert_desk *desk)
{
    if (desk_look(desk) == 0)
        return;
    alerts_store_close(desk->store);
    desk->store = NULL;
}

static void *desk_run(void *context)
{
    struct alert_desk *desk = context;
    pthread_mutex_lock(&desk->lock);
    while (!desk->stopping) {
        int64_t next = time_now() + TIME_SECOND / ALERT_DESK_LOOKS;
        const struct timespec until = {next / TIME_SECOND, next % TIME_SECOND};
        pthread_mutex_unlock(&desk->lock);
        desk_look_or_close(desk);
        pthread_mutex_lock(&desk->lock);
        if (!desk->stopping)
            pthread_cond_timedwait(&desk->wake, &desk->lock, &until);
    }
    pthread_mutex_unlock(&desk->lock);
    return NULL;
}

static void desk_done(void *context, uint64_t id, uint32_t organisation,
                      enum notify_channel channel, const char *why)
{
    struct alert_desk *desk = context;
    if (why && desk->options.failed)
        desk->options.failed(desk->options.context, id,
                             organisation_of(desk->options.configuration, organisation)->name,
                             channel, why);
    pthread_mutex_lock(&desk->lock);
    if (!why && room_make((void **)&desk->delivered, desk->delivered_count, &desk->delivered_room,
                          sizeof(*desk->delivered)))
        desk->delivered[desk->delivered_count++] = (struct delivery){id, organisation};
    pthread_mutex_unlock(&desk->lock);
}

static void desk_free(struct alert_desk *desk)
{
    alerts_store_close(desk->store);
    pthread_mutex_destroy(&desk->lock);
    pthread_cond_destroy(&desk->wake);
    buffer_finish(&desk->notice.json);
    buffer_finish(&desk->notice.text);
    free(desk->changed);
    free(desk->news);
    free(desk->delivered);
    free(desk);
}

int alert_desk_open(const struct alert_desk_options *options, struct alert_desk **ret_desk)
{
    struct alert_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return -ENOMEM;
    const struct notifier_options notifier = {.configuration = options->configuration,
                                              .done = desk_done,
                                              .context = desk,
                                              .topic = NOTIFY_ALERTS};
    desk->options = *options;
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->wake, NULL);
    int error = notifier_open(&notifier, &desk->notifier);
    if (!error)
        error = -pthread_create(&desk->thread, NULL, desk_run, desk);
    if (error) {
        (void)notifier_close(desk->notifier, 0);
        desk_free(desk);
        return error;
    }
    *ret_desk = desk;
    return 0;
}

struct notify_counts alert_desk_close(struct alert_desk *desk, int64_t patience)
{
    if (!desk)
        return (struct notify_counts){0};
    pthread_mutex_lock(&desk->lock);
    desk->stopping = true;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
    pthread_join(desk->thread, NULL);
    struct notify_counts counts = notifier_close(desk->notifier, patience);
    if (desk->store && deliveries_wait(desk) && alerts_store_begin(desk->store) == 0 &&
        deliveries_write(desk) == 0)
        (void)!alerts_store_commit(desk->store);
    desk_free(desk);
    return counts;
}
