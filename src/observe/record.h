/*
 * observe/record.h -- one foreign record, taken apart.
 *
 * A reader of some format fills a record with tokens: for each key of key.h
 * that was there, where its value stands. Nothing is copied or converted yet;
 * writer.h makes rows of it. Tokens point into the reader's input.
 */
#ifndef OBSERVE_RECORD_H
#define OBSERVE_RECORD_H

#include "observe/key.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why a record is refused; the sentences are what a user reads. */
#define REASONS(X)                                                                                 \
    X(none, "")                                                                                    \
    X(not_object, "not a JSON object")                                                             \
    X(broken_json, "broken JSON")                                                                  \
    X(incomplete, "the record ends in the middle")                                                 \
    X(too_long, "longer than 16 MiB")                                                              \
    X(not_utf8, "not UTF-8")                                                                       \
    X(stray, "something between the records that is none")                                         \
    X(no_time, "no time in the record")                                                            \
    X(time_unreadable, "the time of the record cannot be read")                                    \
    X(time_far, "the time of the record is outside the years 1678 to 2261")                        \
    X(no_ends, "a flow without the addresses of its ends")                                         \
    X(columns, "not the columns its heading names")                                                \
    X(evtx_record, "an EVTX record that cannot be decoded")                                        \
    X(evtx_chunk, "a broken EVTX chunk")                                                           \
    X(no_memory, "no memory for this record")

enum reason {
#define X(name, sentence) REASON_##name,
    REASONS(X)
#undef X
        REASON_COUNT
};

/* The sentence of a reason; never NULL. */
const char *reason_sentence(enum reason reason);

enum token_kind {
    TOKEN_NONE,
    TOKEN_TEXT,    /* the text itself */
    TOKEN_ESCAPED, /* inside of a JSON string, escapes and all */
    TOKEN_NUMBER,  /* a JSON number, true or false */
};

struct token {
    const char *at;
    uint32_t len;
    uint8_t kind; /* enum token_kind */
};

struct record {
    uint32_t count;
    uint8_t given[KEY_COUNT]; /* the keys that are there, each once */
    struct token tokens[KEY_COUNT];
};

void record_clear(struct record *record);

/* Note a value; of a key given twice the last one counts. */
static inline void record_put(struct record *record, uint8_t key, struct token token)
{
    if (record->tokens[key].kind == TOKEN_NONE)
        record->given[record->count++] = key;
    record->tokens[key] = token;
}

/*
 * Note one of several values without names (the strings of a classic Windows
 * event): only the context of a PowerShell event says by itself what it is.
 */
void record_put_unnamed(struct record *record, struct token token);

/* As record_put, but a value already there stays. */
static inline void record_offer(struct record *record, uint8_t key, struct token token)
{
    if (record->tokens[key].kind == TOKEN_NONE)
        record_put(record, key, token);
}

#ifdef __cplusplus
}
#endif

#endif
