#include "observe/stream.h"

#include <errno.h>
#include <lzma.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    INPUT_SIZE = 1 << 18,
    ZSTD_WINDOW_LOG = 27,  /* what `zstd --long=27` asks for: 128 MiB */
    XZ_MEMORY = 256 << 20, /* xz -9 needs 65 MiB */
    MAGIC_SIZE = 6,
};

enum compression { COMPRESSION_none, COMPRESSION_gzip, COMPRESSION_zstd, COMPRESSION_xz };

struct stream {
    int descriptor;
    enum compression compression;
    uint64_t size;
    _Atomic uint64_t position; /* bytes of the file read; another thread looks at it for progress */
    uint64_t produced;         /* bytes of the stream handed out */
    size_t input_at, input_len;
    bool input_end; /* the file has no more */
    bool between;   /* at the end of a frame or member: here the stream may end */
    ZSTD_DStream *zstd;
    z_stream zlib;
    lzma_stream lzma;
    bool decoder_ready;
    unsigned char input[INPUT_SIZE];
};

/* Fill the rest of the input buffer from the file. -EIO, with the fault filled. */
static int input_fill(struct stream *stream, struct fault *ret_fault)
{
    if (stream->input_at == stream->input_len)
        stream->input_at = stream->input_len = 0;
    while (!stream->input_end && stream->input_len < INPUT_SIZE) {
        ssize_t got = read(stream->descriptor, stream->input + stream->input_len,
                           INPUT_SIZE - stream->input_len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            *ret_fault = (struct fault){"the file could not be read on", stream->position, 0};
            return errno == EISDIR ? -EISDIR : -EIO;
        }
        if (got == 0)
            stream->input_end = true;
        stream->input_len += (size_t)got;
        stream->position += (uint64_t)got;
        if (stream->input_len >= INPUT_SIZE / 2) /* a pipe gives little at a time: take what came */
            break;
    }
    return 0;
}

static enum compression compression_of(const struct stream *stream)
{
    static const struct {
        enum compression compression;
        const char *magic;
        size_t len;
    } magics[] = {{COMPRESSION_gzip, "\x1f\x8b", 2},
                  {COMPRESSION_zstd, "\x28\xb5\x2f\xfd", 4},
                  {COMPRESSION_xz,
                   "\xfd"
                   "7zXZ\0",
                   6}};
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
        if (stream->input_len >= magics[i].len &&
            memcmp(stream->input, magics[i].magic, magics[i].len) == 0)
            return magics[i].compression;
    return COMPRESSION_none;
}

static void decoder_finish(struct stream *stream)
{
    if (!stream->decoder_ready)
        return;
    if (stream->compression == COMPRESSION_zstd)
        ZSTD_freeDStream(stream->zstd);
    else if (stream->compression == COMPRESSION_gzip)
        inflateEnd(&stream->zlib);
    else if (stream->compression == COMPRESSION_xz)
        lzma_end(&stream->lzma);
    stream->decoder_ready = false;
}

