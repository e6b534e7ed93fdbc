/*
 * analyse/capability/rules.h -- what a sample can do: rules, one paragraph each.
 *
 *     capability injects code into another process
 *     attack T1055 defense-evasion
 *     seen ordered OpenProcess > VirtualAllocEx > WriteProcessMemory > CreateRemoteThread
 *     able api WriteProcessMemory & api CreateRemoteThread
 *
 * "seen" is what a sandbox watched, "able" what a file has the means for; a rule holds when one of
 * its lines does, and a line when all its terms, joined by " & ", do. A term is a kind of evidence
 * and the patterns of which one must be met, joined by " | ":
 *
 *     api, call    names of functions, without regard to case and a last A or W: "api" imported,
 *                  resolved or called, "call" called
 *     ordered      calls in this order, joined by " > ", within CAPABILITY_WINDOW of each other
 *     file file_write file_delete key key_write key_delete mutex command process service host url
 *     pipe access library string
 *                  texts as analyse/report/report.h has them; "file" and "key" are met however they
 *                  were touched, "host" is a name or an address, "string" a text in the file
 *
 * Text patterns are met by a whole text, without regard to case; "*" stands for any characters.
 * Each needs three characters in a row that are none: nothing else is quick to look for. Empty
 * lines end nothing; "#" begins a comment line.
 *
 * Limits: CAPABILITY_RULES rules, CAPABILITY_LINES lines, CAPABILITY_TERMS terms in a line,
 * CAPABILITY_PATTERNS patterns in all.
 */
#ifndef ANALYSE_CAPABILITY_RULES_H
#define ANALYSE_CAPABILITY_RULES_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/hash_table.h"

enum {
    CAPABILITY_RULES = 1024,
    CAPABILITY_LINES = 8192,
    CAPABILITY_TERMS = 16,
    CAPABILITY_PATTERNS = 32768,
    CAPABILITY_TECHNIQUES = 4, /* of one rule */
    CAPABILITY_WINDOW = 400,   /* calls from the first to the last of an order */
};

#define CAPABILITY_KINDS(X)                                                                        \
    X(api)                                                                                         \
    X(call)                                                                                        \
    X(ordered)                                                                                     \
    X(file)                                                                                        \
    X(file_write)                                                                                  \
    X(file_delete)                                                                                 \
    X(key)                                                                                         \
    X(key_write)                                                                                   \
    X(key_delete)                                                                                  \
    X(mutex)                                                                                       \
    X(command)                                                                                     \
    X(process)                                                                                     \
    X(service)                                                                                     \
    X(host)                                                                                        \
    X(url)                                                                                         \
    X(pipe)                                                                                        \
    X(access)                                                                                      \
    X(library)                                                                                     \
    X(string)

enum capability_kind {
#define X(name) CAPABILITY_##name,
    CAPABILITY_KINDS(X)
#undef X
        CAPABILITY_KIND_COUNT
};

extern const char *const capability_kind_names[CAPABILITY_KIND_COUNT];

/* Functions are met by the hash of their folded name (capability_name_hash), texts by `glob`. */
struct capability_pattern {
    struct bytes text;
    uint64_t hash;
    uint32_t next; /* the next pattern under the same grams or name; UINT32_MAX: none */
};

struct capability_term {
    uint8_t kind;
    uint32_t first, count;                /* patterns; of an order its steps, in turn */
    uint32_t step_ends[CAPABILITY_TERMS]; /* of an order: where each step's patterns end */
    uint8_t steps;
};

struct capability_line {
    uint32_t rule;
    bool seen; /* else able */
    uint8_t count;
    uint32_t terms[CAPABILITY_TERMS];
};

struct capability_rule {
    struct bytes name;
    struct bytes techniques[CAPABILITY_TECHNIQUES], tactics[CAPABILITY_TECHNIQUES];
    uint32_t technique_count;
    uint32_t number; /* line of the text it begins at */
};

struct capability_rules {
    struct capability_rule *rules;
    struct capability_line *lines;
    struct capability_term *terms;
    struct capability_pattern *patterns;
    uint32_t *pattern_terms; /* of each pattern */
    uint32_t rule_count, line_count, term_count, pattern_count;
    struct hash_table names; /* of functions → the first pattern */
    struct hash_table grams; /* three characters → likewise */
};

/*
 * Texts stay in `text`, which must stay, or the arena. -EINVAL: a line that makes no sense, which
 * `ret_fault` says; -E2BIG: beyond the limits, likewise; -ENOMEM.
 */
int capability_rules_read(struct bytes text, struct arena *arena,
                          struct capability_rules *ret_rules, struct fault *ret_fault)
    __attribute__((warn_unused_result));

void capability_rules_finish(struct capability_rules *rules);

/* The rules that come with the program. */
struct bytes capability_rules_text(void);

/* Of a function's name: without its library, case, and last A or W. */
uint64_t capability_name_hash(struct bytes name);

/* The key of three characters in `grams`, folded. */
static inline uint64_t capability_gram(const char *at)
{
    return (uint64_t)(uint8_t)ascii_lower(at[0]) << 16 |
           (uint64_t)(uint8_t)ascii_lower(at[1]) << 8 | (uint64_t)(uint8_t)ascii_lower(at[2]);
}

/* Does `pattern`, in which "*" stands for anything, meet all of `text`? Case does not matter. */
bool capability_glob(struct bytes pattern, struct bytes text);

#endif
