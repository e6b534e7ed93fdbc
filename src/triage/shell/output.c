/* Output with holes as a PCRE2 pattern, and how much it tells. */
#include <errno.h>

#include "triage/shell/text.h"

static const char *hole_pattern(char hole)
{
    switch ((unsigned char)hole) {
    case SHELL_HOLE_word:
        return "[A-Za-z0-9_][A-Za-z0-9_.+-]*\\$?";
    case SHELL_HOLE_number:
        return "\\d+";
    case SHELL_HOLE_line:
        return "[^\\r\\n]*?";
    case SHELL_HOLE_lines:
        return "(?:[^\\r\\n]*\\r?\\n)*?";
    case SHELL_HOLE_date:
        return "(?:(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \\d]\\d "           /* Sat Nov 21 */
               "(?:(?: ?\\d{4}|\\d\\d:\\d\\d)(?![:\\d])|"                 /* 2026, 12:58: of ls */
               "\\d\\d:\\d\\d:\\d\\d (?:[AP]M )?[A-Z0-9+-]{1,6} \\d{4})|" /* of date */
               "\\d{4}-\\d\\d-\\d\\d(?: [\\d:.]+(?: [+-]\\d{4})?)?|[A-Z][a-z]{2,8})";
    case SHELL_HOLE_mode:
        return "[bcdlps-][rwxsStT-]{9}[.+@]?";
    case SHELL_HOLE_path:
        return "[^\\s<>\"'|:;]*";
    case SHELL_HOLE_address:
        return "(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})";
    case SHELL_HOLE_byte:
        return "[\\x01-\\x1f]";
    case SHELL_HOLE_text:
        return "[\\s\\S]*?";
    case SHELL_HOLE_blank:
        return " +";
    case SHELL_HOLE_hex:
        return "[0-9a-fA-F]+";
    default:
        return "(?:[\\w./-]*sh|[\\w./-]+): (?:-c: )?(?:line )?(?:\\d+: )?";
    }
}

/* Bits that a typed hole tells by its form alone. */
static double hole_bits(char hole)
{
    switch ((unsigned char)hole) {
    case SHELL_HOLE_mode:
    case SHELL_HOLE_date:
        return 12;
    case SHELL_HOLE_address:
        return 8;
    case SHELL_HOLE_shell:
        return 4;
    case SHELL_HOLE_number:
    case SHELL_HOLE_word:
        return 1;
    default:
        return 0;
    }
}

/*
 * -log2 of how common a byte is in pages and protocols: letters by their share
 * of English text, digits and signs by classes. A rough model on purpose: what
 * counts is that ten bits are few and sixty are proof.
 */
static double byte_bits(char c)
{
    static const char common[] = "etaoinsrhl";
    c = ascii_lower(c);
    if (c == ' ' || c == '\n' || c == '\r')
        return 1.5;
    if (c >= 'a' && c <= 'z')
        return strchr(common, c) ? 3.8 : 5.4;
    if (is_digit(c))
        return 4.6;
    return 6;
}

static bool is_loose(char c)
{
    return c == SHELL_HOLE_line || c == SHELL_HOLE_lines || c == SHELL_HOLE_text || c == '\n' ||
           c == '\r' || c == ' ' || c == SHELL_HOLE_blank;
}

bool shell_output_exact(struct bytes output)
{
    return !text_has_hole(output);
}

static size_t pattern_size(struct bytes output)
{
    size_t size = 1;
    for (size_t i = 0; i < output.len; i++)
        size += shell_is_hole(output.at[i]) ? strlen(hole_pattern(output.at[i])) + 8 : 5;
    return size;
}

/* `c` quoted at `at`; the bytes written. */
static size_t literal_put(char *at, char c)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)c;
    if (c == '\n') {
        memcpy(at, "\\r?\\n", 5);
        return 5;
    }
    if (byte < 0x20 || byte >= 0x7f) {
        memcpy(at, "\\x", 2);
        at[2] = hex[byte >> 4];
        at[3] = hex[byte & 15];
        return 4;
    }
    size_t size = 0;
    if (!is_name(c) && c != ' ')
        at[size++] = '\\';
    at[size++] = c;
    return size;
}

/* Bytes from `at` on that only set apart: blanks, line ends, holes of blanks. */
static size_t blank_run(struct bytes output, size_t at)
{
    size_t end = at;
    while (end < output.len && ((output.at[end] && strchr(" \t\r\n", output.at[end])) ||
                                output.at[end] == SHELL_HOLE_blank))
        end++;
    return end - at;
}

struct pattern {
    char *at;
    size_t len;
    double bits;
    bool literal; /* more than holes and blanks */
};

static void pattern_add(struct pattern *pattern, const char *text)
{
    memcpy(pattern->at + pattern->len, text, strlen(text));
    pattern->len += strlen(text);
}

/* One byte or, when `loose`, one run of blanks from `i`; the bytes it took. */
static size_t pattern_step(struct pattern *pattern, struct bytes output, size_t i, bool loose)
{
    char c = output.at[i];
    size_t run = loose ? blank_run(output, i) : 0;
    if (run > 1 || (run == 1 && c != ' ')) {
        pattern_add(pattern, "\\s+");
        pattern->bits += byte_bits(' ');
        return run;
    }
    if (shell_is_hole(c)) {
        pattern_add(pattern,
                    loose && c == SHELL_HOLE_lines ? "(?:[\\s\\S]*?\\s)?" : hole_pattern(c));
        pattern->bits += hole_bits(c);
    } else if (c != '\r' || i + 1 == output.len || output.at[i + 1] != '\n') {
        pattern->len += literal_put(pattern->at + pattern->len, c);
        pattern->bits += byte_bits(c);
        pattern->literal |= c != ' ' && c != '\n';
    }
    return 1;
}

static int pattern_make(struct bytes output, struct arena *arena, bool loose,
                        struct pattern *ret_pattern)
{
    struct pattern pattern = {.at = arena_take(arena, pattern_size(output))};
    if (!pattern.at)
        return -ENOMEM;
    for (size_t i = 0; i < output.len;)
        i += pattern_step(&pattern, output, i, loose);
    *ret_pattern = pattern;
    return 0;
}

int shell_output_pattern(struct bytes output, struct arena *arena, struct bytes *ret_pattern,
                         double *ret_bits)
{
    while (output.len && is_loose(output.at[0]))
        output = bytes_from(output, 1);
    while (output.len && is_loose(output.at[output.len - 1]))
        output.len--;
    struct pattern pattern;
    int error = pattern_make(output, arena, true, &pattern);
    if (error)
        return error;
    bool tells = pattern.literal || pattern.bits >= 8;
    *ret_pattern = tells ? (struct bytes){pattern.at, pattern.len} : BYTES("");
    *ret_bits = tells ? pattern.bits : 0;
    return 0;
}

int shell_output_pattern_whole(struct bytes output, struct arena *arena, struct bytes *ret_pattern)
{
    struct pattern pattern;
    int error = pattern_make(output, arena, false, &pattern);
    if (error == 0)
        *ret_pattern = (struct bytes){pattern.at, pattern.len};
    return error;
}
