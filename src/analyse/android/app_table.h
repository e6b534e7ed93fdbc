/*
 * analyse/android/app_table.h -- tables of applications, each known to be malicious or not.
 *
 * Two forms, told apart by their first line, which names the columns:
 *
 * - a matrix, comma separated: a column a feature, "1" where the application has it, "0" or "?"
 *   where not, and one column headed "class" or "label" (the last, where none is). A name that
 *   starts with "->" belongs to the one before it, whose separator was lost; where names are fewer
 *   than columns by that, the last columns have none, and are "column 229" and so on.
 * - of a market, tab separated: `permissions` (with commas between), `label`, and where they are
 *   `description`, `Signature`, the signer, and what else the market says: `category`, `Min_SDK`,
 *   `Min_Screen`, `Min_OpenGL`, `Supported_CPU`, and whether `rating_count` is 0; other columns are
 *   passed over.
 *
 * Labels are "malware", "malicious", "S" or "1", and "benignware", "benign", "goodware", "B" or
 * "0". Rows of one group belong on one side of any split: those of one signer, or, where none is
 * named, equal rows.
 *
 * Several tables may be added; rows remember which. Tables with the same columns are of one kind.
 *
 * What a market says is a name, "category=GAME"; a description is its words (app_words.h).
 *
 * Read as hostile: a row that does not parse is refused with its line. Limits: APP_TABLE_ROWS rows,
 * APP_TABLE_COLUMNS columns, APP_TABLE_KINDS kinds, APP_TABLE_NAMES names and
 * APP_TABLE_WORDS words in all.
 */
#ifndef ANALYSE_ANDROID_APP_TABLE_H
#define ANALYSE_ANDROID_APP_TABLE_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/strings.h"

enum {
    APP_TABLE_ROWS = 1 << 20,
    APP_TABLE_COLUMNS = 1 << 16,
    APP_TABLE_KINDS = 8,
    APP_TABLE_NAMES = 1 << 20,
    APP_TABLE_WORDS = 1 << 22,
};

struct app_row {
    const uint32_t *names; /* ids of the table's names, each once */
    uint32_t count;
    uint32_t kind, number; /* of the row in its own table, from 0 */
    const uint32_t *words; /* ids of the table's words, each once, those of the description */
    const uint32_t *times; /* how often each is there */
    uint32_t word_count;
    uint64_t group, likeness; /* equal rows have equal ones */
    bool malicious;
};

struct app_table {
    struct app_row *rows;
    uint32_t count, capacity;
    struct strings names; /* the first keys of what columns and permissions are called */
    struct strings words;
    uint64_t kinds[APP_TABLE_KINDS]; /* hashes of the columns */
    uint32_t kind_count;
    struct arena arena; /* what rows point at */
};

/*
 * Add the rows of a table. -EINVAL with a fault: not such a table; -E2BIG:
 * beyond the limits; -ENOMEM. After an error only app_table_finish.
 */
int app_table_add(struct app_table *table, struct bytes text, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* Whether a label says malicious; false: it is none. */
bool app_table_label(struct bytes label, bool *ret_malicious);

/* Add one application by what a reader found in it. -E2BIG, -ENOMEM as above. */
int app_table_put(struct app_table *table, const struct bytes *names, uint32_t count,
                  bool malicious, uint64_t group) __attribute__((warn_unused_result));

void app_table_finish(struct app_table *table);

#endif
