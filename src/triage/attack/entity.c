/* An entity of XML that reads a file, fetches a URL or runs a command when it is resolved. */
#include <errno.h>

#include "triage/attack/words.h"

enum { ENTITIES = 8 };

/* The next string in quotes; false: none. */
static bool quoted(struct bytes *text, struct bytes *ret_inside)
{
    size_t i = 0;
    while (i < text->len && text->at[i] != '"' && text->at[i] != '\'' && text->at[i] != '>')
        i++;
    if (i >= text->len || text->at[i] == '>')
        return false;
    const char *end = memchr(text->at + i + 1, text->at[i], text->len - i - 1);
    if (!end)
        return false;
    *ret_inside = (struct bytes){text->at + i + 1, (size_t)(end - text->at) - i - 1};
    *text = bytes_from(*text, (size_t)(end - text->at) + 1);
    return true;
}

/* What resolving the identifier would leave. */
static int identifier_expect(const struct suspicion *suspicion, struct attempt *attempt,
                             struct bytes identifier)
{
    if (bytes_start(identifier, BYTES("expect://"))) {
        enum script_ran ran;
        const struct script script = {.text = bytes_from(identifier, 9),
                                      .told = bytes_from(identifier, 9)};
        return shell_expect(suspicion, &script, &attempt->expectations, &ran);
    }
    if (bytes_start(identifier, BYTES("http")) || bytes_start(identifier, BYTES("ftp:")))
        return url_expect(suspicion, attempt, identifier);
    return file_expect(suspicion, attempt, identifier);
}

static int entity_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion), rest = text, identifier;
    static const char *const keywords[] = {"SYSTEM", "PUBLIC", "xi:include"};
    struct attempt *attempt = NULL;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == ATTACK_xml_external_entity)
            return 0;
    for (size_t k = 0; k < sizeof(keywords) / sizeof(*keywords); k++) {
        rest = text;
        for (int n = 0; n < ENTITIES && rest.len; n++) {
            const char *at = memmem(rest.at, rest.len, keywords[k], strlen(keywords[k]));
            if (!at)
                break;
            rest = bytes_from(rest, (size_t)(at - rest.at) + strlen(keywords[k]));
            if (!quoted(&rest, &identifier) || (k == 1 && !quoted(&rest, &identifier)) ||
                bytes_end(identifier, BYTES(".dtd")))
                continue;
            attempt = attempt
                          ? attempt
                          : attempt_begin(suspicion, ATTACK_xml_external_entity, 0.97, identifier);
            if (!attempt)
                return suspicion->attempts->dropped ? 0 : -ENOMEM;
            int error = identifier_expect(suspicion, attempt, identifier);
            if (error)
                return error;
        }
    }
    return 0;
}

static const char *const entity_marks[] = {"<!ENTITY", "<!DOCTYPE\\s[^>]*(SYSTEM|PUBLIC)",
                                           "<xi:include", NULL};

const struct recogniser entity_recogniser = {
    .name = "entity",
    .places = PLACES_PARAMETERS | PLACE_BIT(body),
    .marks = entity_marks,
    .look = entity_look,
};
