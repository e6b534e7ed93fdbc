/*
 * observe/list/kdd_file.h -- KDD Cup 1999: lines → connections.
 *
 * A line is 41 features and a label, comma-separated; features 2, 3 and 4 are
 * nominal (protocol, service, flag), the others numbers not below 0. Labels are
 * the competition's five classes.
 */
#ifndef OBSERVE_LIST_KDD_FILE_H
#define OBSERVE_LIST_KDD_FILE_H

#include "base/bytes.h"

enum {
    KDD_NOMINALS = 3,
    KDD_NUMBERS = 38,
    KDD_NOMINAL_LIMIT = 32, /* bytes; a line with a longer one is no record */
    KDD_CLASSES = 5
};

extern const char *const kdd_class_names[KDD_CLASSES]; /* normal, dos, probe, r2l, u2r */

struct kdd_line {
    double numbers[KDD_NUMBERS];
    struct bytes nominals[KDD_NOMINALS]; /* of the line; never empty */
    uint8_t class;
};

/* False when the line, without its end, is no record. */
bool kdd_line_read(struct bytes line, struct kdd_line *ret_line);

#endif
