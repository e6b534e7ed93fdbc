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

#endif
