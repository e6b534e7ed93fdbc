/*
 * Days of a darknet at the level of counts, with hosts planted that move
 * together: how often they are found, and how often there is a false alarm.
 *
 *     bench_detect_synchrony_days SEED DAYS HOSTS
 *
 * The background is made of a population of hosts (/16s): rare visitors of a
 * few packets; bots that come and go, Poisson with heavy-tailed rates and a
 * daily cycle by region; scanners that burst at times of their own; steady
 * scanners; and fleets of surveys, four to twelve hosts in step, four times a
 * day each. An event is half an hour in which as many new hosts as make up a
 * given share of the window's follow one schedule, each with a rate of its own;
 * there is one every 18 hours from the fourth day on. A line of JSON a share.
 *
 * A window's densities and groups do not depend on the others: the background is solved
 * once, each share puts its own windows in their places, and the rule runs over
 * the whole again.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/darknet/synchrony.h"
#include "detect/darknet/synchrony_history.h"
#include "detect/darknet/synchrony_newcomers.h"

enum {
    WINDOWS_A_DAY = 144,
    EVENT_EVERY = 108,
    EVENT_LENGTH = 3,
    FLEETS = 12,
    PLANTED_PORT = 37215
};

static const int64_t WINDOW = 600000000000;

struct dice {
    uint64_t state;
};

static uint64_t dice_next(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct dice dice_of(uint64_t seed, uint64_t a, uint64_t b)
{
    struct dice dice = {seed * 0x2545f4914f6cdd1du + a * 0xff51afd7ed558ccdu + b};
    dice_next(&dice);
    return dice;
}

static double uniform(struct dice *dice)
{
    return ((double)(dice_next(dice) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct dice *dice)
{
    return sqrt(-2 * log(uniform(dice))) * cos(6.283185307179586 * uniform(dice));
}

static uint32_t poisson(struct dice *dice, double mean)
{
    if (mean > 60)
        return (uint32_t)fmax(0, round(mean + sqrt(mean) * normal(dice)));
    double limit = exp(-mean), product = uniform(dice);
    uint32_t count = 0;
    for (; product > limit; count++)
        product *= uniform(dice);
    return count;
}

struct days {
    uint64_t seed;
    uint32_t hosts; /* of the population */
    struct source_summary *sources;
    size_t capacity;
};

static const uint16_t ports[] = {23, 445, 22, 80, 8080, 2323, 5555, 3389, 1433, 6379};

/* Zipf: the first port is a third of all. */
static uint16_t port_draw(struct dice *dice)
{
    double u = uniform(dice);
    for (size_t p = 0; p < sizeof(ports) / sizeof(*ports); p++)
        if ((u -= 0.34 / (double)(p + 1)) < 0)
            return ports[p];
    return (uint16_t)(1024 + dice_next(dice) % 60000);
}

/* A /16 each, spread over the address space in order. */
static struct ip address(uint32_t host, uint32_t of)
{
    uint32_t top = (uint32_t)(0x0100 + (uint64_t)host * 0xdeff / of);
    return (struct ip){
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)(top >> 8), (uint8_t)top, 7, 9}};
}

/* When a bot's machine is on: sessions of hours, decided a session's length at a time. */
static bool session(const struct days *days, uint32_t host, int window, double on)
{
    struct dice life = dice_of(days->seed, 1000003ull * host + 5, 0);
    int length = 12 + (int)(dice_next(&life) % 60), shift = (int)(dice_next(&life) % 72);
    struct dice now = dice_of(days->seed, host, 77 + (uint64_t)((window + shift) / length));
    return uniform(&now) < on;
}

static double daily(uint32_t host, uint32_t of, int window)
{
    double phase = (double)host / of;
    return 1 + 0.6 * sin(6.283185307179586 * ((double)window / WINDOWS_A_DAY + phase));
}

/* One schedule of a window: the samples in which everybody who follows it sends. */
static uint32_t schedule(struct dice *dice)
{
    uint32_t on = 0;
    while (__builtin_popcount(on) < 3)
        for (int m = 0; m < SOURCE_SAMPLES; m++)
            on |= (uint32_t)(uniform(dice) < 0.25) << m;
    return on;
}