static int decoder_init(struct stream *stream)
{
    bool ready = true;
    if (stream->compression == COMPRESSION_zstd) {
        stream->zstd = ZSTD_createDStream();
        ready = stream->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
                                    stream->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
    } else if (stream->compression == COMPRESSION_gzip) {
        memset(&stream->zlib, 0, sizeof(stream->zlib));
        ready = inflateInit2(&stream->zlib, 15 + 16) == Z_OK;
    } else if (stream->compression == COMPRESSION_xz) {
        stream->lzma = (lzma_stream)LZMA_STREAM_INIT;
        ready = lzma_stream_decoder(&stream->lzma, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    }
    stream->decoder_ready = stream->compression != COMPRESSION_none;
    stream->between = true;
    return ready ? 0 : -ENOMEM;
}

int stream_open(int descriptor, struct stream **ret_stream)
{
    struct stat status;
    struct fault fault;
    struct stream *stream = calloc(1, sizeof(*stream));
    int error = !stream ? -ENOMEM : fstat(descriptor, &status) ? -errno : 0;
    if (!stream) {
        close(descriptor);
        return error;
    }
    stream->descriptor = descriptor;
    if (!error && S_ISDIR(status.st_mode))
        error = -EISDIR;
    if (!error && S_ISREG(status.st_mode))
        stream->size = (uint64_t)status.st_size;
    while (!error && !stream->input_end && stream->input_len < MAGIC_SIZE)
        error = input_fill(stream, &fault);
    if (!error) {
        stream->compression = compression_of(stream);
        error = decoder_init(stream);
    }
    if (error)
        stream_close(stream);
    else
        *ret_stream = stream;
    return error;
}

/* One step of a decoder: bytes it took and gave, and whether it stands between frames now. */
struct step {
    size_t taken, given;
    const char *why; /* broken: a sentence */
    bool between;
};

static struct step zstd_step(struct stream *stream, char *to, size_t size)
{
    ZSTD_inBuffer in = {stream->input + stream->input_at, stream->input_len - stream->input_at, 0};
    ZSTD_outBuffer out = {to, size, 0};
    size_t result = ZSTD_decompressStream(stream->zstd, &out, &in);
    struct step step = {in.pos, out.pos, NULL, result == 0};
    if (ZSTD_isError(result))
        step.why = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
                       ? "this zstd data needs a window of more than 128 MiB to unpack"
                       : "broken zstd data";
    return step;
}

static struct step gzip_step(struct stream *stream, char *to, size_t size)
{
    z_stream *zlib = &stream->zlib;
    zlib->next_in = stream->input + stream->input_at;
    zlib->avail_in = (unsigned)(stream->input_len - stream->input_at);
    zlib->next_out = (unsigned char *)to;
    zlib->avail_out = size > UINT32_MAX ? UINT32_MAX : (unsigned)size;
    unsigned in = zlib->avail_in, out = zlib->avail_out;
    int result = inflate(zlib, Z_NO_FLUSH);
    struct step step = {in - zlib->avail_in, out - zlib->avail_out, NULL, result == Z_STREAM_END};
    if (result == Z_STREAM_END)
        inflateReset(zlib);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        step.why = "broken gzip data";
    return step;
}

static struct step xz_step(struct stream *stream, char *to, size_t size)
{
    lzma_stream *lzma = &stream->lzma;
    lzma->next_in = stream->input + stream->input_at;
    lzma->avail_in = stream->input_len - stream->input_at;
    lzma->next_out = (uint8_t *)to;
    lzma->avail_out = size;
    size_t in = lzma->avail_in;
    lzma_ret result = lzma_code(lzma, stream->input_end ? LZMA_FINISH : LZMA_RUN);
    struct step step = {in - lzma->avail_in, size - lzma->avail_out, NULL,
                        result == LZMA_STREAM_END};
    if (result == LZMA_MEMLIMIT_ERROR)
        step.why = "this xz data needs more than 256 MiB to unpack";
    else if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR)
        step.why = "broken xz data";
    return step;
}

/* Bytes as they are go straight where they are wanted, when there is room enough to be worth it. */
static int plain_fill(struct stream *stream, char *to, size_t size, size_t *len,
                      struct fault *ret_fault)
{
    ssize_t got = read(stream->descriptor, to, size);
    if (got < 0 && errno == EINTR)
        return 0;
    if (got < 0) {
        *ret_fault = (struct fault){"the file could not be read on", stream->position, 0};
        return errno == EISDIR ? -EISDIR : -EIO;
    }
    stream->input_end = got == 0;
    stream->position += (uint64_t)got;
    stream->produced += (uint64_t)got;
    *len += (size_t)got;
    return 0;
}

static struct step plain_step(struct stream *stream, char *to, size_t size)
{
    size_t left = stream->input_len - stream->input_at, len = left < size ? left : size;
    memcpy(to, stream->input + stream->input_at, len);
    return (struct step){len, len, NULL, true};
}

static struct step decoder_step(struct stream *stream, char *to, size_t size)
{
    switch (stream->compression) {
    case COMPRESSION_zstd:
        return zstd_step(stream, to, size);
    case COMPRESSION_gzip:
        return gzip_step(stream, to, size);
    case COMPRESSION_xz:
        return xz_step(stream, to, size);
    default:
        return plain_step(stream, to, size);
    }
}

