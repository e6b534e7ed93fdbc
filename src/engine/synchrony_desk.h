/*
 * engine/synchrony_desk.h -- the telescope's windows, judged for synchrony beside it.
 *
 * Graphs take up to seconds, and packets don't wait: a thread of its own judges
 * a window while the telescope sees the next. What it found is told, and
 * written to the store (engine/telescope_synchrony.h), by the thread that calls
 * these functions: at the next window's end, at the end, or when it looks in
 * between. Windows are told in their order; nothing depends on how fast the
 * thread is.
 */
#ifndef ENGINE_SYNCHRONY_DESK_H
#define ENGINE_SYNCHRONY_DESK_H

#include "detect/darknet/synchrony.h"
#include "store/darknet.h"

struct synchrony_desk_options {
    uint32_t hosts_most;
    struct darknet_store *store; /* whose histories are taken up; NULL: nothing is stored */
    /* Each window, once; NULL: nobody wants to know. */
    void (*told)(void *context, const struct synchrony_window *window);
    void *context;
};

struct synchrony_desk;

/* -EINVAL: hosts_most; -ENOMEM, -EIO, an error of a thread. */
int synchrony_desk_open(const struct synchrony_desk_options *options,
                        struct synchrony_desk **ret_desk) __attribute__((warn_unused_result));

/* Sources of the window under way, in the order of addresses. -ENOMEM. */
int synchrony_desk_see(struct synchrony_desk *desk, const struct source_summary *sources,
                       size_t count) __attribute__((warn_unused_result));

/* The window is over: waits for the one before, tells it, and has this one judged. */
int synchrony_desk_end(struct synchrony_desk *desk, int64_t start, int64_t length)
    __attribute__((warn_unused_result));

/* Tell the window that is judged, if one is; `wait`: for the one being judged, too. */
int synchrony_desk_look(struct synchrony_desk *desk, bool wait) __attribute__((warn_unused_result));

/* What was not told is dropped: look, waiting, first. */
void synchrony_desk_close(struct synchrony_desk *desk);

#endif
