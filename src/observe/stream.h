/*
 * observe/stream.h -- a file's bytes, decompressed.
 *
 * gzip, zstd (windows up to 2^27 bytes, as --long=27 makes them) and xz are recognised by their
 * first bytes; members and frames one behind the other are one stream. Memory is bounded by the
 * window the file asks for, never by what it holds: a bomb just takes long. Anything else passes
 * through as it is.
 */
#ifndef OBSERVE_STREAM_H
#define OBSERVE_STREAM_H

#include "base/bytes.h"
#include "base/fault.h"

struct stream;

/* Take over the open descriptor (closed by stream_close, or here on failure). -errno, -ENOMEM. */
int stream_open(int descriptor, struct stream **ret_stream) __attribute__((warn_unused_result));

/*
 * Fill `to` with up to `size` bytes; *ret_len < size only at the end. When the
 * file or its compression broke, -EIO, -EBADMSG or -ENOMEM: *ret_len bytes were
 * still good, `ret_fault` says why at which byte of the file.
 */
int stream_read(struct stream *stream, char *to, size_t size, size_t *ret_len,
                struct fault *ret_fault) __attribute__((warn_unused_result));

/* Go to byte `offset` of the decompressed stream: -ESPIPE where the input can't go back, as a pipe
 * can't once more was read than the first 128 KiB that lie there. */
int stream_seek(struct stream *stream, uint64_t offset, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* Size of the (compressed) file, 0 where unknown, and how much of it was read. */
uint64_t stream_size(const struct stream *stream);
uint64_t stream_position(const struct stream *stream);

/* "", "gzip", "zstd" or "xz". */
const char *stream_compression(const struct stream *stream);

/* The descriptor itself, for readers that want the whole file; still the stream's. */
int stream_descriptor(const struct stream *stream);

void stream_close(struct stream *stream);

#endif
