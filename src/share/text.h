/*
 * share/text.h -- texts as other formats quote them.
 */
#ifndef SHARE_TEXT_H
#define SHARE_TEXT_H

#include "base/buffer.h"
#include "model/indicator.h"

/* With every `quote` doubled (YAML and SQL in single quotes); control characters become '?'. */
void share_put_doubled(struct buffer *out, struct bytes text, char quote);

/* Between single quotes of a STIX pattern: \ and ' are escaped. */
void share_put_stix(struct buffer *out, struct bytes text);

/* As text and attributes of XML 1.0. */
void share_put_xml(struct buffer *out, struct bytes text);

/* A name-based UUID (RFC 4122's form, version 5's bits) of a text: the same for the same. */
void share_put_uuid(struct buffer *out, const char *space, struct bytes text);

/*
 * The expression of a pair ("ONE|OTHER") for each of its sides, whole texts each; false where the
 * part is no pair. Appended to the two buffers.
 */
bool share_sides(const struct indicator_part *part, struct buffer *one, struct buffer *other);

#endif
