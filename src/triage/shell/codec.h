/* triage/shell/codec.h -- base64 and base32 (RFC 4648). */
#ifndef TRIAGE_SHELL_CODEC_H
#define TRIAGE_SHELL_CODEC_H

#include "triage/shell/text.h"

/* `base` is 32 or 64. */
void base_encode(struct bytes content, int base, struct text *out);

/* Line ends are skipped; `lenient`, anything foreign. False at the first byte that does not belong.
 */
bool base_decode(struct bytes coded, int base, bool lenient, struct text *out);

#endif
