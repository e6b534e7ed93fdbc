/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/comments.h -- a listing's comments among its bytes.
 *
 * Shellcode is passed on as C text with comments: "\x68\x7f\x01\x01\x01" and
 * beside it "127.1.1.1", "\x68\x2f\x62\x69\x6e" and beside it "/bin". Whoever
 * collects everything between quotes gets both. Such a comment says what the
 * bytes in front of it say already.
 */
#ifndef EMULATE_COMMENTS_H
#define EMULATE_COMMENTS_H

#include "base/buffer.h"

/*
 * Append `code` to `out` without what repeats the bytes in front of it: as text
 * (2 to 8 printable bytes twice; more than 4 equal bytes are a filling), as an IPv4 address in
 * decimals (of 4 bytes) or as a port (of 2 bytes, at least three digits). How many bytes were left
 * out.
 */
size_t comments_drop(struct bytes code, struct buffer *out);

#endif