/* Byte of the file the decoder stands at. */
static uint64_t decoder_offset(const struct stream *stream)
{
    return stream->position - (stream->input_len - stream->input_at);
}

/* Zeros behind the last gzip member are padding of tapes and blocks, not data. */
static bool padding_left(const struct stream *stream)
{
    for (size_t i = stream->input_at; i < stream->input_len; i++)
        if (stream->input[i])
            return false;
    return stream->compression == COMPRESSION_gzip && stream->between && stream->produced;
}

int stream_read(struct stream *stream, char *to, size_t size, size_t *ret_len,
                struct fault *ret_fault)
{
    size_t len = 0;
    *ret_len = 0;
    while (len < size) {
        if (stream->input_at == stream->input_len) {
            bool direct = stream->compression == COMPRESSION_none && !stream->input_end &&
                          size - len >= INPUT_SIZE / 4;
            int error = direct ? plain_fill(stream, to + len, size - len, &len, ret_fault)
                               : input_fill(stream, ret_fault);
            if (direct && !error)
                continue;
            *ret_len = len;
            if (error)
                return error;
        }
        bool drained = stream->input_at == stream->input_len;
        if (drained && stream->between)
            break;
        if (padding_left(stream)) {
            stream->input_at = stream->input_len;
            continue;
        }
        struct step step = decoder_step(stream, to + len, size - len);
        stream->input_at += step.taken;
        stream->produced += step.given;
        len += step.given;
        stream->between = step.between || (stream->between && !step.taken && !step.given);
        *ret_len = len;
        if (!step.why && drained && !step.taken && !step.given && !stream->between)
            step.why = "the file ends in the middle of its compressed data";
        if (step.why) {
            *ret_fault = (struct fault){step.why, decoder_offset(stream), 0};
            return -EBADMSG;
        }
    }
    *ret_len = len;
    return 0;
}

/* Start over at the beginning of the file; of a pipe, while all that was read is still held. */
static int stream_rewind(struct stream *stream)
{
    bool held = stream->position == stream->input_len;
    if (!held && lseek(stream->descriptor, 0, SEEK_SET) < 0)
        return -errno;
    decoder_finish(stream);
    stream->produced = 0;
    stream->input_at = 0;
    if (!held) {
        stream->position = stream->input_len = 0;
        stream->input_end = false;
    }
    return decoder_init(stream);
}

static int stream_skip(struct stream *stream, uint64_t count, struct fault *ret_fault)
{
    enum { SKIP = 1 << 18 };
    char *waste = malloc(SKIP);
    int error = waste ? 0 : -ENOMEM;
    while (count && !error) {
        size_t want = count < SKIP ? (size_t)count : SKIP, got = 0;
        error = stream_read(stream, waste, want, &got, ret_fault);
        count -= got;
        if (!error && got < want)
            error = -ESPIPE;
    }
    free(waste);
    return error;
}

int stream_seek(struct stream *stream, uint64_t offset, struct fault *ret_fault)
{
    if (stream->compression == COMPRESSION_none && stream->size) {
        if (offset > INT64_MAX || lseek(stream->descriptor, (off_t)offset, SEEK_SET) < 0)
            return -ESPIPE;
        stream->position = stream->produced = offset;
        stream->input_at = stream->input_len = 0;
        stream->input_end = false;
        return 0;
    }
    int error = offset < stream->produced ? stream_rewind(stream) : 0;
    return error ? error : stream_skip(stream, offset - stream->produced, ret_fault);
}

uint64_t stream_size(const struct stream *stream)
{
    return stream->size;
}

uint64_t stream_position(const struct stream *stream)
{
    return stream->position;
}

const char *stream_compression(const struct stream *stream)
{
    static const char *const names[] = {"", "gzip", "zstd", "xz"};
    return names[stream->compression];
}

int stream_descriptor(const struct stream *stream)
{
    return stream->descriptor;
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    decoder_finish(stream);
    if (stream->descriptor > STDIN_FILENO)
        close(stream->descriptor);
    free(stream);
}
