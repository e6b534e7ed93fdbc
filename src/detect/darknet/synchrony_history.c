#include "detect/darknet/synchrony_history.h"

#include <string.h>

const double SYNCHRONY_SHRINKS = 0.98;

/* Of all but the past at `without`; UINT32_MAX: of all. */
static double variance(const struct synchrony_history *history, uint32_t without)
{
    double mean = 0, sum = 0;
    uint32_t count = history->count - (without < history->count);
    for (uint32_t i = 0; i < history->count; i++)
        mean += i == without ? 0 : history->past[i].density / count;
    for (uint32_t i = 0; i < history->count; i++) {
        double apart = history->past[i].density - mean;
        sum += i == without ? 0 : apart * apart;
    }
    return count ? sum / count : 0;
}

/* The first of the largest. */
static uint32_t largest(const struct synchrony_history *history)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < history->count; i++)
        if (history->past[i].density > history->past[best].density)
            best = i;
    return best;
}

static void forget(struct synchrony_history *history, uint32_t place)
{
    history->count--;
    memmove(&history->past[place], &history->past[place + 1],
            (history->count - place) * sizeof(*history->past));
}

uint32_t synchrony_history_next(struct synchrony_history *history, int64_t start, double density,
                                int64_t *ret_removed, double *ret_ratio)
{
    uint32_t removed = 0;
    bool itself = false;
    if (history->count == SYNCHRONY_HISTORY)
        forget(history, 0);
    history->past[history->count++] = (struct synchrony_past){start, density};
    history->seen++;
    *ret_ratio = 1;
    while (history->seen >= SYNCHRONY_HISTORY && history->count > 1) {
        uint32_t most = largest(history);
        double all = variance(history, UINT32_MAX);
        double ratio = all > 0 ? variance(history, most) / all : 1;
        if (!itself)
            *ret_ratio = ratio;
        if (ratio > SYNCHRONY_SHRINKS)
            break;
        itself = itself || history->past[most].start == start;
        ret_removed[removed++] = history->past[most].start;
        forget(history, most);
    }
    return removed;
}

void synchrony_history_rewind(struct synchrony_history *history, int64_t start)
{
    while (history->count && history->past[history->count - 1].start >= start) {
        history->count--;
        history->seen--;
    }
}

void synchrony_history_save(const struct synchrony_history *history, struct buffer *out)
{
    buffer_put_u64(out, history->seen);
    buffer_put_u32(out, history->count);
    for (uint32_t i = 0; i < history->count; i++) {
        buffer_put_u64(out, (uint64_t)history->past[i].start);
        buffer_put_double(out, history->past[i].density);
    }
}

bool synchrony_history_load(struct synchrony_history *history, struct cursor *in)
{
    history->seen = cursor_u64(in);
    history->count = cursor_u32(in);
    if (history->count > SYNCHRONY_HISTORY || history->count > history->seen)
        return false;
    for (uint32_t i = 0; i < history->count; i++) {
        history->past[i].start = (int64_t)cursor_u64(in);
        history->past[i].density = cursor_double(in);
        if (!(history->past[i].density >= 0 && history->past[i].density <= 1))
            return false;
    }
    return cursor_ok(in);
}
