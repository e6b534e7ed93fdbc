/*
 * observe/binxml.h -- the binary XML of event log records → tokens.
 *
 * Elements, attributes and text come from the record itself or from a template
 * elsewhere in its chunk whose blanks the record fills; names are offsets into
 * the chunk. Bounds: an element 8 deep has meaning, templates nest 8 deep, a
 * record takes at most 65,536 steps, so no chunk can make this run long.
 */
#ifndef OBSERVE_BINXML_H
#define OBSERVE_BINXML_H

#include "base/arena.h"
#include "base/buffer.h"
#include "observe/record.h"

/*
 * Take the binary XML at chunk[from … to) apart into `record` (cleared first).
 * Text is made in `texts` and lives as long as that. False: it is broken, or
 * memory ran out.
 */
bool binxml_read(struct bytes chunk, size_t from, size_t to, struct arena *texts,
                 struct buffer *scratch, struct record *record);

#endif
