/*
 * show/sample_kind.h -- whether a file is a sandbox's report or the thing itself.
 */
#ifndef SHOW_SAMPLE_KIND_H
#define SHOW_SAMPLE_KIND_H

#include "base/bytes.h"

/* A report begins as JSON does: with a brace or a bracket, behind blanks at most. */
static inline bool sample_is_report(struct bytes content)
{
    size_t at = bytes_start(content, BYTES("\xef\xbb\xbf")) ? 3 : 0;
    while (at < content.len && memchr(" \t\r\n", content.at[at], 4))
        at++;
    return at < content.len && (content.at[at] == '{' || content.at[at] == '[');
}

#endif
