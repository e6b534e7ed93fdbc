/* The report as a page by itself: no script, nothing loaded from elsewhere. */
#include <inttypes.h>

#include "show/alerts_period.h"

static const char style[] =
    "body{font:14px/20px system-ui,sans-serif;color:#161b20;margin:32px}"
    "h1{font-size:20px;line-height:28px;margin:0}p{color:#444e59;margin:4px 0 16px}"
    "table{border-collapse:collapse}th,td{padding:4px 12px;border-bottom:1px solid #dfe3e8;"
    "text-align:right;font-variant-numeric:tabular-nums}th:first-child{text-align:left}"
    "thead th{color:#444e59;font-weight:600}thead{display:table-header-group}"
    "tr{break-inside:avoid}@media print{body{margin:0}}@page{size:A4 landscape;margin:16mm}";

static void row_html(const struct period *period, struct buffer *out)
{
    uint64_t numbers[PERIOD_NUMBER_COUNT];
    period_numbers(period, numbers);
    buffer_put_format(out, "<tr><th scope=\"row\">%s</th>", period->name);
    for (int i = 0; i < PERIOD_NUMBER_COUNT; i++)
        buffer_put_format(out, "<td>%" PRIu64 "</td>", numbers[i]);
    buffer_put(out, BYTES("</tr>\n"));
}

void periods_html(const struct periods *periods, struct bytes by, bool japanese, struct buffer *out)
{
    struct buffer heading = {0};
    periods_heading(by, japanese, &heading);
    buffer_put_format(out,
                      "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                      "<title>%.*s</title><style>%s</style></head><body>\n<h1>%.*s</h1>\n<p>",
                      japanese ? "ja" : "en", (int)heading.len, heading.len ? heading.at : "",
                      style, (int)heading.len, heading.len ? heading.at : "");
    out->failed |= heading.failed;
    buffer_finish(&heading);
    periods_sums(periods, japanese, out);
    buffer_put(out, BYTES("</p>\n<table><thead><tr><th></th>"));
    for (int i = 0; i < PERIOD_NUMBER_COUNT; i++)
        buffer_put_format(out, "<th scope=\"col\">%s</th>", period_title(i, japanese));
    buffer_put(out, BYTES("</tr></thead><tbody>\n"));
    for (size_t i = 0; i < periods->count; i++)
        row_html(&periods->items[i], out);
    buffer_put(out, BYTES("</tbody></table>\n</body></html>\n"));
}
