#include "observe/packet/capture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "observe/packet/container.h"
#include "observe/packet/files.h"
#include "observe/packet/inside.h"

/* Bytes of one file. All taps walk them; the slot is free again when the last has left. */
struct block {
    char *at;
    size_t len, room;
    uint64_t offset;   /* of at[0] in the decompressed file */
    size_t file;       /* number of the file; the count of files: there is no more */
    bool begins, ends; /* the file's first, last block */
    int error;         /* ended early: -EBADMSG, -EIO, … and where */
    uint64_t error_offset;
    unsigned users;
};

struct file_tap {
    struct tap tap;
    struct capture *capture;
    struct container container;
    struct block *block;
    uint64_t sequence; /* of the block; 0: none yet */
    uint64_t told;     /* the block in which it last returned */
    size_t at;         /* in the block */
    size_t extent;     /* bytes the next record needs, when it is not all there */
    bool broken;       /* the rest of this file can't be read */
    bool left;
};

struct capture {
    struct files files;
    uint64_t size;
    struct stream *stream;
    size_t file; /* the one that is being read */
    bool started;
    uint64_t done; /* bytes of files before it */
    _Atomic uint64_t position;
    pthread_mutex_t lock; /* guards what follows, and the slots' users */
    pthread_cond_t changed;
    uint64_t produced; /* blocks so far */
    bool producing;
    unsigned readers; /* taps that have not left */
    struct block slots[CAPTURE_SLOTS];
    unsigned tap_count;
    char why[256];
    struct file_tap taps[];
};

static bool block_reserve(struct block *block, size_t room)
{
    if (room <= block->room)
        return true;
    char *grown = realloc(block->at, room);
    if (!grown)
        return false;
    block->at = grown;
    block->room = room;
    return true;
}

/* Go to the file behind the current one. False: there is none. */
static bool capture_next_file(struct capture *capture)
{
    if (capture->started && capture->file < capture->files.readable) {
        stream_close(capture->stream);
        capture->stream = NULL;
        capture->done += capture->files.at[capture->file].size;
        capture->file++;
    }
    capture->started = true;
    return capture->file < capture->files.readable;
}

/* Read from the current file behind the `left` bytes that are in the block already. */
static void block_read(struct capture *capture, struct block *block, size_t left)
{
    struct fault fault = {0};
    size_t got = 0, want = block->room - left;
    int error =
        capture->stream ? 0 : file_stream(capture->files.at[capture->file].path, &capture->stream);
    if (!error)
        error = stream_read(capture->stream, block->at + left, want, &got, &fault);
    block->len = left + got;
    block->file = capture->file;
    block->ends = error || got < want;
    block->error = error;
    block->error_offset = fault.offset;
    atomic_store(&capture->position,
                 capture->done + (capture->stream ? stream_position(capture->stream) : 0));
}

/*
 * Fill `block` with what comes behind `last`, the block before, of which `tap`
 * has walked all but its end.
 */
static int block_fill(struct capture *capture, struct block *block, const struct file_tap *tap)
{
    const struct block *last = tap->block;
    bool next = !last || last->ends || tap->broken;
    size_t left = next ? 0 : last->len - tap->at;
    size_t need = next ? 0 : tap->extent;
    if (!block_reserve(block, (need > left ? need : left) + CAPTURE_BLOCK))
        return -ENOMEM;
    block->begins = next;
    block->offset = next ? 0 : last->offset + tap->at;
    block->len = 0;
    if (next && !capture_next_file(capture)) {
        block->file = capture->files.readable;
        block->ends = true;
        block->error = 0;
        return 0;
    }
    if (left)
        memcpy(block->at, last->at + tap->at, left);
    block_read(capture, block, left);
    return 0;
}

static void block_release(struct file_tap *tap)
{
    if (tap->block && --tap->block->users == 0)
        pthread_cond_broadcast(&tap->capture->changed);
    tap->block = NULL;
}

/* Wait for, or make, block number `wanted`; called and left with the lock held. */
static int block_obtain(struct file_tap *tap, uint64_t wanted)
{
    struct capture *capture = tap->capture;
    struct block *block = &capture->slots[wanted % CAPTURE_SLOTS];
    while (capture->produced < wanted && (capture->producing || block->users))
        pthread_cond_wait(&capture->changed, &capture->lock);
    if (capture->produced >= wanted)
        return 0;
    capture->producing = true;
    pthread_mutex_unlock(&capture->lock);
    int error = block_fill(capture, block, tap);
    pthread_mutex_lock(&capture->lock);
    capture->producing = false;
    if (!error) {
        capture->produced = wanted;
        block->users = capture->readers;
    }
    pthread_cond_broadcast(&capture->changed);
    return error;
}

