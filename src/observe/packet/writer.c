#include "observe/packet/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct packet_writer {
    int descriptor;
    pthread_mutex_t lock;
};

static int file_write(int descriptor, struct bytes bytes)
{
    while (bytes.len) {
        ssize_t written = write(descriptor, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0)
            bytes = bytes_from(bytes, (size_t)written);
    }
    return 0;
}

/* Words in the machine's own byte order, as the magic tells the reader. */
static void words_put(struct buffer *queue, const uint32_t *words, size_t count)
{
    buffer_put(queue, (struct bytes){(const char *)words, count * sizeof(*words)});
}

int packet_writer_open(const char *path, uint32_t link, struct packet_writer **ret_writer)
{
    uint16_t version[2] = {2, 4};
    uint32_t head[6] = {0xa1b23c4d, 0, 0, 0, 1 << 18, link};
    memcpy(&head[1], version, sizeof(version));
    struct packet_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return -ENOMEM;
    writer->descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = writer->descriptor < 0 ? -errno : 0;
    if (!error)
        error = file_write(writer->descriptor, (struct bytes){(const char *)head, sizeof(head)});
    if (error) {
        if (writer->descriptor >= 0)
            close(writer->descriptor);
        free(writer);
        return error;
    }
    pthread_mutex_init(&writer->lock, NULL);
    *ret_writer = writer;
    return 0;
}

int packet_writer_put(struct packet_writer *writer, struct buffer *queue, const struct frame *frame)
{
    uint32_t head[4] = {(uint32_t)(frame->time / 1000000000), (uint32_t)(frame->time % 1000000000),
                        frame->captured, frame->wire};
    words_put(queue, head, 4);
    buffer_put(queue, (struct bytes){(const char *)frame->at, frame->captured});
    return queue->failed               ? -ENOMEM
           : queue->len < WRITER_QUEUE ? 0
                                       : packet_writer_flush(writer, queue);
}

int packet_writer_flush(struct packet_writer *writer, struct buffer *queue)
{
    pthread_mutex_lock(&writer->lock);
    int error = file_write(writer->descriptor, buffer_bytes(queue));
    pthread_mutex_unlock(&writer->lock);
    buffer_clear(queue);
    return error;
}

int packet_writer_close(struct packet_writer *writer)
{
    if (!writer)
        return 0;
    int error = close(writer->descriptor) ? -errno : 0;
    pthread_mutex_destroy(&writer->lock);
    free(writer);
    return error;
}
