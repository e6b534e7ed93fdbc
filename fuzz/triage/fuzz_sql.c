/* Any text is evaluated and taken apart in bounded time, and any series of probes is compared. */
#include <stdlib.h>

#include "base/hash.h"
#include "triage/attack/sql_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

enum { LINES = 64, PAGES = 3 };

static void evaluate(struct bytes text, struct arena *arena)
{
    struct sql_value value;
    size_t len, from = 0;
    uint32_t effort = 0;
    bool found = true;
    if (sql_evaluate(text, arena, &value, &len) != 0 || len > text.len)
        abort();
    while (found) {
        size_t before = from;
        if (sql_next_text(text, &from, &effort, arena, &value, &found) != 0 || from > text.len)
            abort();
        if (found && (from <= before || value.text.len > SQL_TEXT))
            abort();
    }
    if (effort > SQL_EFFORT + SQL_TEXT)
        abort();
}

/* A line is a probe; which of some pages it got is in its first byte. */
static uint32_t probes_read(struct bytes text, struct arena *arena, struct contrast_answer *answers)
{
    uint32_t count = 0;
    while (text.len && count < LINES) {
        const char *end = memchr(text.at, '\n', text.len);
        struct bytes line = {text.at, end ? (size_t)(end - text.at) : text.len};
        text = bytes_from(text, line.len + 1);
        if (line.len == 0)
            continue;
        uint64_t page = (uint64_t)(unsigned char)line.at[0] % PAGES;
        answers[count] = (struct contrast_answer){.raw = page, .rest = page, .status = 200};
        if (sql_probe_read(bytes_from(line, 1), arena, &answers[count].probe) != 0)
            abort();
        answers[count].ran = line.at[0] == '!';
        answers[count].packet = count + 1;
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct contrast_answer answers[LINES];
    struct contrast *contrast = NULL;
    struct contrast_pairs pairs = {0};
    struct bytes text = {(const char *)at, length};
    evaluate(text, &arena);
    uint32_t count = probes_read(text, &arena, answers);
    for (uint32_t i = 0; i < count; i++)
        contrast_learn_probe(&contrast, &arena, &answers[i]);
    for (uint32_t i = 0; i < count; i++) {
        enum contrast_finding finding = contrast_find(contrast, &answers[i], &pairs);
        if (finding == CONTRAST_decided && (pairs.yes_count < 2 || pairs.no_count < 2))
            abort();
        if (answers[i].ran && finding != CONTRAST_none)
            abort();
    }
    arena_finish(&arena);
    return 0;
}
