/*
 * observe/packet/capture.h -- capture files → packets.
 *
 * Reads pcap (both byte orders, microseconds and nanoseconds, the "modified"
 * kind) and pcapng (several interfaces and sections; enhanced, simple and
 * obsolete packet blocks; if_tsresol, if_tsoffset), plain or packed by gzip,
 * zstd or xz; which it is, is recognised from the content. Folders stand for
 * the captures in them. Several captures are read one after the other in the
 * order of their first packet, then by name.
 *
 * Files are read in blocks of CAPTURE_BLOCK bytes that all taps share: the
 * first tap to come to the end of a block reads the next one behind what was
 * left, the others walk it too and decode what is theirs. No callback, no copy
 * of a packet, no lock but one a block.
 */
#ifndef OBSERVE_PACKET_CAPTURE_H
#define OBSERVE_PACKET_CAPTURE_H

#include "base/fault.h"
#include "observe/packet/tap.h"

enum {
    CAPTURE_BLOCK = 1 << 18,        /* small enough to stay in a core's own cache */
    CAPTURE_SLOTS = 4,              /* blocks that may be in use at once */
    CAPTURE_RECORD_LIMIT = 1 << 24, /* a packet said to be larger breaks the file */
    CAPTURE_TAPS = PACKET_PARTITIONS,
};

struct capture;
struct stream;

struct capture_file {
    const char *path;
    bool skipped; /* found in a folder and no capture: not read */
    int64_t first_time;
    uint64_t size; /* as it lies on disk; 0 where unknown */
};

/*
 * Open `count` paths: files, folders, or "-" alone for standard input. `taps`
 * is 1 to CAPTURE_TAPS. A path that cannot be opened fails with its -errno, one
 * that is no capture with -ENOTSUP; `ret_fault->why` says more, `*ret_path` which
 * (a path of the caller or of the folder, NULL for neither; free it). In a folder
 * such a file is listed as skipped instead. -EINVAL: "-" beside others, taps out of range.
 */
int capture_open(const char *const *paths, size_t count, unsigned taps,
                 struct capture **ret_capture, char **ret_path, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/*
 * The same for a stream that stands at its beginning, such as one over standard input, and one tap.
 * It is the capture's then. -ENOTSUP: no capture; the stream stands at its beginning again, and
 * stays the caller's, as it does with -ENOMEM and an error of the stream.
 */
int capture_open_stream(struct stream *stream, struct capture **ret_capture)
    __attribute__((warn_unused_result));

/*
 * Give out only packets that a filter in tcpdump's language passes
 * (pcap-filter(7)). Before the first tap_read. -EINVAL: not a filter,
 * `*ret_why` says why (constant until the next call).
 */
int capture_filter(struct capture *capture, const char *filter, const char **ret_why)
    __attribute__((warn_unused_result));

/* Tap `i` of those asked for; the capture's. Each is for one thread. */
struct tap *capture_tap(struct capture *capture, unsigned i);

/* The files in the order in which they are read; NULL from the number of files on. */
const struct capture_file *capture_file(const struct capture *capture, size_t i);

/* Bytes of the files, as they lie on disk, and how many are read: for progress, from any thread. */
uint64_t capture_size(const struct capture *capture);
uint64_t capture_position(const struct capture *capture);

/* After every thread is through with its tap. */
void capture_close(struct capture *capture);

#endif
