/*
 * triage/decode/layer.h -- what a text becomes when it is decoded, layer by layer, to a fixpoint.
 *
 * Attackers wrap what they send and applications unwrap it: percent signs, plus
 * for space, %uXXXX, base64, HTML entities, escapes of JSON and JavaScript,
 * UTF-7, hexadecimal, overlong UTF-8. Every distinct text that can be reached
 * is kept with the way that led to it, nearest first. Bounds: LAYERS texts,
 * LAYER_DEPTH steps, LAYER_BYTES of one text.
 */
#ifndef TRIAGE_DECODE_LAYER_H
#define TRIAGE_DECODE_LAYER_H

#include "base/arena.h"

enum { LAYERS = 24, LAYER_DEPTH = 6, LAYER_BYTES = 1 << 16 };

#define LAYER_CODINGS(X)                                                                           \
    X(raw, "as it was sent")                                                                       \
    X(percent, "URL encoding (RFC 3986), plus is a plus")                                          \
    X(form, "URL encoding of forms: plus is a space")                                              \
    X(base64, "RFC 4648, also the URL alphabet, padding optional")                                 \
    X(hexadecimal, "pairs of digits, 0x… or \\x…")                                                 \
    X(entity, "HTML character references")                                                         \
    X(escape, "\\uXXXX, \\xXX, \\n … of JSON and JavaScript")                                      \
    X(utf7, "RFC 2152")                                                                            \
    X(overlong, "UTF-8 longer than it need be")
enum layer_coding {
#define X(name, doc) CODING_##name,
    LAYER_CODINGS(X)
#undef X
        CODING_COUNT
};

struct layer {
    struct bytes text;
    enum layer_coding coding; /* the last step */
    uint8_t parent, depth;    /* of the raw text: 0, 0 */
};

struct layers {
    struct layer items[LAYERS];
    uint32_t count;
    bool cut; /* a bound was hit */
};

/*
 * All layers of `raw`, itself first. Texts live in `arena` (the raw one is the
 * caller's). -ENOMEM.
 */
int layers_unfold(struct bytes raw, struct arena *arena, struct layers *ret_layers)
    __attribute__((warn_unused_result));

/* "form > base64": the steps to layer i, for people; lives in `arena`. Empty for the raw text. */
struct bytes layer_path(const struct layers *layers, uint32_t i, struct arena *arena);

/*
 * One step by one coding. False: nothing of that coding is in the text, or what
 * came out is no text (base64). -- `ret_text` lives in `arena`; at == NULL: memory ran out.
 */
bool layer_decode(enum layer_coding coding, struct bytes text, struct arena *arena,
                  struct bytes *ret_text);

#endif
