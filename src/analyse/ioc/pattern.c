/* From a thing seen to the masks that describe it, kind by kind. */
#include <stdio.h>

#include "analyse/ioc/mask.h"
#include "base/json.h"

struct deriving {
    pattern_take *take;
    void *context;
    struct mask whole, numbers, made; /* canonical text; the same with numbers varied; scratch */
};

/* A mask of hardly any plain text describes half of all there is: "<drive>\<rest>". One that is not
 * UTF-8 could not be written down. */
static bool says_enough(const struct mask *mask)
{
    struct bytes text = mask_bytes(mask);
    size_t plain = 0;
    bool any = false;
    for (size_t at = 0, element; at < text.len; at += element ? element : 1) {
        element = mask_element(text, at);
        any |= element > 2;
        plain += element == 0 && mask_is_word(text.at[at]) && text.at[at] != '.';
    }
    return (!any || plain >= PATTERN_PLAIN) && json_is_text(text);
}

static void mask_tell(struct deriving *deriving, enum pattern_level level, const struct mask *mask)
{
    if (!mask->over && mask->len && says_enough(mask))
        deriving->take(deriving->context, level, mask_bytes(mask));
}

/* Tell several pieces behind one another. */
static void pieces_tell(struct deriving *deriving, enum pattern_level level,
                        const struct bytes *pieces, size_t count)
{
    struct mask *made = &deriving->made;
    made->len = 0;
    made->over = false;
    for (size_t i = 0; i < count; i++)
        mask_put(made, pieces[i]);
    mask_tell(deriving, level, made);
}

