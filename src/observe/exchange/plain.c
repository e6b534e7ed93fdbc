#include <errno.h>

#include "observe/exchange/inside.h"

/* Encrypted from the first bytes: a TLS record of a handshake, an SSH banner. */
static bool data_is_sealed(struct bytes data)
{
    return (data.len >= 3 && data.at[0] == 0x16 && data.at[1] == 0x03) ||
           bytes_start(data, BYTES("SSH-"));
}

static void message_note(struct message *message, const struct segment *from)
{
    if (message->packet == 0) {
        message->packet = from->packet;
        message->start = from->time;
    }
    message->end = from->time;
}

/* The client speaks again after an answer: the exchange before is over. */
static int turn_end(struct watcher *watcher, struct connection *connection)
{
    struct box *box = connection->boxes;
    if (!box)
        return 0;
    box->exchange.request.complete = true;
    box->exchange.response.complete = connection->answered && !box->gap;
    connection->answered = false;
    return box_tell(watcher, connection, box);
}

static int client_speaks(struct watcher *watcher, struct connection *connection, struct bytes data)
{
    int error = 0;
    if (!connection->spoke && data.at) {
        connection->spoke = true;
        connection->deaf = data_is_sealed(data);
        error = occurrence_tell(watcher, connection, OCCURRENCE_data, data, (struct bytes){0});
    }
    if (error == 0 && connection->answered)
        error = turn_end(watcher, connection);
    connection->deaf = connection->deaf || connection->requests >= WATCHER_OTHER_TURNS;
    struct box *box = connection->boxes;
    if (error || (connection->deaf && !box))
        return error;
    if (!box) {
        box = box_open(watcher, connection);
        if (!box)
            return -ENOMEM;
        box->request.keep = box->response.keep = WATCHER_OTHER_BYTES;
    }
    message_note(&box->exchange.request, watcher->feeding);
    draft_put(&box->request, &box->exchange.request, data, watcher->feeding->packet);
    return 0;
}

int plain_feed(struct watcher *watcher, struct connection *connection, enum side side,
               struct bytes data)
{
    if (side == SIDE_client)
        return client_speaks(watcher, connection, data);
    struct box *box = connection->boxes;
    if (!box) { /* a server that speaks first: a banner, to nobody's question */
        box = box_open(watcher, connection);
        if (!box)
            return -ENOMEM;
        box->request.keep = box->response.keep = WATCHER_OTHER_BYTES;
    }
    connection->answered = true;
    box->gap = box->gap || !data.at;
    message_note(&box->exchange.response, watcher->feeding);
    draft_put(&box->response, &box->exchange.response, data, watcher->feeding->packet);
    return 0;
}

int plain_close(struct watcher *watcher, struct connection *connection)
{
    return turn_end(watcher, connection);
}
