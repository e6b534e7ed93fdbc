/*
 * observe/utf8.h -- text that is almost UTF-8.
 */
#ifndef OBSERVE_UTF8_H
#define OBSERVE_UTF8_H

#include "base/bytes.h"

/*
 * Copy `text` with each byte that belongs to no well-formed sequence (RFC 3629)
 * as U+FFFD. `to` needs 3 * text.len bytes. Returns how many were written.
 */
size_t utf8_repair(char *to, struct bytes text);

/* Write a code point (at most U+10FFFF) at `to`, one to four bytes; returns what is behind it. */
char *utf8_put(char *to, uint32_t code);

#endif
