/*
 * Machine code among what was sent: calls of a system right behind their numbers, code that finds
 * out where it lies, a process's list of modules, sleds. Nothing is concluded from these signs:
 * what stands around them is noted for whoever can run it (attempts.codes).
 */
#include <errno.h>

#include "triage/attack/recogniser.h"

enum { CODE_BEFORE = 640, CODE_BEHIND = 3072 };

static bool codes_have(const struct attempts *attempts, struct bytes text)
{
    for (uint32_t i = 0; i < attempts->code_count; i++)
        if (bytes_equal(attempts->codes[i].text, text))
            return true;
    return false;
}

/*
 * The bytes as a program that reads no parameters sees them: with plus signs. Their length is the
 * layer's, so the sign is where it was.
 */
static struct bytes text_as_sent(const struct suspicion *suspicion)
{
    const struct layers *layers = suspicion->layers;
    const struct layer *layer = &layers->items[suspicion->layer];
    if (layer->coding != CODING_form || layer->parent != 0)
        return layer->text;
    for (uint32_t i = 0; i < layers->count; i++) {
        const struct layer *other = &layers->items[i];
        if (other->parent == 0 && other->text.len == layer->text.len &&
            (other->coding == CODING_percent || other->coding == CODING_raw))
            return other->text;
    }
    return layer->text;
}

static int code_note(struct attempts *attempts, struct bytes place, struct bytes text, size_t sign)
{
    size_t from = sign > CODE_BEFORE ? sign - CODE_BEFORE : 0;
    text = bytes_from(text, from);
    if (text.len > CODE_BEFORE + CODE_BEHIND)
        text.len = CODE_BEFORE + CODE_BEHIND;
    if (codes_have(attempts, text))
        return 0;
    if (attempts->code_count == ATTEMPT_CODES) {
        attempts->codes_dropped++;
        return 0;
    }
    attempts->codes[attempts->code_count++] = (struct suspected_code){place, text, sign - from};
    return place.at ? 0 : -ENOMEM;
}

/* Who finds it in the head as it was sent has no need of what that is decoded to. */
static int machine_code_look(const struct suspicion *suspicion)
{
    bool http = suspicion->exchange->protocol == EXCHANGE_http;
    enum place_kind kind = suspicion->place->kind;
    bool body =
        kind == PLACE_form || kind == PLACE_part || kind == PLACE_json || kind == PLACE_body;
    if (http && !body && machine_code_in_head(suspicion->exchange))
        return 0;
    return code_note(suspicion->attempts, place_label(suspicion->place, suspicion->arena),
                     text_as_sent(suspicion), suspicion->mark_end);
}

enum { HEAD = 7, TAIL = 4 };

/* A byte is one of these when its bits under the mask are the value's. */
struct sign_byte {
    uint8_t value, mask;
};

#define IS(value)                                                                                  \
    {                                                                                              \
        (value), 0xff                                                                              \
    }
#define LIKE(value, bits)                                                                          \
    {                                                                                              \
        (value), (bits)                                                                            \
    }
#define ANY                                                                                        \
    {                                                                                              \
        0, 0                                                                                       \
    }

/* A row of bytes, and within `gap` bytes behind it, where there is one, another. */
struct sign {
    uint8_t head_len, tail_len, gap;
    struct sign_byte head[HEAD], tail[TAIL];
};

#define INTERRUPT                                                                                  \
    {                                                                                              \
        IS(0xcd), IS(0x80)                                                                         \
    }
#define SYSCALL                                                                                    \
    {                                                                                              \
        IS(0x0f), IS(0x05)                                                                         \
    }
/* a register cleared by xor, sub … with itself */
#define CLEARED(register)                                                                          \
    {                                                                                              \
        2, 2, 64, {LIKE(0x21, 0xe5), IS(register)}, INTERRUPT                                      \
    }

