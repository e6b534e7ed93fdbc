#include <stdlib.h>

#include "base/time.h"
#include "observe/exchange/inside.h"

/* A body that grew large is not kept for the next exchange. */
enum { BUFFER_KEPT = 1 << 14, BOX_CHUNK = 2048 };

static void draft_clear(struct draft *draft)
{
    if (draft->body.capacity > BUFFER_KEPT)
        buffer_finish(&draft->body);
    if (draft->head.capacity > BUFFER_KEPT)
        buffer_finish(&draft->head);
    buffer_clear(&draft->body);
    buffer_clear(&draft->head);
    draft->mark_count = 0;
    draft->keep = EXCHANGE_BODY_LIMIT;
}

static struct box *box_take(struct watcher *watcher)
{
    struct box *box = watcher->free_boxes;
    if (box) {
        watcher->free_boxes = box->next;
        return box;
    }
    return calloc(1, sizeof(*box));
}

struct box *box_open(struct watcher *watcher, struct connection *connection)
{
    uint32_t open = 0;
    for (const struct box *box = connection->boxes; box; box = box->next)
        open++;
    struct box *box = open < WATCHER_PIPELINE ? box_take(watcher) : NULL;
    if (!box)
        return NULL;
    box->arena.chunk = BOX_CHUNK;
    arena_reset(&box->arena);
    draft_clear(&box->request);
    draft_clear(&box->response);
    box->watcher = watcher;
    box->next = NULL;
    box->asked = box->gap = box->done = false;
    box->exchange = (struct exchange){
        .protocol = connection->parser ? EXCHANGE_http : EXCHANGE_other,
        .source_ip = connection->client_ip,
        .destination_ip = connection->server_ip,
        .source_port = connection->client_port,
        .destination_port = connection->server_port,
        .connection = connection->number,
        .request_index = connection->requests++,
    };
    box->exchange.request.start = box->exchange.request.end = TIME_NONE;
    box->exchange.response.start = box->exchange.response.end = TIME_NONE;
    if (connection->newest_box)
        connection->newest_box->next = box;
    else
        connection->boxes = box;
    connection->newest_box = box;
    return box;
}

void box_free(struct box *box)
{
    arena_finish(&box->arena);
    buffer_finish(&box->request.head);
    buffer_finish(&box->request.body);
    buffer_finish(&box->response.head);
    buffer_finish(&box->response.body);
    free(box);
}

void exchange_release(struct exchange *exchange)
{
    struct box *box = (struct box *)exchange;
    box->next = box->watcher->free_boxes;
    box->watcher->free_boxes = box;
}

void draft_put(struct draft *draft, struct message *message, struct bytes data, uint64_t packet)
{
    if (!data.at) {
        message->damaged = true;
        return;
    }
    size_t room = draft->keep > draft->body.len ? draft->keep - draft->body.len : 0;
    if (data.len > room) {
        message->cut = true;
        data.len = room;
    }
    if (data.len == 0)
        return;
    bool known = draft->mark_count && draft->marks[draft->mark_count - 1].packet == packet;
    if (!known && draft->mark_count < EXCHANGE_MARKS)
        draft->marks[draft->mark_count++] = (struct mark){draft->body.len, packet};
    buffer_put(&draft->body, data);
}

static void message_settle(struct message *message, const struct draft *draft)
{
    message->head = buffer_bytes(&draft->head);
    message->body = buffer_bytes(&draft->body);
    message->marks = draft->marks;
    message->mark_count = draft->mark_count;
    message->cut = message->cut || draft->head.failed || draft->body.failed;
}

void box_settle(struct box *box)
{
    message_settle(&box->exchange.request, &box->request);
    message_settle(&box->exchange.response, &box->response);
}

static void box_unlink(struct connection *connection, struct box *box)
{
    struct box *before = NULL;
    for (struct box *other = connection->boxes; other != box; other = other->next)
        before = other;
    if (before)
        before->next = box->next;
    else
        connection->boxes = box->next;
    if (connection->newest_box == box)
        connection->newest_box = before;
    box->next = NULL;
}

int box_tell(struct watcher *watcher, struct connection *connection, struct box *box)
{
    box_unlink(connection, box);
    box_settle(box);
    watcher->counts.exchanges++;
    watcher->counts.incomplete += !box->exchange.response.complete;
    return watcher->sink.exchange(watcher->sink.context, &box->exchange);
}
