#include "observe/list/series_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "observe/stream.h"

enum { LINE_LIMIT = 1024, NAME_LIMIT = 128, BLOCK = 1 << 16 };

/* Up to the comma, which is taken off the rest as well. */
static struct bytes column_take(struct bytes *rest)
{
    const char *comma = rest->len ? memchr(rest->at, ',', rest->len) : NULL;
    struct bytes column = {rest->at, comma ? (size_t)(comma - rest->at) : rest->len};
    *rest = bytes_from(*rest, column.len + (comma != NULL));
    while (column.len && (*column.at == ' ' || *column.at == '\t'))
        column = bytes_from(column, 1);
    while (column.len && memchr(" \t\r", column.at[column.len - 1], 3))
        column.len--;
    return column;
}

/* Digits, and at most one point where `fraction`. Not more than 2^53. */
static bool number_parse(struct bytes text, bool fraction, double *ret_value)
{
    double value = 0, unit = 0;
    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.' && fraction && unit == 0 && i > 0)
            unit = 1;
        else if (c < '0' || c > '9')
            return false;
        else if (unit == 0)
            value = value * 10 + (c - '0');
        else
            value += (unit /= 10) * (c - '0');
    }
    if (value > 9007199254740992.0)
        return false;
    *ret_value = value;
    return true;
}

bool series_line_parse(struct bytes line, int64_t *ret_time, struct bytes *ret_name,
                       double *ret_value)
{
    struct bytes when = column_take(&line), name = column_take(&line), count = column_take(&line);
    double value = 1, seconds;
    int64_t time;
    if (number_parse(when, false, &seconds) && seconds < 9e9)
        time = (int64_t)seconds * TIME_SECOND;
    else if (time_parse(when, &time) != 0)
        return false;
    if (name.len == 0 || name.len > NAME_LIMIT || line.len || memchr(name.at, '"', name.len))
        return false;
    if (count.len && !number_parse(count, true, &value))
        return false;
    *ret_time = time, *ret_name = name, *ret_value = value;
    return true;
}

struct reading {
    series_file_visit *visit;
    void *context;
    struct series_file_counts *counts;
    char text[BLOCK + LINE_LIMIT];
    size_t len; /* in text, of which lines are taken from the front */
    bool skip;  /* inside a line that is too long */
};

static int line_take(struct reading *reading, struct bytes line)
{
    struct series_file_counts *counts = reading->counts;
    struct bytes name;
    int64_t time;
    double value;
    bool long_line = reading->skip || line.len > LINE_LIMIT;
    reading->skip = false;
    counts->lines++;
    if (line.len == 0 || (line.len == 1 && line.at[0] == '\r'))
        return 0;
    if (!long_line && series_line_parse(line, &time, &name, &value))
        return reading->visit(reading->context, time, name, value);
    if (counts->lines == 1)
        return 0; /* a heading */
    if (counts->refused++ == 0)
        counts->first_refused = counts->lines;
    return 0;
}

/* Take the whole lines in front; at the end also what stands behind the last. */
static int lines_take(struct reading *reading, bool end)
{
    size_t from = 0;
    int result = 0;
    while (!result && from < reading->len) {
        const char *start = reading->text + from;
        const char *newline = memchr(start, '\n', reading->len - from);
        size_t len = newline ? (size_t)(newline - start) : reading->len - from;
        if (!newline && !end)
            break;
        result = line_take(reading, (struct bytes){start, len});
        from += len + (newline != NULL);
    }
    reading->len -= from;
    memmove(reading->text, reading->text + from, reading->len);
    if (reading->len > LINE_LIMIT)
        reading->skip = true, reading->len = 0;
    return result;
}

int series_file_read(const char *path, series_file_visit *visit, void *context,
                     struct series_file_counts *counts, struct fault *ret_fault)
{
    struct stream *stream;
    struct reading *reading = calloc(1, sizeof(*reading));
    int descriptor = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    int result = descriptor < 0 ? -errno : 0;
    *ret_fault = (struct fault){.why = "the file can't be opened"};
    if (!result)
        result = reading ? stream_open(descriptor, &stream) : -ENOMEM;
    if (result) {
        free(reading);
        return result;
    }
    *reading = (struct reading){.visit = visit, .context = context, .counts = counts};
    size_t got = BLOCK;
    while (!result && got == BLOCK) {
        int error = stream_read(stream, reading->text + reading->len, BLOCK, &got, ret_fault);
        reading->len += got;
        result = lines_take(reading, got < BLOCK || error);
        result = result ? result : error;
    }
    stream_close(stream);
    free(reading);
    return result;
}
