#include "engine/judge_code.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/time.h"
#include "engine/emulator.h"
#include "model/shellcode_effect.h"
#include "triage/attack/words.h"

enum {
    SIGN_BEFORE = 24,  /* bytes in front of a sign with which a last try begins */
    TEXT_LEAST = 16,   /* characters in a row that are no code */
    FILLING_LEAST = 8, /* equal bytes in a row */
    STARTS = 3,
    ALIGNMENT = 4,      /* of the instructions of ARM, MIPS …, at whose end a sign of them ends */
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

static bool is_printable(char byte)
{
    return byte >= ' ' && byte < 0x7f;
}

/* Where in front of the sign the last text or filling ends: there the code may begin. */
static size_t padding_end(const struct suspected_code *code)
{
    size_t end = 0, same = 1, printable = 0;
    for (size_t i = 0; i < code->sign && i < code->text.len; i++) {
        same = i > 0 && code->text.at[i] == code->text.at[i - 1] ? same + 1 : 1;
        printable = is_printable(code->text.at[i]) ? printable + 1 : 0;
        if (same >= FILLING_LEAST || printable >= TEXT_LEAST)
            end = i + 1;
    }
    return end;
}

/* From where padding ends, from the first byte, from shortly before the sign: none twice. */
static size_t starts_of(const struct suspected_code *code, size_t ret_starts[STARTS])
{
    size_t near = code->sign > SIGN_BEFORE ? code->sign - SIGN_BEFORE : 0;
    const size_t wanted[STARTS] = {padding_end(code), code->sign % ALIGNMENT,
                                   near + (code->sign - near) % ALIGNMENT};
    size_t count = 0;
    for (size_t i = 0; i < STARTS; i++) {
        bool again = false;
        for (size_t j = 0; j < count; j++)
            again |= ret_starts[j] == wanted[i];
        if (!again)
            ret_starts[count++] = wanted[i];
    }
    return count;
}

/* What a run came to. */
struct outcome {
    struct shellcode_effects effects;
    struct bytes payload;
    uint32_t calls, connections;
};

static int outcome_find(struct code_judge *judge, struct bytes text, struct outcome *ret_outcome)
{
    struct shellcode_run run = {0};
    int error = code_run(judge, text, &run, &ret_outcome->effects);
    if (error)
        return error;
    ret_outcome->payload = bytes_from(text, run.entry);
    if (ret_outcome->payload.len > PAYLOAD_MOST)
        ret_outcome->payload.len = PAYLOAD_MOST;
    ret_outcome->calls = run.count;
    ret_outcome->connections = 0;
    for (uint32_t i = 0; i < ret_outcome->effects.count; i++)
        ret_outcome->connections += ret_outcome->effects.items[i].kind != EFFECT_EXECUTES;
    return 0;
}

static bool is_better(const struct outcome *one, const struct outcome *other)
{
    if (one->connections != other->connections)
        return one->connections > other->connections;
    return one->effects.count > 0 && (other->effects.count == 0 || one->calls > other->calls);
}

/* From each start until one connects: who begins in the middle of it sees only its end. */
static int code_explain(struct code_judge *judge, const struct exchange *exchange,
                        const struct suspected_code *code, struct arena *arena,
                        struct attempts *attempts)
{
    size_t starts[STARTS];
    size_t count = starts_of(code, starts);
    struct outcome best = {0};
    arena_reset(&judge->scratch);
    for (size_t i = 0; i < count && best.connections == 0 && run_allowed(judge, exchange); i++) {
        struct outcome outcome;
        int error = outcome_find(judge, bytes_from(code->text, starts[i]), &outcome);
        if (error)
            return error;
        if (is_better(&outcome, &best))
            best = outcome;
    }
    if (best.effects.count == 0)
        return 0;
    judge->counts.explained++;
    return attempt_make(exchange, code, best.payload, &best.effects, arena, attempts);
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
