#include "triage/decode/layer.h"

#include <errno.h>

#include "base/buffer.h"
#include "triage/decode/coding.h"

typedef bool coding_step(struct bytes text, char *out, size_t *ret_len);

/* What each step makes is never longer than what it takes. */
static coding_step *const steps[CODING_COUNT] = {
    [CODING_percent] = percent_step, [CODING_form] = form_step,
    [CODING_base64] = base64_step,   [CODING_hexadecimal] = hexadecimal_step,
    [CODING_entity] = entity_step,   [CODING_escape] = escape_step,
    [CODING_utf7] = utf7_step,       [CODING_overlong] = overlong_step,
};

static const char *const names[] = {
#define X(name, doc) #name,
    LAYER_CODINGS(X)
#undef X
};

bool layer_decode(enum layer_coding coding, struct bytes text, struct arena *arena,
                  struct bytes *ret_text)
{
    if (coding == CODING_raw || (unsigned)coding >= CODING_COUNT || text.len == 0 ||
        text.len > LAYER_BYTES || !coding_occurs(coding, text))
        return false;
    char *out = arena_take(arena, text.len + 4);
    size_t len = 0;
    if (!out) {
        *ret_text = (struct bytes){NULL, 0};
        return true;
    }
    if (!steps[coding](text, out, &len) || len == 0)
        return false;
    *ret_text = (struct bytes){out, len};
    return true;
}

static bool layers_have(const struct layers *layers, struct bytes text)
{
    for (uint32_t i = 0; i < layers->count; i++)
        if (bytes_equal(layers->items[i].text, text))
            return true;
    return false;
}

int layers_unfold(struct bytes raw, struct arena *arena, struct layers *ret_layers)
{
    struct layers *layers = ret_layers;
    layers->count = 1;
    layers->cut = raw.len > LAYER_BYTES;
    raw.len = raw.len < LAYER_BYTES ? raw.len : LAYER_BYTES;
    layers->items[0] = (struct layer){.text = raw};
    for (uint32_t i = 0; i < layers->count; i++) {
        const struct layer from = layers->items[i];
        if (from.depth == LAYER_DEPTH) {
            layers->cut = true;
            continue;
        }
        for (int coding = CODING_percent; coding < CODING_COUNT; coding++) {
            struct bytes text;
            if (!layer_decode((enum layer_coding)coding, from.text, arena, &text))
                continue;
            if (!text.at)
                return -ENOMEM;
            if (layers_have(layers, text))
                continue;
            if (layers->count == LAYERS) {
                layers->cut = true;
                return 0;
            }
            layers->items[layers->count++] = (struct layer){text, (enum layer_coding)coding,
                                                            (uint8_t)i, (uint8_t)(from.depth + 1)};
        }
    }
    return 0;
}

struct bytes layer_path(const struct layers *layers, uint32_t i, struct arena *arena)
{
    const char *steps_back[LAYER_DEPTH];
    size_t count = 0;
    struct buffer path = {0};
    for (; i != 0 && count < LAYER_DEPTH; i = layers->items[i].parent)
        steps_back[count++] = names[layers->items[i].coding];
    while (count > 0) {
        buffer_put(&path, bytes_of(steps_back[--count]));
        if (count)
            buffer_put(&path, BYTES(" > "));
    }
    struct bytes copy = arena_copy(arena, buffer_bytes(&path));
    buffer_finish(&path);
    return copy;
}