/* Each is met about once in a million of other bytes by chance. */
static const struct sign signs[] = {
    /* x86: a register cleared or a number loaded, and a system call behind it */
    CLEARED(0xc0),
    CLEARED(0xc9),
    CLEARED(0xd2),
    CLEARED(0xdb),
    CLEARED(0xf6),
    CLEARED(0xff),
    {2, 2, 0, {IS(0xf7), LIKE(0xe0, 0xf8)}, INTERRUPT},
    {3, 2, 48, {IS(0x6a), ANY, LIKE(0x58, 0xfc)}, INTERRUPT},
    {3, 2, 48, {IS(0x6a), ANY, LIKE(0x58, 0xfc)}, SYSCALL},
    {2, 2, 0, {IS(0xb0), ANY}, INTERRUPT},
    {7, 0, 0, {IS(0x9a), IS(0), IS(0), IS(0), IS(0), IS(7), IS(0)}, {ANY}},
    /* x86-64 */
    {3, 2, 64, {IS(0x48), IS(0x31), LIKE(0xc0, 0xc0)}, SYSCALL},
    {2, 2, 0, {IS(0xb0), LIKE(0, 0xc0)}, SYSCALL},
    /* where am I: a call backwards or to the next instruction, the coprocessor's environment */
    {5, 0, 0, {IS(0xe8), LIKE(0x80, 0x80), IS(0xff), IS(0xff), IS(0xff)}, {ANY}},
    {6, 0, 0, {IS(0xe8), IS(0), IS(0), IS(0), IS(0), LIKE(0x58, 0xf8)}, {ANY}},
    {4, 0, 0, {IS(0xd9), IS(0x74), IS(0x24), IS(0xf4)}, {ANY}},
    {3, 0, 0, {IS(0xd9), LIKE(0x70, 0xf8), IS(0xf4)}, {ANY}},
    /* Windows: the process's own block */
    {6, 0, 0, {IS(0x64), IS(0xa1), LIKE(0x10, 0xd7), IS(0), IS(0), IS(0)}, {ANY}},
    {4, 0, 0, {IS(0x64), IS(0x8b), ANY, LIKE(0x10, 0xd7)}, {ANY}},
    {3, 1, 2, {IS(0x65), LIKE(0x48, 0xfb), IS(0x8b)}, {IS(0x60)}},
    /* … a function at an address of its libraries */
    {7,
     0,
     0,
     {LIKE(0xb8, 0xf8), ANY, ANY, ANY, LIKE(0x70, 0xf0), IS(0xff), LIKE(0xd0, 0xf8)},
     {ANY}},
    /* a sled */
    {4, 4, 20, {IS(0x90), IS(0x90), IS(0x90), IS(0x90)}, {IS(0x90), IS(0x90), IS(0x90), IS(0x90)}},
    /* ARM: number in r7, call; its short instructions; ARM64 */
    {3, 2, 24, {IS(0x70), LIKE(0x80, 0xd0), LIKE(0xe2, 0xfe)}, {LIKE(0, 0x6f), IS(0xef)}},
    {1, 2, 6, {IS(0x27)}, {IS(0x01), IS(0xdf)}},
    {4, 0, 0, {IS(0x01), IS(0), IS(0), IS(0xd4)}, {ANY}},
    /* MIPS in both orders, PowerPC, RISC-V */
    {2, 4, 2, {IS(0x24), IS(0x02)}, {LIKE(0, 0xfc), ANY, ANY, IS(0x0c)}},
    {2, 4, 0, {IS(0x02), IS(0x24)}, {IS(0x0c), ANY, ANY, LIKE(0, 0xfc)}},
    {4, 0, 0, {IS(0x44), IS(0), IS(0), IS(0x02)}, {ANY}},
    {4, 0, 0, {IS(0x44), IS(0xff), IS(0xff), IS(0x02)}, {ANY}},
    {2, 4, 24, {IS(0x93), IS(0x08)}, {IS(0x73), IS(0), IS(0), IS(0)}},
};

enum { SIGNS = sizeof(signs) / sizeof(*signs) };
_Static_assert(SIGNS <= 32, "a bit each");

static bool row_is_at(const struct sign_byte *row, size_t len, struct bytes text, size_t at)
{
    for (size_t i = 0; i < len; i++)
        if (((uint8_t)text.at[at + i] & row[i].mask) != row[i].value)
            return false;
    return true;
}

/* Where the sign that begins at `at` ends; 0: there is none. */
static size_t sign_end(const struct sign *sign, struct bytes text, size_t at)
{
    size_t least = (size_t)sign->head_len + sign->tail_len;
    if (text.len - at < least || !row_is_at(sign->head, sign->head_len, text, at))
        return 0;
    for (size_t gap = 0; gap <= sign->gap && text.len - at >= least + gap; gap++)
        if (row_is_at(sign->tail, sign->tail_len, text, at + sign->head_len + gap))
            return at + least + gap;
    return 0;
}

/* Code has bytes that text hasn't; the rest is nearly all that is ever asked about. */
static bool is_text(struct bytes text)
{
    bool strange = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        strange |= byte >= 0x7f || byte < '\t' || (byte > '\r' && byte < ' ');
    }
    return !strange;
}

static bool machine_code_spot(struct bytes text, size_t *ret_end)
{
    uint32_t beginning[256] = {0}; /* which signs may begin with this byte */
    if (is_text(text))
        return false;
    for (unsigned i = 0; i < SIGNS; i++)
        for (unsigned byte = 0; byte < 256; byte++)
            if ((byte & signs[i].head[0].mask) == signs[i].head[0].value)
                beginning[byte] |= 1u << i;
    for (size_t at = 0; at < text.len; at++)
        for (uint32_t left = beginning[(uint8_t)text.at[at]]; left; left &= left - 1) {
            *ret_end = sign_end(&signs[__builtin_ctz(left)], text, at);
            if (*ret_end)
                return true;
        }
    return false;
}

bool machine_code_in_head(const struct exchange *exchange)
{
    size_t end;
    return machine_code_spot(exchange->request.head, &end);
}

int machine_code_look_head(const struct exchange *exchange, struct attempts *attempts)
{
    size_t end;
    if (!machine_code_spot(exchange->request.head, &end))
        return 0;
    return code_note(attempts, BYTES("head"), exchange->request.head, end);
}

static const char *const no_marks[] = {NULL};

const struct recogniser machine_code_recogniser = {
    .name = "machine_code",
    .places = PLACES_ALL,
    .marks = no_marks,
    .spot = machine_code_spot,
    .look = machine_code_look,
};