#define TELL(deriving, level, ...)                                                                 \
    pieces_tell(deriving, level, (const struct bytes[]){__VA_ARGS__},                              \
                sizeof((const struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

/* The mask from the start to `to`, and from there to the end. */
static struct bytes head(struct bytes mask, size_t to)
{
    return (struct bytes){mask.at, to};
}

enum run { RUN_LETTERS, RUN_DIGITS, RUN_MIXED };

static enum run run_kind(struct bytes run)
{
    size_t digits = 0;
    for (size_t i = 0; i < run.len; i++)
        digits += run.at[i] <= '9';
    return digits == 0 ? RUN_LETTERS : digits == run.len ? RUN_DIGITS : RUN_MIXED;
}

/* The next run of letters and digits of a mask from *at on, elements passed over. */
static struct bytes run_next(struct bytes mask, size_t *at)
{
    while (*at < mask.len && !mask_is_alnum(mask.at[*at])) {
        size_t element = mask_element(mask, *at);
        *at += element ? element : 1;
    }
    size_t from = *at;
    while (*at < mask.len && mask_is_alnum(mask.at[*at]))
        ++*at;
    return (struct bytes){mask.at + from, *at - from};
}

static struct bytes counted(char text[32], const char *name, size_t count)
{
    int len = snprintf(text, 32, "<%s:%zu>", name, count);
    return (struct bytes){text, (size_t)len};
}

/* One run at a time as what it is one of; `front` stands before each mask. */
static void classes_tell(struct deriving *deriving, struct bytes front, struct bytes name)
{
    char text[32];
    size_t at = 0;
    for (int runs = 0; runs < PATTERN_RUNS; runs++) {
        struct bytes run = run_next(name, &at);
        if (run.len == 0)
            return;
        struct bytes before = head(name, at - run.len), after = bytes_from(name, at);
        enum run kind = run_kind(run);
        if (kind == RUN_LETTERS)
            TELL(deriving, PATTERN_class, front, before, BYTES("<letters>"), after);
        else if (kind == RUN_DIGITS)
            TELL(deriving, PATTERN_class, front, before, BYTES("<digits>"), after);
        if (run.len > PATTERN_COUNTED)
            continue;
        if (kind == RUN_LETTERS)
            TELL(deriving, PATTERN_class, front, before, counted(text, "letters", run.len), after);
        TELL(deriving, PATTERN_class, front, before, counted(text, "alnum", run.len), after);
    }
}

/* All runs of a name but its extension: "<letters:5>.exe". */
static void shape_tell(struct deriving *deriving, struct bytes front, struct bytes name)
{
    struct mask *made = &deriving->made;
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL;
    struct bytes stem = head(name, dot ? (size_t)(dot - name.at) : name.len);
    char text[32];
    size_t at = 0, from = 0;
    made->len = 0;
    made->over = false;
    mask_put(made, front);
    while (at < stem.len) {
        struct bytes run = run_next(stem, &at);
        mask_put(made, (struct bytes){stem.at + from, at - run.len - from});
        from = at;
        if (run.len > PATTERN_COUNTED)
            return;
        if (run.len)
            mask_put(made, run_kind(run) == RUN_DIGITS
                               ? BYTES("<digits>")
                               : counted(text, run_kind(run) == RUN_LETTERS ? "letters" : "alnum",
                                         run.len));
    }
    mask_put(made, bytes_from(name, stem.len));
    mask_tell(deriving, PATTERN_shape, made);
}

/* Where the last part of a path begins: behind the last backslash before `end`. */
static size_t part_start(struct bytes path, size_t end)
{
    while (end > 0 && path.at[end - 1] != '\\')
        end--;
    return end;
}

static void name_tell(struct deriving *deriving, struct bytes path, struct bytes name)
{
    static const struct bytes anywhere = BYTES("<path>");
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL;
    size_t start = path.len - name.len;
    TELL(deriving, PATTERN_name, anywhere, name);
    if (start > 0) {
        size_t folder = part_start(path, start - 1);
        if (folder > 0)
            TELL(deriving, PATTERN_tail, anywhere, bytes_from(path, folder));
    }
    if (dot && name.len - (size_t)(dot - name.at) <= 12 && dot > name.at)
        TELL(deriving, PATTERN_extension, anywhere, BYTES("<any>"),
             bytes_from(name, (size_t)(dot - name.at)));
}

/* Anything in the folder, or in the one above; one of the last folders varied. */
static void folders_tell(struct deriving *deriving, struct bytes path, struct bytes name)
{
    size_t end = path.len - name.len;
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL;
    if (end < 2)
        return;
    TELL(deriving, PATTERN_folder, head(path, end), BYTES("<any>"));
    if (dot)
        TELL(deriving, PATTERN_folder, head(path, end), BYTES("<any>"),
             bytes_from(name, (size_t)(dot - name.at)));
    for (int up = 0; end > 1; up++) {
        size_t start = part_start(path, end - 1);
        if (start < 2)
            return;
        if (up < 3)
            TELL(deriving, PATTERN_middle, head(path, start), BYTES("<any>"),
                 bytes_from(path, end - 1));
        TELL(deriving, PATTERN_folder, head(path, start), BYTES("<rest>"));
        end = start;
    }
}

/* False where the text is too long. */
static bool canonical_tell(struct deriving *deriving, struct bytes text)
{
    struct mask *whole = &deriving->whole;
    mask_canonical(whole, text);
    if (memchr(whole->at, '<', whole->len)) /* else it is the literal again */
        mask_tell(deriving, PATTERN_path, whole);
    return !whole->over;
}

/* Files, registry keys, programs. */
static void path_derive(struct deriving *deriving, struct bytes text)
{
    if (!canonical_tell(deriving, text))
        return;
    struct bytes path = mask_bytes(&deriving->whole);
    struct bytes name = bytes_from(path, part_start(path, path.len));
    struct bytes folder = head(path, path.len - name.len);
    if (mask_numbers(&deriving->numbers, path)) {
        struct bytes numbers = mask_bytes(&deriving->numbers);
        size_t start = part_start(numbers, numbers.len);
        mask_tell(deriving, PATTERN_numbers, &deriving->numbers);
        if (start > 0)
            TELL(deriving, PATTERN_numbers, BYTES("<path>"), bytes_from(numbers, start));
    }
    if (name.len) {
        name_tell(deriving, path, name);
        folders_tell(deriving, path, name);
        classes_tell(deriving, BYTES("<path>"), name);
        shape_tell(deriving, BYTES("<path>"), name);
    }
    classes_tell(deriving, folder, name);
    shape_tell(deriving, folder, name);
}

/* Mutexes, pipes, services: names, perhaps with a folder. */
static void name_derive(struct deriving *deriving, struct bytes text)
{
    if (!canonical_tell(deriving, text))
        return;
    struct bytes name = mask_bytes(&deriving->whole);
    if (mask_numbers(&deriving->numbers, name))
        mask_tell(deriving, PATTERN_numbers, &deriving->numbers);
    classes_tell(deriving, BYTES(""), name);
    shape_tell(deriving, BYTES(""), name);
}

/* A word as it is in a mask; very long ones are one of many. */
static void word_put(struct mask *mask, struct bytes word)
{
    if (word.len >= 40)
        mask_put(mask, BYTES("<long>"));
    else
        mask_put_plain(mask, word);
}

/* Words and neighbours of a lower-case text. */
static void words_tell(struct deriving *deriving, struct bytes text)
{
    struct mask *made = &deriving->made;
    struct bytes before = {NULL, 0};
    size_t at = 0;
    for (int words = 0; words < PATTERN_WORDS; words++) {
        while (at < text.len && !mask_is_word(text.at[at]))
            at++;
        size_t from = at;
        while (at < text.len && mask_is_word(text.at[at]))
            at++;
        struct bytes word = {text.at + from, at - from};
        if (word.len == 0)
            return;
        if (word.len >= 3) {
            made->len = 0, made->over = false;
            mask_put(made, BYTES("<word>")), word_put(made, word), mask_put(made, BYTES("<edge>"));
            mask_tell(deriving, PATTERN_word, made);
        }
        if (before.len && before.len + word.len >= 5) {
            made->len = 0, made->over = false;
            mask_put(made, BYTES("<word>")), word_put(made, before), mask_put(made, BYTES("<gap>"));
            word_put(made, word), mask_put(made, BYTES("<edge>"));
            mask_tell(deriving, PATTERN_words, made);
        }
        before = word;
    }
}

static void command_derive(struct deriving *deriving, struct bytes text, bool script)
{
    char lower[PATTERN_TEXT];
    for (size_t i = 0; i < text.len; i++)
        lower[i] = ascii_lower(text.at[i]);
    if (!script) {
        mask_lower(&deriving->whole, text);
        if (mask_numbers(&deriving->numbers, mask_bytes(&deriving->whole)))
            mask_tell(deriving, PATTERN_numbers, &deriving->numbers);
    }
    words_tell(deriving, (struct bytes){lower, text.len});
}

static void domain_derive(struct deriving *deriving, struct bytes text)
{
    mask_lower(&deriving->whole, text);
    struct bytes name = mask_bytes(&deriving->whole);
    size_t at = name.len, dots = 0;
    if (mask_numbers(&deriving->numbers, name))
        mask_tell(deriving, PATTERN_numbers, &deriving->numbers);
    while (at > 0 && dots < 4) {
        if (name.at[--at] == '.' && ++dots > 1)
            TELL(deriving, PATTERN_tail, BYTES("<sub>"), bytes_from(name, at + 1));
    }
    if (dots > 0)
        TELL(deriving, PATTERN_tail, BYTES("<sub>"), name);
}

static void address_derive(struct deriving *deriving, struct bytes text)
{
    mask_lower(&deriving->whole, text);
    struct bytes address = mask_bytes(&deriving->whole);
    const char *dot = address.len ? memrchr(address.at, '.', address.len) : NULL;
    if (dot && !memchr(address.at, ':', address.len))
        TELL(deriving, PATTERN_folder, head(address, (size_t)(dot - address.at) + 1),
             BYTES("<digits>"));
}

static void url_derive(struct deriving *deriving, struct bytes text)
{
    mask_lower(&deriving->whole, text);
    struct bytes url = mask_bytes(&deriving->whole);
    const char *scheme = url.len ? memmem(url.at, url.len, "://", 3) : NULL;
    size_t host = scheme ? (size_t)(scheme - url.at) + 3 : 0;
    const char *slash = host < url.len ? memchr(url.at + host, '/', url.len - host) : NULL;
    if (mask_numbers(&deriving->numbers, url))
        mask_tell(deriving, PATTERN_numbers, &deriving->numbers);
    if (scheme && slash && (size_t)(slash - url.at) + 3 < url.len) {
        TELL(deriving, PATTERN_tail, BYTES("<rest>"), bytes_from(url, (size_t)(slash - url.at)));
        TELL(deriving, PATTERN_folder, head(url, (size_t)(slash - url.at) + 1), BYTES("<rest>"));
    }
}

/* "ONE|OTHER": a program and what it started, or the rights it got. */
static void pair_derive(struct deriving *deriving, struct bytes text)
{
    static const struct bytes anywhere = BYTES("<path>"), bar = BYTES("|");
    const char *at = text.len ? memchr(text.at, '|', text.len) : NULL;
    if (!at)
        return;
    struct mask *other = &deriving->numbers;
    mask_canonical(&deriving->whole, head(text, (size_t)(at - text.at)));
    mask_canonical(other, bytes_from(text, (size_t)(at - text.at) + 1));
    if (deriving->whole.over || other->over)
        return;
    struct bytes left = mask_bytes(&deriving->whole), right = mask_bytes(other);
    struct bytes first = bytes_from(left, part_start(left, left.len));
    size_t start = part_start(right, right.len);
    struct bytes second = bytes_from(right, start), folder = head(right, start);
    struct bytes into = start ? anywhere : BYTES("");
    TELL(deriving, PATTERN_path, left, bar, right);
    TELL(deriving, PATTERN_name, anywhere, first, bar, into, second);
    TELL(deriving, PATTERN_tail, anywhere, first, bar, right);
    TELL(deriving, PATTERN_folder, anywhere, first, bar, BYTES("<rest>"));
    if (start)
        TELL(deriving, PATTERN_middle, anywhere, first, bar, folder, BYTES("<any>"));
}

void pattern_derive(enum report_kind kind, struct bytes text, pattern_take *take, void *context)
{
    struct deriving deriving;
    deriving.take = take;
    deriving.context = context;
    if (!pattern_usable(kind) || text.len == 0)
        return;
    if (text.len > PATTERN_TEXT)
        text.len = PATTERN_TEXT;
    if (kind != REPORT_script) {
        mask_lower(&deriving.whole, text);
        mask_tell(&deriving, PATTERN_literal, &deriving.whole);
    }
    switch (kind) {
    case REPORT_file:
    case REPORT_file_write:
    case REPORT_file_delete:
    case REPORT_key:
    case REPORT_key_write:
    case REPORT_key_delete:
    case REPORT_process:
    case REPORT_library:
        path_derive(&deriving, text);
        break;
    case REPORT_mutex:
    case REPORT_pipe:
    case REPORT_service:
        name_derive(&deriving, text);
        break;
    case REPORT_command:
    case REPORT_script:
        command_derive(&deriving, text, kind == REPORT_script);
        break;
    case REPORT_domain:
        domain_derive(&deriving, text);
        break;
    case REPORT_address:
        address_derive(&deriving, text);
        break;
    case REPORT_url:
        url_derive(&deriving, text);
        break;
    case REPORT_access:
    case REPORT_started:
        pair_derive(&deriving, text);
        break;
    default:
        break;
    }
}
