#include "detect/tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The second strongest of a kind counts this part of what it would alone, and so on down. */
static const double NEXT_PIECE = 0.5, NEXT_KIND = 0.9;

/* Score is divided by 1 + this for every doubling of the rows beyond the first 64. */
static const double LENGTH_DAMPING = 0.08;

static const double KIND_LEAST = 0.5, HOP_LEAST = 2.0;

static int32_t minutes(int64_t time)
{
    return (int32_t)(time / TIME_MINUTE);
}

void forest_init(struct forest *forest, size_t memory)
{
    ledger_init(&forest->processes, sizeof(struct process),
                (uint32_t)(memory / 2 / (sizeof(struct process) + 32)) + 256);
    ledger_init(&forest->trees, sizeof(struct tree),
                (uint32_t)(memory / 3 / (sizeof(struct tree) + 32)) + 64);
    ledger_init(&forest->droppers, sizeof(struct dropper),
                (uint32_t)(memory / 8 / (sizeof(struct dropper) + 32)) + 64);
}

static void put_text(char *to, size_t size, struct bytes text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    while (len && len < text.len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    memcpy(to, text.at, len);
    to[len] = '\0';
}

struct process *forest_process(struct forest *forest, uint64_t key, struct bytes entity,
                               struct bytes executable, int64_t time)
{
    struct process *process = ledger_enter(&forest->processes, key);
    if (!process)
        return NULL;
    process->head.last_day = minutes(time);
    if (process->tree == 0) {
        process->tree = key;
        put_text(process->entity, sizeof(process->entity), entity);
        put_text(process->name, sizeof(process->name), bytes_base_name(executable));
    }
    return process;
}

uint64_t forest_top(struct forest *forest, uint64_t process)
{
    struct process *at = ledger_find(&forest->processes, process);
    uint64_t top = at ? at->tree : process;
    /* A tree may hang from another by now; bounded, because evicted links could make a ring. */
    for (int i = 0; i < 64; i++) {
        const struct process *above = ledger_find(&forest->processes, top);
        if (!above || above->tree == top)
            break;
        top = above->tree;
    }
    if (at)
        at->tree = top;
    return top;
}

/* Where a piece goes: over the same relation, in a free place, or over the weakest. */
static struct evidence *place_in(struct tree *tree, const struct evidence *evidence)
{
    struct evidence *weakest = NULL;
    for (uint32_t i = 0; i < tree->count; i++) {
        struct evidence *piece = &tree->evidence[i];
        if (piece->relation == evidence->relation)
            return piece->surprise.value < evidence->surprise.value ? piece : NULL;
        if (piece->time < evidence->time - TREE_MEMORY)
            piece->surprise.value = 0;
        if (!weakest || piece->surprise.value < weakest->surprise.value)
            weakest = piece;
    }
    if (tree->count < TREE_EVIDENCE)
        return &tree->evidence[tree->count++];
    return weakest->surprise.value < evidence->surprise.value ? weakest : NULL;
}

static void tree_add(struct tree *tree, const struct evidence *evidence)
{
    struct evidence *place = place_in(tree, evidence);
    if (!place)
        return;
    bool told = place->relation == evidence->relation && place->told;
    *place = *evidence;
    place->told = evidence->told || told;
}

static struct tree *tree_enter(struct forest *forest, uint64_t key, int64_t time)
{
    struct tree *tree = ledger_enter(&forest->trees, key);
    if (tree && tree->started == 0)
        tree->started = time;
    if (tree)
        tree->head.last_day = minutes(time);
    return tree;
}

struct tree *forest_keep(struct forest *forest, uint64_t process, const struct evidence *evidence)
{
    struct tree *tree = tree_enter(forest, forest_top(forest, process), evidence->time);
    if (tree) {
        tree_add(tree, evidence);
        tree->changed = evidence->time;
    }
    return tree;
}

/* The evidence of a tree that turned out to hang from another. */
static int trees_join(struct forest *forest, uint64_t child, uint64_t parent)
{
    const struct tree *from = ledger_find(&forest->trees, child);
    if (!from)
        return 0;
    struct tree *copy = malloc(sizeof(*copy)); /* entering may move entries */
    if (!copy)
        return -ENOMEM;
    *copy = *from;
    struct tree *to = tree_enter(forest, parent, copy->changed);
    for (uint32_t i = 0; to && i < copy->count; i++)
        tree_add(to, &copy->evidence[i]);
    if (to && to->told_score < copy->told_score)
        to->told_score = copy->told_score;
    if (to)
        to->tellings += copy->tellings;
    free(copy);
    return to ? 0 : -ENOMEM;
}

int forest_link(struct forest *forest, uint64_t child, uint64_t parent)
{
    uint64_t below = forest_top(forest, child), above = forest_top(forest, parent);
    struct process *top = ledger_find(&forest->processes, below);
    struct process *root = ledger_find(&forest->processes, above);
    if (below == above || !top)
        return 0;
    if (root)
        root->rows += top->rows;
    if (root && top->suspect)
        root->suspect = 1;
    top->tree = above;
    return trees_join(forest, below, above);
}

static int stronger(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The largest whole, each next one times `part` more. Sorts `values`. */
static double fading_sum(double *values, size_t count, double part)
{
    double sum = 0, share = 1;
    qsort(values, count, sizeof(*values), stronger);
    for (size_t i = 0; i < count; i++, share *= part)
        sum += values[i] * share;
    return sum;
}

double tree_score(const struct tree *tree, int64_t now, uint32_t rows)
{
    double values[TREE_EVIDENCE], kinds[EVIDENCE_KINDS], total = 0;
    for (int kind = 0; kind < EVIDENCE_KINDS; kind++) {
        size_t count = 0;
        for (uint32_t i = 0; i < tree->count; i++)
            if ((int)relation_kinds[tree->evidence[i].type] == kind &&
                tree->evidence[i].time >= now - TREE_MEMORY)
                values[count++] = tree->evidence[i].surprise.value;
        kinds[kind] = fading_sum(values, count, NEXT_PIECE);
    }
    total = fading_sum(kinds, EVIDENCE_KINDS, NEXT_KIND);
    double doublings = rows > 64 ? log2(rows / 64.0) : 0;
    return total / (1 + LENGTH_DAMPING * doublings);
}

bool tree_convinces(const struct tree *tree, int64_t now)
{
    double kinds[EVIDENCE_KINDS] = {0};
    int independent = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct evidence *piece = &tree->evidence[i];
        if (piece->time < now - TREE_MEMORY)
            continue;
        if (piece->type == RELATION_HOST && piece->surprise.value >= HOP_LEAST)
            return true;
        double *kind = &kinds[relation_kinds[piece->type]];
        *kind = *kind < piece->surprise.value ? piece->surprise.value : *kind;
    }
    for (int kind = 0; kind < EVIDENCE_KINDS; kind++)
        independent += kinds[kind] >= KIND_LEAST;
    return independent >= 2;
}

void forest_save(const struct forest *forest, struct buffer *out)
{
    ledger_save(&forest->processes, out);
    ledger_save(&forest->trees, out);
    ledger_save(&forest->droppers, out);
}

static bool text_ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool evidence_makes_sense(const struct evidence *piece)
{
    return piece->type < RELATION_TYPES && text_ends(piece->entity, sizeof(piece->entity)) &&
           text_ends(piece->subject, sizeof(piece->subject)) &&
           text_ends(piece->object, sizeof(piece->object));
}

static bool tree_makes_sense(const struct tree *tree)
{
    if (tree->count > TREE_EVIDENCE)
        return false;
    for (uint32_t i = 0; i < tree->count; i++)
        if (!evidence_makes_sense(&tree->evidence[i]))
            return false;
    return true;
}

/* What was loaded will be used as lengths, indices and texts. */
static bool forest_makes_sense(const struct forest *forest)
{
    for (uint32_t i = 0; i < forest->processes.count; i++) {
        const struct process *process = ledger_at(&forest->processes, i);
        if (!text_ends(process->entity, sizeof(process->entity)) ||
            !text_ends(process->name, sizeof(process->name)))
            return false;
    }
    for (uint32_t i = 0; i < forest->trees.count; i++)
        if (!tree_makes_sense(ledger_at(&forest->trees, i)))
            return false;
    return true;
}

int forest_load(struct forest *forest, struct cursor *in)
{
    int error = ledger_load(&forest->processes, in);
    if (!error)
        error = ledger_load(&forest->trees, in);
    if (!error)
        error = ledger_load(&forest->droppers, in);
    return error ? error : forest_makes_sense(forest) ? 0 : -EBADMSG;
}

void forest_finish(struct forest *forest)
{
    ledger_finish(&forest->processes);
    ledger_finish(&forest->trees);
    ledger_finish(&forest->droppers);
}