static void follow(struct source_summary *source, struct dice *dice, uint32_t on, double rate)
{
    for (int m = 0; m < SOURCE_SAMPLES; m++)
        source->tcp_samples[m] += poisson(dice, on >> m & 1 ? rate : 0.02);
}

/* What host `host` of the population sends in the window; false: nothing. */
static bool background(const struct days *days, uint32_t host, int window,
                       struct source_summary *source)
{
    struct dice life = dice_of(days->seed, 31, host),
                now = dice_of(days->seed, 17 + host, (uint64_t)window);
    double kind = uniform(&life), scale = exp(1.2 * normal(&life));
    source->destination_port = port_draw(&life);
    if (kind < 0.50) { /* rare visitors */
        if (uniform(&now) < 0.15 * scale / (1 + scale) * daily(host, days->hosts, window))
            for (uint32_t p = 1 + poisson(&now, 0.7); p > 0; p--)
                source->tcp_samples[dice_next(&now) % SOURCE_SAMPLES]++;
    } else if (kind < 0.85) { /* bots */
        double rate = 0.6 * scale * daily(host, days->hosts, window);
        for (int m = 0; m < SOURCE_SAMPLES && session(days, host, window, 0.25); m++)
            source->tcp_samples[m] = poisson(&now, rate);
    } else if (kind < 0.95) { /* bursts */
        uint32_t from = (uint32_t)(dice_next(&now) % SOURCE_SAMPLES),
                 length = 1 + (uint32_t)(dice_next(&now) % 4);
        for (uint32_t m = from;
             m < SOURCE_SAMPLES && m < from + length && session(days, host, window, 0.15); m++)
            source->tcp_samples[m] = poisson(&now, 8 * scale);
    } else { /* steady scanners */
        for (int m = 0; m < SOURCE_SAMPLES && session(days, host, window, 0.5); m++)
            source->tcp_samples[m] = poisson(&now, 20 * scale);
    }
    if (host % 40 == 1 && host / 40 < FLEETS * 12u) { /* fleets of surveys */
        uint32_t fleet = host / 40 / 12;
        struct dice survey = dice_of(days->seed, 900 + fleet, (uint64_t)window);
        struct dice size = dice_of(days->seed, 800, fleet);
        if (uniform(&survey) < 4.0 / WINDOWS_A_DAY && host / 40 % 12 < 4 + dice_next(&size) % 9)
            follow(source, &now, schedule(&survey), 12);
    }
    uint64_t sum = 0;
    for (int m = 0; m < SOURCE_SAMPLES; m++)
        sum += source->tcp_samples[m];
    return sum > 0;
}

static int by_address(const void *a, const void *b)
{
    const struct source_summary *one = a, *other = b;
    return memcmp(one->address.octets, other->address.octets, sizeof(one->address.octets));
}

/* The sources of a window; with `share` > 0 those planted in the event it belongs to. */
static size_t window_make(const struct days *days, int window, double share, uint32_t *ret_planted)
{
    size_t count = 0;
    for (uint32_t host = 0; host < days->hosts; host++) {
        struct source_summary source = {.address = address(host, days->hosts)};
        if (background(days, host, window, &source))
            days->sources[count++] = source;
    }
    uint32_t planted = (uint32_t)round(share / (1 - share) * (double)count);
    struct dice event = dice_of(days->seed, 555, (uint64_t)(window / EVENT_EVERY));
    struct dice when = dice_of(days->seed, 556, (uint64_t)window);
    uint32_t on = schedule(&when);
    for (uint32_t p = 0; p < planted; p++) {
        struct ip place = address((uint32_t)(dice_next(&event) % 50000), 50000);
        struct source_summary source = {.address = place, .destination_port = PLANTED_PORT};
        source.address.octets[14] = 200; /* another address of the /16 than the background's */
        follow(&source, &when, on, 4 * exp(0.6 * normal(&event)));
        days->sources[count++] = source;
    }
    qsort(days->sources, count, sizeof(*days->sources), by_address);
    *ret_planted = planted;
    return count;
}

