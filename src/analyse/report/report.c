#include "analyse/report/report.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/report/list.h"
#include "analyse/report/shape.h"
#include "base/json_scan.h"
#include "model/observation.h"

enum { ARGUMENTS = 16 };

enum form { FORM_UNKNOWN, FORM_JSON, FORM_LIST };

/* What is expected of a value: where it is, and what its plain texts are. */
struct spot {
    uint8_t place, take, what;
    bool array;
    bool entry; /* an object whose texts are told when it is whole */
};

struct report_reader {
    struct report_listener listener;
    enum form form;
    struct json_scan scan;
    struct report_list list;
    struct report_counts counts;
    struct spot spots[JSON_SCAN_DEPTH], next;
    uint32_t depth;
    struct buffer slots[SLOT_COUNT];
    uint32_t arguments;
    bool begun;
    int error;
};

static void reader_begin(struct report_reader *reader)
{
    if (reader->begun || reader->error)
        return;
    reader->begun = true;
    reader->error = reader->listener.begin(reader->listener.context);
}

static void reader_over(struct report_reader *reader)
{
    if (!reader->error)
        reader->error = reader->listener.end(reader->listener.context);
    reader->counts.reports++;
    reader->begun = false;
}

static void item_tell(struct report_reader *reader, enum report_kind kind, struct bytes text)
{
    if (text.len == 0 || reader->error)
        return;
    reader->counts.items++;
    reader->error = reader->listener.item(reader->listener.context, kind, text);
}

/* "example.org:80" without its port. */
static struct bytes host_of(struct bytes text)
{
    const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
    size_t i = colon ? (size_t)(colon - text.at) + 1 : text.len;
    while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
        i++;
    bool one = colon && memchr(text.at, ':', text.len) == colon;
    return one && i == text.len ? (struct bytes){text.at, (size_t)(colon - text.at)} : text;
}

/* Sandboxes put addresses where names are, and ports behind both. */
static void text_tell(struct report_reader *reader, enum report_kind kind, struct bytes text)
{
    struct ip ip;
    if (kind == REPORT_domain || kind == REPORT_address) {
        text = host_of(text);
        kind = ip_parse(text, &ip) ? REPORT_address : REPORT_domain;
    } else if (kind == REPORT_family && (bytes_equal(text, BYTES("None")) || text.len == 0)) {
        return;
    }
    item_tell(reader, kind, text);
}

/* "TOKEN TOKEN", each as KIND:TOKEN; the kind stands in a slot. */
static void tokens_tell(struct report_reader *reader, struct bytes text)
{
    struct buffer *kind = &reader->slots[SLOT_EVENT];
    size_t prefix = kind->len, i = 0;
    while (i < text.len) {
        size_t from = i;
        while (i < text.len && text.at[i] != ' ')
            i++;
        buffer_put(kind, (struct bytes){text.at + from, i - from});
        if (i > from && !kind->failed)
            item_tell(reader, REPORT_token, buffer_bytes(kind));
        kind->len = prefix;
        i++;
    }
}

static void slots_clear(struct report_reader *reader)
{
    for (int i = 0; i < SLOT_COUNT; i++)
        buffer_clear(&reader->slots[i]);
    reader->arguments = 0;
}

static bool text_has(struct bytes text, const char *part)
{
    return text.len && memmem(text.at, text.len, part, strlen(part));
}

static void call_tell(struct report_reader *reader)
{
    struct bytes name = buffer_bytes(&reader->slots[SLOT_EVENT]);
    item_tell(reader, REPORT_call, name);
    if (text_has(name, "CreateMutex") || text_has(name, "OpenMutex"))
        item_tell(reader, REPORT_mutex, buffer_bytes(&reader->slots[SLOT_ARGUMENT]));
}

/* `plain` as it is, written or deleted, as the event's name says. */
static void touched_tell(struct report_reader *reader, enum report_kind plain,
                         enum report_kind written, enum report_kind deleted)
{
    struct bytes event = buffer_bytes(&reader->slots[SLOT_EVENT]);
    struct buffer *path = &reader->slots[SLOT_PATH];
    struct bytes name = buffer_bytes(&reader->slots[SLOT_NAME]);
    bool write = text_has(event, "write") || text_has(event, "create") || text_has(event, "set");
    if (name.len) {
        buffer_put_char(path, '\\');
        buffer_put(path, name);
    }
    if (!path->failed)
        item_tell(reader,
                  text_has(event, "delete") ? deleted
                  : write                   ? written
                                            : plain,
                  buffer_bytes(path));
}

static void entry_tell(struct report_reader *reader, enum shape_place place)
{
    struct bytes path = buffer_bytes(&reader->slots[SLOT_PATH]);
    struct bytes name = buffer_bytes(&reader->slots[SLOT_NAME]);
    if (place == PLACE_API) {
        call_tell(reader);
    } else if (place == PLACE_FILE) {
        touched_tell(reader, REPORT_file, REPORT_file_write, REPORT_file_delete);
    } else if (place == PLACE_REGISTRY) {
        touched_tell(reader, REPORT_key, REPORT_key_write, REPORT_key_delete);
    } else if (place == PLACE_TRAFFIC) {
        text_tell(reader, REPORT_domain, path);
        item_tell(reader, REPORT_url, name);
    } else {
        item_tell(reader, REPORT_process, path);
        item_tell(reader, REPORT_command, name);
    }
    slots_clear(reader);
}

/* What stands where the reader is: behind a key, in a list, at the top. */
static struct spot spot_here(const struct report_reader *reader)
{
    static const struct spot top = {PLACE_TOP, TAKE_NOTHING, 0, false, false};
    const struct spot *around = reader->depth ? &reader->spots[reader->depth - 1] : &top;
    return reader->depth == 0 || around->array ? *around : reader->next;
}

