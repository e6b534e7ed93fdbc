/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/record.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXTS_MOST = 256 << 10 }; /* bytes of all texts of a run: a frame holds them */

void record_reset(struct record *record)
{
    arena_reset(&record->keep);
    record->keep.limit = TEXTS_MOST;
    record->run = (struct shellcode_run){.calls = record->calls};
}

void record_finish(struct record *record)
{
    arena_finish(&record->keep);
}

static struct shellcode_call *call_open(struct record *record)
{
    return &record->calls[record->run.count];
}

void record_begin(struct record *record, const char *name)
{
    struct bytes kept = arena_copy(&record->keep, bytes_of(name));
    *call_open(record) = (struct shellcode_call){.name = kept, .times = 1};
}

static void argument_add(struct record *record, const char *name, enum shellcode_kind kind,
                         int64_t number, struct bytes text)
{
    struct shellcode_call *call = call_open(record);
    struct bytes kept_name = arena_copy(&record->keep, bytes_of(name));
    struct bytes kept_text = arena_copy(&record->keep, text);
    if (call->count == SHELLCODE_ARGUMENTS_MOST || !kept_name.at || !kept_text.at)
        return;
    call->arguments[call->count++] =
        (struct shellcode_argument){kept_name, kind, number, kept_text};
}

void record_number(struct record *record, const char *name, int64_t value)
{
    argument_add(record, name, SHELLCODE_NUMBER, value, BYTES(""));
}

void record_text(struct record *record, const char *name, struct bytes text)
{
    if (text.len > SHELLCODE_TEXT_MOST)
        text.len = SHELLCODE_TEXT_MOST;
    argument_add(record, name, SHELLCODE_TEXT, 0, text);
}

void record_list(struct record *record, const char *name, struct bytes list)
{
    argument_add(record, name, SHELLCODE_LIST, 0, list);
}

static bool arguments_equal(const struct shellcode_call *a, const struct shellcode_call *b)
{
    bool equal = a->count == b->count;
    for (uint32_t i = 0; equal && i < a->count; i++)
        equal = bytes_equal(a->arguments[i].name, b->arguments[i].name) &&
                a->arguments[i].number == b->arguments[i].number &&
                bytes_equal(a->arguments[i].text, b->arguments[i].text);
    return equal;
}

bool record_end(struct record *record)
{
    struct shellcode_call *call = call_open(record);
    struct shellcode_call *before = record->run.count ? call - 1 : NULL;
    if (before && bytes_equal(before->name, call->name) && arguments_equal(before, call))
        before->times++;
    else if (record->run.count == SHELLCODE_CALLS_MOST || !call->name.at)
        record->run.lost++;
    else
        return ++record->run.count > 0;
    return false;
}

void record_probe(struct record *record, const char *name)
{
    struct shellcode_call *before = record->run.count ? call_open(record) - 1 : NULL;
    const struct shellcode_argument *argument =
        before ? shellcode_argument_find(before, "error") : NULL;
    if (argument && bytes_equal(before->name, bytes_of(name))) {
        before->times++;
        return;
    }
    record_begin(record, name);
    record_text(record, "error", BYTES("bad address"));
    (void)record_end(record);
}

void record_note(struct record *record, const char *format, ...)
{
    char text[SHELLCODE_TEXT_MOST];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (len > 0)
        record->run.note = arena_copy(
            &record->keep,
            (struct bytes){text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1});
}
