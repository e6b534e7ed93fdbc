/*
 * Any bytes as an executable: what is read lies within the file, and is told, walked and explained
 * without leaving it.
 */
#include <math.h>
#include <stdlib.h>

#include "analyse/image/imports.h"
#include "analyse/packer/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void within(const struct image *image)
{
    if (image->section_count > IMAGE_SECTIONS || image->size < image->entry_offset ||
        image->entry_size > image->size - image->entry_offset || image->overlay > image->size ||
        image->imports > IMAGE_IMPORTS || image->libraries > 4096 ||
        image->entry_section >= (int32_t)image->section_count)
        abort();
    for (uint32_t i = 0; i < image->section_count; i++)
        if (image->sections[i].offset > image->size ||
            image->sections[i].size > image->size - image->sections[i].offset)
            abort();
}

/* A model that has learned two classes, once. */
static const struct packer_classifier *classifier_made(void)
{
    static struct packer_classifier classifier = {.classes = 2, .none = 1, .threshold = 0.5};
    static const uint32_t columns[] = {1, FEATURES_TRAITS_AT};
    static const float values[] = {1, 1};
    const struct sparse_row rows[] = {{columns, values, 2}, {columns, values, 1}};
    const uint32_t labels[] = {0, 1};
    const struct linear_svm_options options = {FEATURES_COLUMNS, 2, 1, NULL, 0.1};
    if (!classifier.planes && (linear_svm_fit(&options, rows, labels, 2, &classifier.planes) != 0 ||
                               linear_svm_fit(&options, rows, labels, 2, &classifier.traits) != 0))
        abort();
    return &classifier;
}

static void import_within(void *context, const struct image_import *import)
{
    const struct bytes *file = context;
    if (import->offset >= file->len || import->name.len > IMPORT_NAME ||
        (import->name.len &&
         (import->name.at < file->at || import->name.at + import->name.len > file->at + file->len)))
        abort();
}

static void text_within(void *context, struct bytes text, uint64_t offset)
{
    const struct bytes *file = context;
    if (text.len < TEXT_LEAST || text.len > TEXT_MOST || offset + text.len > file->len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct packer_explanation explanation;
    static struct specimen specimen;
    static struct extractor extractor;
    struct bytes file = {(const char *)at, length};
    struct features features;
    struct packer_scores scores;
    struct image image;
    image_read(file, &image);
    within(&image);
    image_imports_visit(file, &image, import_within, &file);
    image_texts_visit(file, text_within, &file);
    if (!extractor.wide && extractor_open(&extractor) != 0)
        abort();
    if (specimen_of_image(file, &image, length % 2, &specimen) != 0)
        return 0;
    features_extract(&extractor, &specimen, &features);
    const struct packer_classifier *classifier = classifier_made();
    const struct feature_row row = features_row(&features);
    packer_score(classifier, &row, &scores);
    struct packer_verdict verdict = packer_decide(classifier, &scores);
    if (!isfinite(verdict.confidence) || verdict.confidence < 0 || verdict.confidence > 1)
        abort();
    packer_explain(classifier, &extractor, file, &image, &specimen, &verdict, &explanation);
    for (uint32_t i = 0; i < explanation.step_count; i++)
        if (explanation.steps[i].offset >= length)
            abort();
    return 0;
}