static void json_begin(void *context, bool array)
{
    struct report_reader *reader = context;
    struct spot spot = spot_here(reader);
    reader_begin(reader);
    spot.array = array;
    spot.entry = !array && shape_gathers((enum shape_place)spot.place);
    if (spot.entry)
        slots_clear(reader);
    reader->spots[reader->depth++] = spot;
}

static void json_end(void *context)
{
    struct report_reader *reader = context;
    const struct spot *spot = &reader->spots[--reader->depth];
    if (spot->entry)
        entry_tell(reader, (enum shape_place)spot->place);
}

static bool json_key_seen(void *context, struct bytes key)
{
    struct report_reader *reader = context;
    const struct spot *spot = &reader->spots[reader->depth - 1];
    const struct shape_rule *rule = shape_find((enum shape_place)spot->place, key);
    if (!rule)
        return false;
    if (rule->take == TAKE_KEY) {
        item_tell(reader, (enum report_kind)rule->what, key);
        return false;
    }
    if (rule->take == TAKE_TOKENS) {
        buffer_clear(&reader->slots[SLOT_EVENT]);
        buffer_put(&reader->slots[SLOT_EVENT], key);
        buffer_put_char(&reader->slots[SLOT_EVENT], ':');
    }
    reader->next = (struct spot){rule->to, rule->take, rule->what, false, false};
    return true;
}

static void slot_put(struct report_reader *reader, enum shape_slot slot, struct bytes text)
{
    /* Of arguments the last that is a text counts: numbers are handles and flags. */
    if (slot == SLOT_ARGUMENT &&
        (reader->arguments++ >= ARGUMENTS || bytes_start(text, BYTES("0x"))))
        return;
    buffer_clear(&reader->slots[slot]);
    buffer_put(&reader->slots[slot], text);
}

static void json_value_seen(void *context, enum json_value kind, struct bytes text)
{
    struct report_reader *reader = context;
    struct spot spot = spot_here(reader);
    if (kind != JSON_STRING)
        return;
    if (spot.take == TAKE_ITEM)
        text_tell(reader, (enum report_kind)spot.what, text);
    else if (spot.take == TAKE_SLOT)
        slot_put(reader, (enum shape_slot)spot.what, text);
    else if (spot.take == TAKE_TOKENS)
        tokens_tell(reader, text);
}

/* A number or word at the top is no report, and begins none. */
static void json_document_over(void *context)
{
    struct report_reader *reader = context;
    if (reader->begun)
        reader_over(reader);
}

static const struct json_events json_events = {json_begin, json_end, json_key_seen, json_value_seen,
                                               json_document_over};

static void list_line(void *context, enum report_kind kind, struct bytes text)
{
    struct report_reader *reader = context;
    reader_begin(reader);
    text_tell(reader, kind, text);
}

struct report_reader *report_reader_create(const struct report_listener *listener)
{
    struct report_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return NULL;
    reader->listener = *listener;
    json_scan_begin(&reader->scan, &json_events, reader);
    return reader;
}

/* By the first byte that is no blank. */
static void form_see(struct report_reader *reader, struct bytes *piece)
{
    static const char blanks[] = " \t\r\n\xef\xbb\xbf";
    while (piece->len && memchr(blanks, piece->at[0], sizeof(blanks) - 1))
        *piece = bytes_from(*piece, 1);
    if (piece->len)
        reader->form = piece->at[0] == '{' || piece->at[0] == '[' ? FORM_JSON : FORM_LIST;
}

int report_reader_feed(struct report_reader *reader, struct bytes piece, struct fault *ret_fault)
{
    int error = 0;
    if (reader->form == FORM_UNKNOWN)
        form_see(reader, &piece);
    if (reader->form == FORM_JSON)
        error = json_scan_feed(&reader->scan, piece, ret_fault);
    else if (reader->form == FORM_LIST)
        error = report_list_feed(&reader->list, piece, list_line, reader);
    for (int i = 0; i < SLOT_COUNT; i++)
        if (reader->slots[i].failed)
            error = -ENOMEM;
    if (!error && reader->error) {
        *ret_fault = (struct fault){"what was read could not be taken", reader->scan.offset,
                                    reader->scan.line};
        error = reader->error;
    }
    return error;
}

int report_reader_end(struct report_reader *reader, struct fault *ret_fault)
{
    int error = 0;
    if (reader->form == FORM_JSON)
        error = json_scan_end(&reader->scan, ret_fault);
    else if (reader->form == FORM_LIST)
        error = report_list_end(&reader->list, list_line, reader);
    if (!error && reader->begun)
        reader_over(reader);
    if (!error)
        error = reader->error;
    if (!error && reader->counts.reports == 0) {
        *ret_fault = (struct fault){"there is no report in it", reader->scan.offset, 0};
        error = -ENODATA;
    }
    return error;
}

struct report_counts report_reader_counts(const struct report_reader *reader)
{
    struct report_counts counts = reader->counts;
    counts.cut = reader->scan.cut + reader->list.cut;
    return counts;
}

void report_reader_destroy(struct report_reader *reader)
{
    if (!reader)
        return;
    for (int i = 0; i < SLOT_COUNT; i++)
        buffer_finish(&reader->slots[i]);
    buffer_finish(&reader->list.line);
    json_scan_finish(&reader->scan);
    free(reader);
}

int report_read(struct bytes text, const struct report_listener *listener, struct fault *ret_fault)
{
    struct report_reader *reader = report_reader_create(listener);
    if (!reader)
        return -ENOMEM;
    int error = report_reader_feed(reader, text, ret_fault);
    if (!error)
        error = report_reader_end(reader, ret_fault);
    report_reader_destroy(reader);
    return error;
}
