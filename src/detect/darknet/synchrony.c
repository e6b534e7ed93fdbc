#include "detect/darknet/synchrony.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/darknet/synchrony_groups.h"
#include "detect/darknet/synchrony_history.h"
#include "detect/darknet/synchrony_newcomers.h"

enum { VERSION = 2 };

const double synchrony_rhos[SYNCHRONY_RHOS] = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
static const double TOLERANCE = 1e-4; /* R's, and so the source's */

struct synchrony {
    uint32_t most;
    struct graphical_lasso *lasso;
    double *centred, *covariance;
    struct synchrony_hosts gathered, hosts; /* of the window under way, and of the one judged */
    int64_t start, length;                  /* of the one judged */
    uint32_t *counts;                       /* hosts by port */
    bool begun;
    int64_t first, last; /* starts of the windows the histories span */
    struct synchrony_groups groups;
    struct synchrony_newcomers *newcomers;
    struct synchrony_history histories[SYNCHRONY_SERIES];
    struct synchrony_port ports[SYNCHRONY_PORTS];
    int64_t late[SYNCHRONY_LATE];
};

int synchrony_open(uint32_t hosts_most, struct synchrony **ret_synchrony)
{
    if (hosts_most < SYNCHRONY_HOSTS_LEAST || hosts_most > GRAPHICAL_LASSO_NODES)
        return -EINVAL;
    struct synchrony *synchrony = calloc(1, sizeof(*synchrony));
    if (!synchrony)
        return -ENOMEM;
    synchrony->most = hosts_most;
    synchrony->centred = calloc((size_t)hosts_most * SOURCE_SAMPLES, sizeof(double));
    synchrony->covariance = calloc((size_t)hosts_most * hosts_most, sizeof(double));
    synchrony->counts = calloc(65536, sizeof(uint32_t));
    bool whole = synchrony->centred && synchrony->covariance && synchrony->counts &&
                 synchrony_groups_init(&synchrony->groups, hosts_most) == 0 &&
                 synchrony_newcomers_open(&synchrony->newcomers) == 0 &&
                 graphical_lasso_open(hosts_most, &synchrony->lasso) == 0;
    if (!whole) {
        synchrony_close(synchrony);
        return -ENOMEM;
    }
    *ret_synchrony = synchrony;
    return 0;
}

void synchrony_close(struct synchrony *synchrony)
{
    if (!synchrony)
        return;
    graphical_lasso_close(synchrony->lasso);
    synchrony_groups_finish(&synchrony->groups);
    synchrony_newcomers_close(synchrony->newcomers);
    free(synchrony->counts);
    synchrony_hosts_finish(&synchrony->gathered);
    synchrony_hosts_finish(&synchrony->hosts);
    free(synchrony->centred);
    free(synchrony->covariance);
    free(synchrony);
}

/*
 * From the largest rho to the smallest: each solution starts the next. Hosts in
 * step are told best where the path begins.
 */
static void series_find(struct synchrony *synchrony, struct synchrony_window *window)
{
    const struct synchrony_hosts *hosts = &synchrony->hosts;
    struct synchrony_groups *groups = &synchrony->groups;
    struct graphical_lasso_summary summary = {0};
    synchrony_hosts_covariance(hosts, synchrony->centred, synchrony->covariance);
    if (graphical_lasso_begin(synchrony->lasso, synchrony->covariance, hosts->count) < 0)
        return; /* unreachable: logarithms of counts are finite, hosts are bounded */
    for (int r = SYNCHRONY_RHOS - 1; r >= 0; r--) {
        if (graphical_lasso_solve(synchrony->lasso, synchrony_rhos[r], TOLERANCE, &summary) == 0)
            window->series[r] = summary.density;
        if (r == SYNCHRONY_RHOS - 1)
            synchrony_groups_make(groups, synchrony->lasso, synchrony->covariance, hosts);
    }
    window->groups = groups->groups;
    window->group_count = groups->group_count;
    window->members = groups->members;
    window->member_count = groups->member_count;
    if (groups->group_count)
        window->series[SYNCHRONY_GROUP] = (double)groups->groups[0].hosts / hosts->count;
}

static void late_add(struct synchrony *synchrony, struct synchrony_window *window, int64_t start)
{
    for (uint32_t i = 0; i < window->late_count; i++)
        if (synchrony->late[i] == start)
            return;
    if (window->late_count < SYNCHRONY_LATE)
        synchrony->late[window->late_count++] = start;
}

static void judge(struct synchrony *synchrony, struct synchrony_window *window)
{
    int64_t removed[SYNCHRONY_HISTORY];
    window->newcomers =
        synchrony_newcomers_next(synchrony->newcomers, window->start, window->members,
                                 window->member_count, &window->newcomers_port);
    window->series[SYNCHRONY_NEWCOMERS] = (double)window->newcomers / window->hosts;
    for (int r = 0; r < SYNCHRONY_SERIES; r++) {
        struct synchrony_history *history = &synchrony->histories[r];
        uint32_t count = synchrony_history_next(history, window->start, window->series[r], removed,
                                                &window->ratios[r]);
        window->judged = history->seen >= SYNCHRONY_HISTORY;
        for (uint32_t i = 0; i < count; i++) {
            if (removed[i] == window->start)
                window->alert = window->alerts[r] = true;
            else
                late_add(synchrony, window, removed[i]);
        }
    }
    window->late = synchrony->late;
}