static bool is_event(int window)
{
    return window >= 4 * WINDOWS_A_DAY && window % EVENT_EVERY < EVENT_LENGTH;
}

/* A history of stillness, so that whatever moves is an alert and its groups are told. */
static void prime(struct synchrony *synchrony)
{
    struct buffer state = {0};
    struct synchrony_history still = {.seen = SYNCHRONY_HISTORY, .count = 1};
    buffer_put_u8(&state, 2); /* what synchrony_save writes: version, begun, first, last, … */
    buffer_put_u8(&state, 1);
    buffer_put_u64(&state, 0);
    buffer_put_u64(&state, 0);
    for (int r = 0; r < SYNCHRONY_SERIES; r++)
        synchrony_history_save(&still, &state);
    buffer_put_u32(&state, 0); /* no host was in step before */
    struct cursor in = cursor_over(buffer_bytes(&state));
    if (synchrony_load(synchrony, &in) < 0)
        exit(1);
    buffer_finish(&state);
}

static struct synchrony_window solve(struct synchrony *synchrony, const struct days *days,
                                     int window, double share, uint32_t *ret_planted)
{
    struct synchrony_window result;
    size_t count = window_make(days, window, share, ret_planted);
    prime(synchrony);
    if (synchrony_see(synchrony, days->sources, count) < 0)
        exit(1);
    synchrony_next(synchrony, 1 + window * WINDOW, WINDOW, &result);
    return result;
}

struct densities {
    double at[SYNCHRONY_SERIES];
    uint32_t hosts, member_count;
    struct synchrony_member *members; /* who the newcomers are depends on the windows before */
};

static void densities_keep(const struct synchrony_window *window, struct densities *densities)
{
    size_t size = window->member_count * sizeof(*densities->members);
    memcpy(densities->at, window->series, sizeof(densities->at));
    densities->hosts = window->hosts;
    densities->member_count = window->member_count;
    densities->members = malloc(size + 1);
    if (!densities->members)
        exit(1);
    if (size)
        memcpy(densities->members, window->members, size);
}

static void densities_free(struct densities *densities, int windows)
{
    for (int w = 0; w < windows; w++)
        free(densities[w].members);
    free(densities);
}

struct score {
    uint32_t events, found, windows, windows_found, named;
    uint32_t false_alarms, false_late, false_named;
    uint32_t by_series[SYNCHRONY_SERIES], false_by_series[SYNCHRONY_SERIES];
    double group_recall, group_precision;
};

/* Of the planted hosts, how many the largest group holds; of the group, how many are planted. */
static void score_groups(const struct synchrony_window *window, uint32_t planted,
                         struct score *score)
{
    uint32_t drawn = 0, right = 0;
    for (uint32_t n = 0; n < window->node_count; n++)
        if (window->nodes[n].group == 1) {
            drawn++;
            right += window->nodes[n].port == PLANTED_PORT;
        }
    score->group_recall += planted ? (double)right / planted : 0;
    score->group_precision += drawn ? (double)right / drawn : 0;
    for (uint32_t p = 0; p < window->port_count; p++)
        score->named += window->ports[p].port == PLANTED_PORT;
}

/* The rule over the whole of the days, `planted` in place of the background's events. */
static void score_rule(const struct densities *background, const struct densities *planted,
                       int windows, struct score *score)
{
    struct synchrony_history *histories = calloc(SYNCHRONY_SERIES, sizeof(*histories));
    struct synchrony_newcomers *newcomers;
    uint32_t found = 0;
    if (!histories || synchrony_newcomers_open(&newcomers) < 0)
        exit(1);
    for (int w = 0; w < windows; w++) {
        struct densities densities = is_event(w) && planted ? planted[w] : background[w];
        uint16_t port = 0;
        uint32_t new_hosts = synchrony_newcomers_next(newcomers, w * WINDOW, densities.members,
                                                      densities.member_count, &port);
        densities.at[SYNCHRONY_NEWCOMERS] = new_hosts / fmax(1, densities.hosts);
        bool alert = false, real = planted && is_event(w);
        for (int r = 0; r < SYNCHRONY_SERIES; r++) {
            int64_t removed[SYNCHRONY_HISTORY];
            double ratio;
            uint32_t count =
                synchrony_history_next(&histories[r], w, densities.at[r], removed, &ratio);
            for (uint32_t i = 0; i < count; i++) {
                bool late = removed[i] != w, true_late = planted && is_event((int)removed[i]);
                score->false_late += late && !true_late;
                alert = alert || !late;
                (real ? score->by_series : score->false_by_series)[r] += !late;
            }
        }
        found = w % EVENT_EVERY == 0 ? 0 : found;
        score->windows += real;
        score->windows_found += real && alert;
        score->false_alarms += !real && alert;
        score->events += real && w % EVENT_EVERY == 0;
        score->found += real && alert && found++ == 0;
    }
    synchrony_newcomers_close(newcomers);
    free(histories);
}

