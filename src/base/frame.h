/*
 * base/frame.h -- frames on a pipe, for a helper that answers on standard input and output.
 *
 * A frame is a length of four bytes, little-endian, and so many bytes. The calls wait; they use
 * read(2) and write(2) and nothing else, so that they work in a sandbox (base/sandbox.h).
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/buffer.h"

enum { FRAME_HEAD = 4 };

/*
 * The next frame's body, in place of what `into` holds. -ENODATA at the end of the input, -EBADMSG
 * when it is cut or longer than `most`, -ENOMEM.
 */
int frame_read(int from, size_t most, struct buffer *into) __attribute__((warn_unused_result));

/* All of `bytes`, which hold their frame's head. False when nobody reads any more. */
bool frame_write(int to, struct bytes bytes) __attribute__((warn_unused_result));

/* Begin a frame at the end of `out`; its place is for frame_end, which puts the length there. */
size_t frame_begin(struct buffer *out);
void frame_end(struct buffer *out, size_t begin);

#endif
