#include "engine/judge_code.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/time.h"
#include "engine/emulator.h"
#include "model/shellcode_effect.h"
#include "triage/attack/words.h"

enum {
    SIGN_BEFORE = 24,   /* bytes in front of a sign with which a second try begins */
    PAYLOAD_MOST = 512, /* told of the code */
};

#define CODE_CONFIDENCE 0.97 /* it ran and did something that makes sense */

struct code_judge {
    struct emulator *emulator; /* NULL: there is none, or it was lost too often */
    struct code_counts counts;
    int64_t second; /* of the packets' time, and the runs in it */
    uint32_t runs, losses;
    struct arena scratch;
};

int code_judge_new(const char *helper, struct code_judge **ret_judge)
{
    struct code_judge *judge = calloc(1, sizeof(*judge));
    if (!judge)
        return -ENOMEM;
    if (emulator_open(helper, EMULATOR_PATIENCE, &judge->emulator) == -ENOMEM) {
        free(judge);
        return -ENOMEM;
    }
    *ret_judge = judge;
    return 0;
}

void code_judge_free(struct code_judge *judge)
{
    if (!judge)
        return;
    emulator_close(judge->emulator);
    arena_finish(&judge->scratch);
    free(judge);
}

const struct code_counts *code_judge_counts(const struct code_judge *judge)
{
    return &judge->counts;
}

static void helper_lost(struct code_judge *judge)
{
    emulator_close(judge->emulator);
    judge->emulator = NULL;
}

/* Whether one more may run now. */
static bool run_allowed(struct code_judge *judge, const struct exchange *exchange)
{
    int64_t second = exchange->request.start / TIME_SECOND;
    if (second != judge->second)
        judge->runs = 0;
    judge->second = second;
    if (!judge->emulator || judge->runs == CODE_RUNS_A_SECOND) {
        judge->counts.skipped++;
        return false;
    }
    judge->runs++;
    judge->counts.runs++;
    return true;
}

/* Said completely enough to be looked for, or to be believed. */
static bool effect_is_whole(const struct shellcode_effect *effect)
{
    switch (effect->kind) {
    case EFFECT_LISTENS:
        return effect->port != 0;
    case EFFECT_CONNECTS:
        return effect->port != 0 && effect->host.len &&
               !bytes_equal(effect->host, BYTES("0.0.0.0"));
    case EFFECT_FETCHES:
        return effect->host.len > 0;
    default:
        return effect->text.len > 1;
    }
}

/* Run it once; *ret_effects only holds whole ones. */
static int code_run(struct code_judge *judge, struct bytes code, struct shellcode_run *ret_run,
                    struct shellcode_effects *ret_effects)
{
    struct shellcode_effects effects = {0};
    ret_effects->count = 0;
    int error = emulator_explain(judge->emulator, SHELLCODE_ANY, code, &judge->scratch, ret_run);
    if (error == 0)
        error = shellcode_effects_of(ret_run, &judge->scratch, &effects);
    if (error == -ENOMEM)
        return error;
    bool lost = error || ret_run->ending == SHELLCODE_HUNG || ret_run->ending == SHELLCODE_CRASHED;
    judge->losses += lost;
    if (error || judge->losses == CODE_LOSSES)
        helper_lost(judge);
    for (uint32_t i = 0; i < effects.count && !ret_run->assumed; i++)
        if (effect_is_whole(&effects.items[i]))
            ret_effects->items[ret_effects->count++] = effects.items[i];
    return 0;
}

/* "connects 10.1.2.3:4444, executes /bin/sh"; at == NULL: no memory. */
static struct bytes effects_text(const struct shellcode_effects *effects, struct arena *arena)
{
    static const char *const verbs[] = {"listens", "connects", "executes", "fetches"};
    struct buffer text = {0};
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct shellcode_effect *effect = &effects->items[i];
        buffer_put(&text, i ? BYTES(", ") : BYTES(""));
        buffer_put(&text, bytes_of(verbs[effect->kind]));
        buffer_put_char(&text, ' ');
        buffer_put(&text, effect->text.len ? effect->text : effect->host);
        if (effect->text.len == 0)
            buffer_put_format(&text, ":%u", effect->port);
    }
    struct bytes copy = text.failed ? (struct bytes){0} : arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    return copy;
}

