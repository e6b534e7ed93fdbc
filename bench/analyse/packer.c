/*
 * Files a second of one core, from memory: headers, entropies, features and judgement.
 *     build/bench/analyse/bench_packer MODEL FILE…
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analyse/packer/packer_model.h"
#include "base/buffer.h"

enum { FILES = 4096, READ_STEP = 1 << 16 };

static bool file_read(const char *path, struct buffer *content)
{
    FILE *from = fopen(path, "rb");
    size_t got = 1;
    while (from && got && buffer_reserve(content, READ_STEP))
        content->len += got = fread(content->at + content->len, 1, READ_STEP, from);
    if (from)
        fclose(from);
    return from && !content->failed;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool judge(const struct packer_model *model, const struct extractor *extractor,
                  struct bytes file)
{
    static struct image image;
    static struct specimen specimen;
    static struct features features;
    struct packer_verdict verdict;
    image_read(file, &image);
    if (specimen_of_image(file, &image, false, &specimen) != 0)
        return false;
    features_extract(extractor, &specimen, &features);
    return packer_judge(model, &specimen, &features, &verdict);
}

int main(int argc, char **argv)
{
    static struct buffer files[FILES];
    struct buffer bytes = {0};
    struct extractor extractor;
    struct packer_model model;
    uint64_t judged = 0, octets = 0;
    int count = 0;
    if (argc < 3 || !file_read(argv[1], &bytes))
        return 2;
    struct cursor from = cursor_over(buffer_bytes(&bytes));
    if (packer_model_load(&from, &model) != 0 || extractor_open(&extractor) != 0)
        return 1;
    for (int i = 2; i < argc && count < FILES; i++)
        count += file_read(argv[i], &files[count]);
    double start = seconds(), spent = 0;
    while (count && spent < 2) {
        for (int i = 0; i < count; i++) {
            judged += judge(&model, &extractor, buffer_bytes(&files[i]));
            octets += files[i].len;
        }
        spent = seconds() - start;
    }
    printf("%.0f files/s of one core, %.1f kB each on average\n", (double)judged / spent,
           (double)octets / (double)(judged ? judged : 1) / 1000);
    return 0;
}
