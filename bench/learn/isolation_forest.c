/*
 * The isolation forest by itself, for isolation_forest.py, which compares it with scikit-learn's:
 *
 *   fit ROWS COUNT COLUMNS TREES SAMPLE SCORES      grow a forest, score all rows
 *   import ROWS COUNT COLUMNS TREES SAMPLE SCORES FILE   score with the trees of FILE
 *
 * ROWS and SCORES are files of floats and doubles in the machine's order. Prints CPU seconds of
 * growing and of scoring.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "learn/isolation_forest.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct arena held; /* everything, until the program ends */

static void *memory_take(size_t size)
{
    void *at = arena_take(&held, size);
    if (!at)
        exit(1);
    return at;
}

static void *file_take(FILE *file, size_t count, size_t size)
{
    void *at = memory_take(count * size);
    if (fread(at, size, count, file) != count)
        exit(1);
    return at;
}

/* By tree: nodes as u32; then left, right, column, samples as i64, threshold as doubles. */
static struct isolation_tree *trees_read(const char *path, uint32_t trees)
{
    struct isolation_tree *all = memory_take(trees * sizeof(*all));
    FILE *file = fopen(path, "rb");
    if (!file)
        exit(1);
    for (uint32_t tree = 0; tree < trees; tree++) {
        uint32_t *nodes = file_take(file, 1, sizeof(*nodes));
        all[tree].nodes = *nodes;
        all[tree].left = file_take(file, *nodes, 8);
        all[tree].right = file_take(file, *nodes, 8);
        all[tree].column = file_take(file, *nodes, 8);
        all[tree].samples = file_take(file, *nodes, 8);
        all[tree].threshold = file_take(file, *nodes, 8);
    }
    fclose(file);
    return all;
}

int main(int argc, char **argv)
{
    if (argc < 8 || (strcmp(argv[1], "import") == 0) != (argc == 9)) {
        fprintf(stderr, "usage: %s fit|import ROWS COUNT COLUMNS TREES SAMPLE SCORES [FILE]\n",
                argv[0]);
        return 2;
    }
    size_t count = strtoul(argv[3], NULL, 10);
    struct isolation_options options = {.columns = (uint32_t)strtoul(argv[4], NULL, 10),
                                        .trees = (uint32_t)strtoul(argv[5], NULL, 10),
                                        .sample = (uint32_t)strtoul(argv[6], NULL, 10),
                                        .seed = 1};
    FILE *file = fopen(argv[2], "rb"), *out = fopen(argv[7], "wb");
    if (!file || !out)
        return 1;
    float *rows = file_take(file, count * options.columns, sizeof(float));
    double *scores = memory_take(count * sizeof(double));
    struct isolation_tree *trees = argc == 9 ? trees_read(argv[8], options.trees) : NULL;
    struct isolation_forest *forest;
    double start = seconds();
    if (trees ? isolation_forest_import(&options, trees, &forest)
              : isolation_forest_fit(&options, rows, count, &forest))
        return 1;
    double grown = seconds();
    isolation_forest_score(forest, rows, count, scores);
    printf("%.4f %.4f\n", grown - start, seconds() - grown);
    if (fwrite(scores, sizeof(double), count, out) != count || fclose(out) != 0)
        return 1;
    isolation_forest_close(forest);
    fclose(file);
    arena_finish(&held);
    return 0;
}
