/*
 * show/stream.h -- what changed, told to every open console.
 *
 * One thread looks at the stores' change counters (PRAGMA data_version, a read
 * of shared memory; of alerts the newest change) STREAM_LOOKS times a second; what is new goes as
 * server-sent events to all listeners. Events are kept in a ring of
 * STREAM_KEPT; a listener that fell further behind is told to load anew.
 * A listener that hears nothing for STREAM_HEARTBEAT seconds gets a comment.
 *
 * An organisation's listener gets nothing of that ring: it is woken, reads its
 * own contacts, and is told of them when they are not what it was told before,
 * so not even that something happened to others shows.
 */
#ifndef SHOW_STREAM_H
#define SHOW_STREAM_H

#include "base/bytes.h"
#include "model/darknet_configuration.h"

enum { STREAM_LOOKS = 4, STREAM_KEPT = 256, STREAM_HEARTBEAT = 15 };

struct alert_board;
struct stream;
struct listener;

/* Start watching DATA/state.db, DATA/darknet.db and the board. -ENOMEM, -EAGAIN (no thread). */
int stream_start(const char *data, struct alert_board *board, struct stream **ret_stream)
    __attribute__((warn_unused_result));

/* Send every listener home; listeners must be closed before stream_finish. */
void stream_stop(struct stream *stream);
void stream_finish(struct stream *stream);

/* From now on: of everything, or of one organisation alone. An empty name is everything. -ENOMEM.
 */
int listener_open(struct stream *stream, const char organisation[ORGANISATION_NAME_SIZE],
                  struct listener **ret_listener) __attribute__((warn_unused_result));

/* Wait for something to tell; the bytes written to `at`; 0 once the stream was stopped. */
size_t listener_next(struct listener *listener, char *at, size_t size);
void listener_close(struct listener *listener);

#endif
