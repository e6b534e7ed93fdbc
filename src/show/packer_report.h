/*
 * show/packer_report.h -- one executable: packed by what, how sure that is, and why.
 */
#ifndef SHOW_PACKER_REPORT_H
#define SHOW_PACKER_REPORT_H

#include "analyse/packer/explain.h"
#include "base/json.h"

/* All there is to say of one file. Large: not for the stack. */
struct packed_file {
    const char *path;
    const struct packer_classifier *classifier; /* the model's */
    struct image image;
    struct specimen specimen;
    struct packer_verdict verdict;
    struct packer_explanation explanation; /* when asked for */
};

/*
 * Judge `content`, which `path` names in what is said. -ENOTSUP: no executable; -ENODATA: the model
 * has learned nothing of such files.
 */
int packer_report_make(const struct packer_model *model, const struct extractor *extractor,
                       const char *path, struct bytes content, bool explain,
                       struct packed_file *ret_file) __attribute__((warn_unused_result));

/* One object (docs/samples.md has its fields); it must have been explained. */
void packer_report_json(const struct packed_file *file, struct json *json);

/* On standard output: the answer; with `explain` also the reasons, sections and routine. */
void packer_report_print(const struct packed_file *file, bool explain);

#endif
