#include "observe/list/series_file.h"

#include "base/time.h"
#include "observe/lines.h"

enum { LINE_LIMIT = 1024, NAME_LIMIT = 128 };

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

static bool line_read(const struct line *line, int64_t *ret_time, struct bytes *ret_name,
                      double *ret_value)
{
    return line->text.len <= LINE_LIMIT && !line->too_long &&
           series_line_parse(line->text, ret_time, ret_name, ret_value);
}

int series_file_read(const char *path, series_file_visit *visit, void *context,
                     struct series_file_counts *counts, struct fault *ret_fault)
{
    struct lines *lines;
    struct line line;
    struct bytes name;
    int64_t time;
    double value;
    *ret_fault = (struct fault){.why = "the file can't be opened"};
    int error = lines_open(path, &lines), more = 0;
    if (error)
        return error;
    while (!error && (more = lines_next(lines, &line, ret_fault)) > 0) {
        counts->lines++;
        if (line_read(&line, &time, &name, &value))
            error = visit(context, time, name, value);
        else if (line.number > 1 && (line.text.len || line.too_long) && counts->refused++ == 0)
            counts->first_refused = counts->lines;
    }
    lines_close(lines);
    return error ? error : more;
}