static void print_counts(const char *name, const uint32_t *counts)
{
    printf(", \"%s\": [", name);
    for (int r = 0; r < SYNCHRONY_SERIES; r++)
        printf("%s%u", r ? ", " : "", counts[r]);
    printf("]");
}

static void print_score(const struct days *days, double share, int windows,
                        const struct score *score)
{
    printf("{\"seed\": %llu, \"days\": %d, \"share\": %g, \"events\": %u, \"found\": %u, "
           "\"windows\": %u,"
           " \"windows_found\": %u, \"port_named\": %u, \"group_recall\": %.3f, "
           "\"group_precision\": %.3f,"
           " \"false_alarms\": %u, \"false_late\": %u",
           (unsigned long long)days->seed, windows / WINDOWS_A_DAY, share, score->events,
           score->found, score->windows, score->windows_found, score->named,
           score->group_recall / fmax(1, score->windows),
           score->group_precision / fmax(1, score->windows), score->false_alarms,
           score->false_late);
    print_counts("by_series", score->by_series);
    print_counts("false_by_series", score->false_by_series);
    printf("}\n");
    fflush(stdout);
}

static void measure_share(struct synchrony *synchrony, const struct days *days, double share,
                          int windows, const struct densities *background_densities)
{
    struct densities *planted = calloc((size_t)windows, sizeof(*planted));
    struct score score = {0};
    for (int w = 0; w < windows; w++) {
        uint32_t count;
        if (!is_event(w))
            continue;
        struct synchrony_window window = solve(synchrony, days, w, share, &count);
        densities_keep(&window, &planted[w]);
        score_groups(&window, count, &score);
    }
    score_rule(background_densities, planted, windows, &score);
    print_score(days, share, windows, &score);
    densities_free(planted, windows);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s SEED DAYS HOSTS\n", argv[0]);
        return 2;
    }
    struct days days = {.seed = strtoull(argv[1], NULL, 10),
                        .hosts = (uint32_t)strtoul(argv[3], NULL, 10)};
    int windows = (int)strtol(argv[2], NULL, 10) * WINDOWS_A_DAY;
    struct synchrony *synchrony;
    struct densities *background_densities = calloc((size_t)windows, sizeof(*background_densities));
    struct score quiet = {0};
    double hosts = 0;
    days.sources = calloc(4 * (size_t)days.hosts, sizeof(*days.sources));
    if (synchrony_open(SYNCHRONY_HOSTS, &synchrony) < 0)
        return 1;
    for (int w = 0; w < windows; w++) {
        uint32_t planted;
        struct synchrony_window window = solve(synchrony, &days, w, 0, &planted);
        densities_keep(&window, &background_densities[w]);
        hosts += (double)window.hosts / windows;
    }
    fprintf(stderr, "%.0f hosts a window\n", hosts);
    score_rule(background_densities, NULL, windows, &quiet);
    print_score(&days, 0, windows, &quiet);
    static const double shares[] = {0.02, 0.05, 0.1, 0.2};
    for (size_t s = 0; s < sizeof(shares) / sizeof(*shares); s++)
        measure_share(synchrony, &days, shares[s], windows, background_densities);
    synchrony_close(synchrony);
    densities_free(background_densities, windows);
    free(days.sources);
    return 0;
}
