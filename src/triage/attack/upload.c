/* A program for the server's own language, uploaded where it could be asked for afterwards. */
#include <errno.h>

#include "triage/attack/recogniser.h"

enum { NAME_LEAST = 3 };

/* The name the file was given: of the part that holds it, or the path that was PUT. */
static struct bytes name_of(const struct suspicion *suspicion)
{
    const struct exchange *exchange = suspicion->exchange;
    struct bytes body = exchange->request.body, value = suspicion->place->value;
    if (suspicion->place->kind != PLACE_part)
        return bytes_base_name(target_path(exchange->target));
    if (value.at < body.at || value.at > body.at + body.len)
        return (struct bytes){0};
    struct bytes before = {body.at, (size_t)(value.at - body.at)}, name = {0};
    static const char mark[] = "filename=\"";
    const char *at;
    while (before.len && (at = memmem(before.at, before.len, mark, sizeof(mark) - 1))) {
        before = bytes_from(before, (size_t)(at - before.at) + sizeof(mark) - 1);
        const char *end = before.len ? memchr(before.at, '"', before.len) : NULL;
        name = end ? (struct bytes){before.at, (size_t)(end - before.at)} : (struct bytes){0};
    }
    return bytes_base_name(name);
}

static int upload_look(const struct suspicion *suspicion)
{
    struct bytes method = suspicion->exchange->method;
    if (suspicion->place->kind == PLACE_body && !bytes_equal(method, BYTES("PUT")) &&
        !bytes_equal(method, BYTES("MOVE")))
        return 0;
    struct bytes name = name_of(suspicion);
    if (name.len < NAME_LEAST)
        return 0;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (bytes_equal(suspicion->attempts->items[i].command, name))
            return 0;
    struct attempt *attempt = attempt_begin(suspicion, ATTACK_web_shell, 0.95, name);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    return attempt_expect(suspicion, attempt,
                          (struct expectation){.kind = EXPECT_file, .text = name});
}

static const char *const upload_marks[] = {
    "<\\?(php|=)",
    "<%[@!=\\s].*(Runtime|ProcessBuilder|Request|eval|page import)",
    "<script\\s+runat\\s*=",
    NULL,
};

const struct recogniser upload_recogniser = {
    .name = "upload",
    .places = PLACE_BIT(part) | PLACE_BIT(body),
    .marks = upload_marks,
    .look = upload_look,
};