static int block_advance(struct file_tap *tap)
{
    struct capture *capture = tap->capture;
    uint64_t wanted = tap->sequence + 1;
    pthread_mutex_lock(&capture->lock);
    int error = block_obtain(tap, wanted);
    if (!error) {
        block_release(tap);
        tap->block = &capture->slots[wanted % CAPTURE_SLOTS];
        tap->sequence = wanted;
        tap->at = 0;
    }
    pthread_mutex_unlock(&capture->lock);
    return error;
}

static void file_fault(struct file_tap *tap, enum packet_fault fault, uint64_t offset)
{
    if (tap_is_first(&tap->tap))
        tap_fault_add(&tap->tap, fault, offset);
}

/* The first block of a file is here: recognise it. */
static void file_begin(struct file_tap *tap)
{
    const struct block *block = tap->block;
    tap->tap.file = block->file;
    tap->tap.path = tap->capture->files.at[block->file].path;
    tap->at = container_begin(&tap->container, (const uint8_t *)block->at, block->len);
    tap->broken = tap->container.kind == CONTAINER_none;
    if (tap->broken && (block->len > 0 || !block->error))
        file_fault(tap, PACKET_FAULT_file_format, 0);
}

/* All records of a file's last block are through. */
static void file_end(struct file_tap *tap)
{
    const struct block *block = tap->block;
    if (block->error)
        file_fault(
            tap, block->error == -EBADMSG ? PACKET_FAULT_file_unpack : PACKET_FAULT_file_unreadable,
            block->error_offset);
    else if (!tap->broken && tap->at < block->len)
        file_fault(tap, PACKET_FAULT_file_cut, block->offset + tap->at);
    tap->broken = true; /* once */
}

/* Find frames until there are `most`, or the block is used up: 1. -ENOMEM. */
static int frames_find(struct file_tap *tap, struct tap_frames *frames, uint32_t most)
{
    const struct block *block = tap->block;
    const uint8_t *bytes = (const uint8_t *)block->at;
    struct frame frame;
    size_t extent;
    while (!tap->broken && frames->count < most) {
        switch (container_next(&tap->container, bytes + tap->at, block->len - tap->at, &frame,
                               &extent)) {
        case CONTAINER_FRAME:
            tap_frame_find(&tap->tap, &frame, block->offset + tap->at, frames);
            tap->at += extent;
            break;
        case CONTAINER_SKIP:
            tap->at += extent;
            break;
        case CONTAINER_MORE:
            tap->extent = extent;
            if (block->ends)
                file_end(tap);
            return 1;
        case CONTAINER_BROKEN:
            file_fault(tap, PACKET_FAULT_file_broken, block->offset + tap->at);
            tap->broken = true;
            break;
        case CONTAINER_NO_MEMORY:
            return -ENOMEM;
        }
    }
    return tap->broken;
}

/* Take records until the rows or the block are used up. -ENOMEM. */
static int block_walk(struct file_tap *tap, struct packets *packets)
{
    struct tap_frames frames;
    /* All are a lone tap's: it takes each at once, while its header is at hand. */
    uint32_t most = tap->capture->tap_count == 1 ? 1 : TAP_FRAMES;
    int status = tap->broken;
    frames.count = 0;
    while (!status && packets->count < PACKET_ROWS) {
        uint32_t room = PACKET_ROWS - packets->count;
        status = frames_find(tap, &frames, room < most ? room : most);
        tap_frames_take(&tap->tap, &frames, packets);
    }
    return status < 0 ? status : 0;
}

static int file_tap_read(struct tap *base, struct packets *packets)
{
    struct file_tap *tap = (struct file_tap *)base;
    for (;;) {
        if (tap->block && tap->block->file == tap->capture->files.readable)
            return 0;
        int error = tap->block ? block_walk(tap, packets) : 0;
        /* A block without a row of its own is told, too: others may wait for it to go on. */
        bool walked = tap->block && tap->sequence != tap->told;
        tap->told = tap->sequence;
        if (error || packets->count || walked)
            return error ? error : 1;
        error = block_advance(tap);
        if (error)
            return error;
        if (tap->block->begins && tap->block->file < tap->capture->files.readable)
            file_begin(tap);
    }
}

