#include "analyse/family/cluster.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"

/* Leaders with the same band, the latest first. */
struct link {
    uint32_t leader, next;
};

struct search {
    const struct sketch *sketches;
    struct hash_table bands; /* of a band's bins → its latest link */
    struct link *links;      /* CLUSTER_BANDS of each cluster */
    uint32_t *leaders;       /* of each cluster, the sample */
    uint32_t *sizes;
    uint32_t count, linked;
    uint64_t comparisons;
};

static uint64_t band_key(const struct sketch *sketch, uint32_t band)
{
    return hash_mix(band,
                    hash_bytes((struct bytes){(const char *)&sketch->bins[band * CLUSTER_ROWS],
                                              CLUSTER_ROWS * sizeof(sketch->bins[0])}));
}

static struct cluster_place leader_find(struct search *search, const struct sketch *sketch)
{
    struct cluster_place best = {UINT32_MAX, 0};
    for (uint32_t band = 0; band < CLUSTER_BANDS && !sketch->empty; band++) {
        uint32_t link = hash_table_get(&search->bands, band_key(sketch, band));
        for (int asked = 0; link != HASH_TABLE_NONE && asked < CLUSTER_ASKED; asked++) {
            uint32_t cluster = search->links[link].leader;
            double likeness = sketch_likeness(sketch, &search->sketches[search->leaders[cluster]]);
            search->comparisons++;
            if (likeness > best.likeness)
                best = (struct cluster_place){cluster, likeness};
            link = search->links[link].next;
        }
    }
    return best;
}

static int leader_add(struct search *search, uint32_t sample)
{
    const struct sketch *sketch = &search->sketches[sample];
    uint32_t cluster = search->count++;
    int error = 0;
    search->leaders[cluster] = sample;
    for (uint32_t band = 0; band < CLUSTER_BANDS && !sketch->empty && !error; band++) {
        uint64_t key = band_key(sketch, band);
        search->links[search->linked] = (struct link){cluster, hash_table_get(&search->bands, key)};
        error = hash_table_put(&search->bands, key, search->linked++);
    }
    return error;
}

static int samples_place(struct search *search, uint32_t count, double least,
                         struct cluster_place *places)
{
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        places[i] = leader_find(search, &search->sketches[i]);
        if (places[i].likeness < least) {
            places[i] = (struct cluster_place){search->count, 1};
            error = leader_add(search, i);
        }
        if (!error)
            search->sizes[places[i].cluster]++;
    }
    return error;
}

int clusters_find(const struct sketch *sketches, uint32_t count, double least,
                  struct cluster_place *ret_places, struct cluster_counts *ret_counts)
{
    if (count > CLUSTER_SAMPLES || !(least > 0 && least <= 1))
        return -EINVAL;
    size_t room = (size_t)count + 1;
    struct search search = {.sketches = sketches,
                            .links = malloc(room * CLUSTER_BANDS * sizeof(*search.links)),
                            .leaders = malloc(room * sizeof(*search.leaders)),
                            .sizes = calloc(room, sizeof(*search.sizes))};
    int error = search.links && search.leaders && search.sizes ? 0 : -ENOMEM;
    if (!error)
        error = samples_place(&search, count, least, ret_places);
    if (!error) {
        *ret_counts = (struct cluster_counts){.comparisons = search.comparisons};
        for (uint32_t i = 0; i < search.count; i++) {
            ret_counts->clusters += search.sizes[i] > 1;
            ret_counts->strangers += search.sizes[i] == 1;
        }
    }
    hash_table_finish(&search.bands);
    free(search.links);
    free(search.leaders);
    free(search.sizes);
    return error;
}

/* One sample's cluster and name. */
struct pair {
    uint32_t cluster, name;
};

static int by_cluster(const void *one, const void *other)
{
    const struct pair *a = one, *b = other;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static double pairs_of(double count)
{
    return count * (count - 1) / 2;
}

/* What sorted pairs come to by their first number. */
struct sums {
    double share;        /* of each sample, in its cluster, of those of its name; added up */
    double cells, whole; /* pairs of samples alike in both, and in the first */
};

static struct sums sums_of(struct pair *pairs, uint32_t count)
{
    struct sums sums = {0, 0, 0};
    qsort(pairs, count, sizeof(*pairs), by_cluster);
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i;
        while (end < count && pairs[end].cluster == pairs[i].cluster)
            end++;
        double size = end - i;
        sums.whole += pairs_of(size);
        while (i < end) {
            uint32_t from = i;
            while (i < end && pairs[i].name == pairs[from].name)
                i++;
            double same = i - from;
            sums.share += same * same / size;
            sums.cells += pairs_of(same);
        }
    }
    return sums;
}

int clusters_score(const struct cluster_place *places, const uint32_t *names, uint32_t count,
                   struct cluster_score *ret_score)
{
    struct pair *pairs = malloc(((size_t)count + 1) * sizeof(*pairs));
    struct cluster_score score = {0, 0, 0};
    if (!pairs)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        pairs[i] = (struct pair){places[i].cluster, names[i]};
    if (count > 1) {
        struct sums of_clusters = sums_of(pairs, count);
        for (uint32_t i = 0; i < count; i++)
            pairs[i] = (struct pair){pairs[i].name, pairs[i].cluster};
        struct sums of_names = sums_of(pairs, count);
        double expected = of_clusters.whole * of_names.whole / pairs_of(count);
        double most = (of_clusters.whole + of_names.whole) / 2;
        score.precision = of_clusters.share / count;
        score.recall = of_names.share / count;
        score.rand = most > expected ? (of_clusters.cells - expected) / (most - expected) : 1;
    }
    free(pairs);
    *ret_score = score;
    return 0;
}