/* What a shell among it would leave: sh -c "…". */
static int command_expect(const struct suspicion *suspicion, struct attempt *attempt,
                          struct bytes text)
{
    enum script_ran ran;
    const char *at = memmem(text.at, text.len, "sh -c ", 6);
    struct bytes told = at ? bytes_from(text, (size_t)(at - text.at) + 6) : (struct bytes){0};
    const struct script script = {.text = told, .told = told};
    return told.len ? shell_expect(suspicion, &script, &attempt->expectations, &ran) : 0;
}

static int effect_expect(const struct suspicion *suspicion, struct attempt *attempt,
                         const struct shellcode_effect *effect)
{
    struct bytes host = arena_copy(suspicion->arena, effect->host);
    struct bytes text = arena_copy(suspicion->arena, effect->text);
    struct ip ip;
    if (!host.at || !text.at)
        return -ENOMEM;
    switch (effect->kind) {
    case EFFECT_LISTENS:
        return attempt_expect(suspicion, attempt,
                              (struct expectation){.kind = EXPECT_contact, .port = effect->port});
    case EFFECT_CONNECTS: {
        int error = attempt_expect(
            suspicion, attempt,
            (struct expectation){.kind = EXPECT_connection, .host = host, .port = effect->port});
        if (error == 0 && !ip_parse(host, &ip))
            error = attempt_expect(suspicion, attempt,
                                   (struct expectation){.kind = EXPECT_dns, .host = host});
        return error;
    }
    case EFFECT_FETCHES:
        return url_expect(suspicion, attempt, text);
    default:
        return command_expect(suspicion, attempt, text);
    }
}

static int attempt_make(const struct exchange *exchange, const struct suspected_code *code,
                        struct bytes from_entry, const struct shellcode_effects *effects,
                        struct arena *arena, struct attempts *attempts)
{
    const struct suspicion suspicion = {.exchange = exchange, .arena = arena, .attempts = attempts};
    struct bytes command = effects_text(effects, arena);
    if (!command.at)
        return -ENOMEM;
    struct attempt *attempt = attempts_add(attempts, ATTACK_shellcode, arena);
    if (!attempt)
        return 0;
    attempt->confidence = CODE_CONFIDENCE;
    attempt->place = code->place;
    attempt->payload = from_entry;
    attempt->command = command;
    int error = 0;
    for (uint32_t i = 0; i < effects->count && error == 0; i++)
        error = effect_expect(&suspicion, attempt, &effects->items[i]);
    return error;
}

/* From its first byte on, then, when that says nothing, from shortly before the sign. */
static int code_explain(struct code_judge *judge, const struct exchange *exchange,
                        const struct suspected_code *code, struct arena *arena,
                        struct attempts *attempts)
{
    const size_t starts[2] = {0, code->sign > SIGN_BEFORE ? code->sign - SIGN_BEFORE : 0};
    struct shellcode_effects effects = {0};
    for (size_t i = 0; i < 2 && effects.count == 0 && (i == 0 || starts[1] > 0); i++) {
        struct shellcode_run run = {0};
        struct bytes text = bytes_from(code->text, starts[i]);
        if (!run_allowed(judge, exchange))
            return 0;
        arena_reset(&judge->scratch);
        int error = code_run(judge, text, &run, &effects);
        if (error)
            return error;
        if (effects.count == 0)
            continue;
        struct bytes payload = bytes_from(text, run.entry);
        payload.len = payload.len < PAYLOAD_MOST ? payload.len : PAYLOAD_MOST;
        judge->counts.explained++;
        error = attempt_make(exchange, code, payload, &effects, arena, attempts);
        if (error)
            return error;
    }
    return 0;
}

/* The same place, decoded otherwise, is understood already. */
static bool is_explained(const struct attempts *attempts, const struct suspected_code *code)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        if (attempts->items[i].class == ATTACK_shellcode &&
            bytes_equal(attempts->items[i].place, code->place))
            return true;
    return false;
}

int code_judge_explain(struct code_judge *judge, const struct exchange *exchange,
                       struct arena *arena, struct attempts *attempts)
{
    int error = 0;
    for (uint32_t i = 0; i < attempts->code_count && error == 0; i++)
        if (!is_explained(attempts, &attempts->codes[i]))
            error = code_explain(judge, exchange, &attempts->codes[i], arena, attempts);
    if (attempts->code_count)
        attempts_sort(attempts);
    return error;
}