static void file_tap_leave(struct tap *base)
{
    struct file_tap *tap = (struct file_tap *)base;
    struct capture *capture = tap->capture;
    pthread_mutex_lock(&capture->lock);
    if (!tap->left) {
        tap->left = true;
        capture->readers--;
        for (uint64_t i = tap->sequence + 1; i <= capture->produced; i++)
            capture->slots[i % CAPTURE_SLOTS].users--;
        block_release(tap);
        pthread_cond_broadcast(&capture->changed);
    }
    pthread_mutex_unlock(&capture->lock);
}

static void taps_init(struct capture *capture)
{
    for (unsigned i = 0; i < capture->tap_count; i++)
        capture->taps[i] = (struct file_tap){
            .tap = {.read = file_tap_read,
                    .leave = file_tap_leave,
                    .partitions = tap_partitions(capture->tap_count, i)},
            .capture = capture,
        };
}

int capture_open(const char *const *paths, size_t count, unsigned taps,
                 struct capture **ret_capture, char **ret_path, struct fault *ret_fault)
{
    *ret_path = NULL;
    *ret_fault = (struct fault){"no such set of captures", 0, 0};
    if (taps == 0 || taps > CAPTURE_TAPS)
        return -EINVAL;
    struct capture *capture = calloc(1, sizeof(*capture) + taps * sizeof(capture->taps[0]));
    if (!capture)
        return -ENOMEM;
    pthread_mutex_init(&capture->lock, NULL);
    pthread_cond_init(&capture->changed, NULL);
    capture->tap_count = capture->readers = taps;
    taps_init(capture);
    int error = files_gather(&capture->files, paths, count, ret_path, ret_fault);
    if (error) {
        capture_close(capture);
        return error;
    }
    for (size_t i = 0; i < capture->files.readable; i++)
        capture->size += capture->files.at[i].size;
    *ret_capture = capture;
    return 0;
}

/* A damaged beginning is no reason to refuse: the tap says what is wrong with it. */
static bool stream_is_capture(struct stream *stream)
{
    uint8_t head[CONTAINER_LEAST];
    struct container container = {0};
    struct fault fault;
    size_t len = 0;
    (void)!stream_read(stream, (char *)head, sizeof(head), &len, &fault);
    (void)container_begin(&container, head, len);
    return container.kind != CONTAINER_none;
}

int capture_open_stream(struct stream *stream, struct capture **ret_capture)
{
    static const char *const path = "-";
    struct capture *capture = NULL;
    struct fault fault;
    char *bad_path = NULL;
    bool known = stream_is_capture(stream);
    int error = stream_seek(stream, 0, &fault);
    if (!error)
        error = known ? capture_open(&path, 1, 1, &capture, &bad_path, &fault) : -ENOTSUP;
    free(bad_path);
    if (error)
        return error;
    capture->stream = stream;
    *ret_capture = capture;
    return 0;
}

int capture_filter(struct capture *capture, const char *filter, const char **ret_why)
{
    for (unsigned i = 0; i < capture->tap_count; i++) {
        struct filter *compiled;
        int error = filter_create(filter, &compiled, capture->why);
        if (error) {
            *ret_why = capture->why;
            return error;
        }
        filter_destroy(capture->taps[i].tap.filter);
        capture->taps[i].tap.filter = compiled;
    }
    return 0;
}

struct tap *capture_tap(struct capture *capture, unsigned i)
{
    return &capture->taps[i].tap;
}

const struct capture_file *capture_file(const struct capture *capture, size_t i)
{
    return i < capture->files.count ? &capture->files.at[i] : NULL;
}

uint64_t capture_size(const struct capture *capture)
{
    return capture->size;
}

uint64_t capture_position(const struct capture *capture)
{
    return atomic_load(&capture->position);
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    for (unsigned i = 0; i < capture->tap_count; i++) {
        container_finish(&capture->taps[i].container);
        filter_destroy(capture->taps[i].tap.filter);
    }
    for (int i = 0; i < CAPTURE_SLOTS; i++)
        free(capture->slots[i].at);
    stream_close(capture->stream);
    files_finish(&capture->files);
    pthread_mutex_destroy(&capture->lock);
    pthread_cond_destroy(&capture->changed);
    free(capture);
}
