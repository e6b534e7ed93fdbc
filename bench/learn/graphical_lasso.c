/*
 * The graphical lasso by itself: reads a covariance matrix (doubles in the
 * machine's order, nodes x nodes), solves each rho from nothing or, with
 * "path", along them, prints a line a rho and, where a file is named, writes
 * the edges of the last. graphical_lasso.R compares it with R's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "learn/graphical_lasso.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void edges_write(const struct graphical_lasso *lasso, uint32_t nodes, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        exit(1);
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t j = i + 1; j < nodes; j++) {
            double precision = graphical_lasso_precision(lasso, i, j);
            if (precision != 0)
                fprintf(file, "%u %u %.17g\n", i + 1, j + 1, precision);
        }
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s MATRIX NODES TOLERANCE EDGES|- cold|path RHO...\n", argv[0]);
        return 2;
    }
    uint32_t nodes = (uint32_t)strtoul(argv[2], NULL, 10);
    double tolerance = strtod(argv[3], NULL), *sample = calloc((size_t)nodes * nodes, 8);
    struct graphical_lasso *lasso;
    FILE *file = fopen(argv[1], "rb");
    if (!sample || !file || fread(sample, 8, (size_t)nodes * nodes, file) != (size_t)nodes * nodes)
        return 1;
    fclose(file);
    if (graphical_lasso_open(nodes, &lasso) < 0 || graphical_lasso_begin(lasso, sample, nodes) < 0)
        return 1;
    for (int i = 6; i < argc; i++) {
        struct graphical_lasso_summary summary;
        double rho = strtod(argv[i], NULL), start = seconds();
        if (strcmp(argv[5], "cold") == 0 && graphical_lasso_begin(lasso, sample, nodes) < 0)
            return 1;
        if (graphical_lasso_solve(lasso, rho, tolerance, &summary) < 0)
            return 1;
        printf("%.17g %.6f %llu %.17g %u %u %d\n", rho, seconds() - start,
               (unsigned long long)summary.edges, summary.density, summary.sweeps, summary.largest,
               summary.converged);
    }
    if (strcmp(argv[4], "-") != 0)
        edges_write(lasso, nodes, argv[4]);
    graphical_lasso_close(lasso);
    free(sample);
    return 0;
}
