#include "respond/letter.h"

#include <inttypes.h>
#include <time.h>

enum { BASE64_LINE = 57, SUBJECT_WORD = 39 }; /* bytes: 76 and 52 characters */

static void base64_put(struct bytes bytes, struct buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(uint8_t)bytes.at[i] << 16;
        group |= left > 1 ? (uint32_t)(uint8_t)bytes.at[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(uint8_t)bytes.at[i + 2] : 0;
        buffer_put_char(out, digits[group >> 18]);
        buffer_put_char(out, digits[group >> 12 & 63]);
        buffer_put_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
        buffer_put_char(out, left > 2 ? digits[group & 63] : '=');
    }
}

/* As encoded words (RFC 2047), none of which may end within a character. */
static void subject_put(struct bytes subject, struct buffer *out)
{
    while (subject.len) {
        size_t len = subject.len < SUBJECT_WORD ? subject.len : SUBJECT_WORD;
        while (len > 1 && len < subject.len && (subject.at[len] & 0xc0) == 0x80)
            len--;
        buffer_put(out, BYTES(" =?utf-8?B?"));
        base64_put((struct bytes){subject.at, len}, out);
        subject = bytes_from(subject, len);
        buffer_put(out, subject.len ? BYTES("?=\r\n") : BYTES("?="));
    }
}

/* The Date of RFC 5322, whose names are English whatever the locale. */
static void date_put(int64_t time, struct buffer *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(time / TIME_SECOND);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    buffer_put_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[parts.tm_wday],
                      parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                      parts.tm_min, parts.tm_sec);
}

void letter_write(const struct mail_server *server, const struct text_list *to,
                  struct bytes subject, struct bytes text, int64_t time, uint64_t number,
                  struct buffer *out)
{
    const char *domain = strrchr(server->from, '@');
    date_put(time, out);
    buffer_put_format(out, "From: Hinomi <%s>\r\nTo: ", server->from);
    for (uint32_t i = 0; i < to->count; i++)
        buffer_put_format(out, "%s<%s>", i ? ",\r\n " : "", to->at[i]);
    buffer_put(out, BYTES("\r\nSubject:"));
    subject_put(subject, out);
    buffer_put_format(out, "\r\nMessage-ID: <%" PRIx64 ".%" PRIx64 "%s>\r\n", (uint64_t)time,
                      number, domain ? domain : "@hinomi");
    buffer_put(out, BYTES("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                          "Content-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n"));
    for (size_t i = 0; i < text.len; i += BASE64_LINE) {
        struct bytes line = bytes_from(text, i);
        line.len = line.len < BASE64_LINE ? line.len : BASE64_LINE;
        base64_put(line, out);
        buffer_put(out, BYTES("\r\n"));
    }
}