/* The path has moved on: its beginning once more. */
static void draw(struct synchrony *synchrony, struct synchrony_window *window)
{
    struct graphical_lasso_summary summary;
    struct synchrony_groups *groups = &synchrony->groups;
    double rho = synchrony_rhos[SYNCHRONY_RHOS - 1];
    if (graphical_lasso_begin(synchrony->lasso, synchrony->covariance, window->hosts) < 0 ||
        graphical_lasso_solve(synchrony->lasso, rho, TOLERANCE, &summary) < 0)
        return; /* unreachable: it was solved before */
    synchrony_groups_draw(groups, synchrony->lasso, synchrony->covariance, &synchrony->hosts);
    window->nodes = groups->nodes, window->node_count = groups->node_count;
    window->edges = groups->edges, window->edge_count = groups->edge_count;
}

/*
 * A window that is not after the newest: a capture is read again. What came
 * since is forgotten; from the first window on, everything.
 */
static void rewind_to(struct synchrony *synchrony, int64_t start)
{
    if (synchrony->begun && start <= synchrony->first) {
        memset(synchrony->histories, 0, sizeof(synchrony->histories));
        synchrony_newcomers_clear(synchrony->newcomers);
        synchrony->begun = false;
    }
    if (synchrony->begun && start <= synchrony->last)
        synchrony_newcomers_rewind(synchrony->newcomers, start);
    for (int r = 0; r < SYNCHRONY_SERIES && synchrony->begun && start <= synchrony->last; r++)
        synchrony_history_rewind(&synchrony->histories[r], start);
    if (!synchrony->begun)
        synchrony->first = start;
    synchrony->last = start;
    synchrony->begun = true;
}

int synchrony_see(struct synchrony *synchrony, const struct source_summary *sources, size_t count)
{
    return synchrony_hosts_see(&synchrony->gathered, sources, count);
}

void synchrony_turn(struct synchrony *synchrony, int64_t start, int64_t length)
{
    struct synchrony_hosts empty = synchrony->hosts;
    synchrony->hosts = synchrony->gathered;
    synchrony->gathered = empty;
    synchrony_hosts_clear(&synchrony->gathered);
    synchrony->start = start;
    synchrony->length = length;
}

void synchrony_judge(struct synchrony *synchrony, struct synchrony_window *ret_window)
{
    struct synchrony_hosts *hosts = &synchrony->hosts;
    synchrony_hosts_choose(hosts, synchrony->most);
    struct synchrony_window window = {.start = synchrony->start,
                                      .length = synchrony->length,
                                      .hosts = hosts->count,
                                      .hosts_seen = hosts->seen,
                                      .ports = synchrony->ports};
    for (int r = 0; r < SYNCHRONY_SERIES; r++)
        window.ratios[r] = 1;
    series_find(synchrony, &window);
    window.port_count = synchrony_ports_find(hosts, synchrony->counts, synchrony->ports);
    if (window.hosts >= SYNCHRONY_HOSTS_LEAST) {
        rewind_to(synchrony, window.start);
        judge(synchrony, &window);
    }
    if (window.alert)
        draw(synchrony, &window);
    *ret_window = window;
}

void synchrony_next(struct synchrony *synchrony, int64_t start, int64_t length,
                    struct synchrony_window *ret_window)
{
    synchrony_turn(synchrony, start, length);
    synchrony_judge(synchrony, ret_window);
}

double synchrony_density(const struct synchrony_window *window)
{
    double sum = 0;
    for (int r = 0; r < SYNCHRONY_RHOS; r++)
        sum += window->series[r];
    return sum / SYNCHRONY_RHOS;
}

double synchrony_ratio(const struct synchrony_window *window)
{
    double least = 1;
    for (int r = 0; r < SYNCHRONY_SERIES; r++)
        least = window->ratios[r] < least ? window->ratios[r] : least;
    return least;
}

void synchrony_save(const struct synchrony *synchrony, struct buffer *out)
{
    buffer_put_u8(out, VERSION);
    buffer_put_u8(out, synchrony->begun);
    buffer_put_u64(out, (uint64_t)synchrony->first);
    buffer_put_u64(out, (uint64_t)synchrony->last);
    for (int r = 0; r < SYNCHRONY_SERIES; r++)
        synchrony_history_save(&synchrony->histories[r], out);
    synchrony_newcomers_save(synchrony->newcomers, out);
}

int synchrony_load(struct synchrony *synchrony, struct cursor *in)
{
    struct synchrony_history *histories = calloc(SYNCHRONY_SERIES, sizeof(*histories));
    struct synchrony_newcomers *newcomers = NULL;
    if (!histories || synchrony_newcomers_open(&newcomers) != 0) {
        free(histories);
        return -ENOMEM;
    }
    bool good = cursor_u8(in) == VERSION, begun = cursor_u8(in) != 0;
    int64_t first = (int64_t)cursor_u64(in), last = (int64_t)cursor_u64(in);
    for (int r = 0; r < SYNCHRONY_SERIES && good; r++)
        good = synchrony_history_load(&histories[r], in);
    good = good && synchrony_newcomers_load(newcomers, in);
    if (good) {
        struct synchrony_newcomers *old = synchrony->newcomers;
        synchrony->newcomers = newcomers;
        newcomers = old;
        memcpy(synchrony->histories, histories, sizeof(synchrony->histories));
        synchrony->begun = begun, synchrony->first = first, synchrony->last = last;
    }
    synchrony_newcomers_close(newcomers);
    free(histories);
    return good ? 0 : -EINVAL;
}
