/*
 * observe/packet/writer.h -- frames → a pcap file with nanoseconds.
 *
 * Several threads may write, each through a queue of its own: what is in a
 * queue goes to the file in one piece.
 */
#ifndef OBSERVE_PACKET_WRITER_H
#define OBSERVE_PACKET_WRITER_H

#include "base/buffer.h"
#include "observe/packet/frame.h"

enum { WRITER_QUEUE = 1 << 20 }; /* bytes after which a queue is written out */

struct packet_writer;

/* Make the file, which must not be there yet or is emptied. -errno. */
int packet_writer_open(const char *path, uint32_t link, struct packet_writer **ret_writer)
    __attribute__((warn_unused_result));

/* Put a frame into `queue`; flushes it when it is long. -errno of the file, -ENOMEM. */
int packet_writer_put(struct packet_writer *writer, struct buffer *queue, const struct frame *frame)
    __attribute__((warn_unused_result));
int packet_writer_flush(struct packet_writer *writer, struct buffer *queue)
    __attribute__((warn_unused_result));

/* 0, or -errno: not all is safe in the file. */
int packet_writer_close(struct packet_writer *writer);

#endif
