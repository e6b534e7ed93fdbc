#include "triage/triage.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/ledger.h"
#include "triage/stage.h"

/* How long a case draws later findings to itself, by what they share. */
#define CAUSE_SPAN (7 * TIME_DAY)
#define HOP_SPAN   TIME_DAY
#define HOST_SPAN  (12 * TIME_HOUR)

enum { CASES_HELD = 8192, KEYS_HELD = 1 << 17 };

/* What findings may share; the tag keeps the keys of different kinds apart. */
enum tie { TIE_CAUSE = 1, TIE_PROCESS, TIE_NOVELTY, TIE_REACHED, TIE_ADDRESS, TIE_HOST };

/* Something a case has, by which later findings are known to belong to it. */
struct claim {
    struct ledger_head head; /* last_day: minutes */
    uint32_t case_id;
    int64_t time;
};

struct triage {
    struct ledger claims;
    struct incident *cases; /* a ring of the newest CASES_HELD, by id */
    uint32_t next_id;
};

int triage_open(struct triage **ret_triage)
{
    struct triage *triage = calloc(1, sizeof(*triage));
    if (!triage)
        return -ENOMEM;
    triage->cases = calloc(CASES_HELD, sizeof(*triage->cases));
    if (!triage->cases) {
        free(triage);
        return -ENOMEM;
    }
    triage->next_id = 1;
    ledger_init(&triage->claims, sizeof(struct claim), KEYS_HELD);
    *ret_triage = triage;
    return 0;
}

/* Every text of a case, for whoever copies, frees or writes them all. */
static uint32_t case_texts(struct incident *incident, struct bytes *texts[CASE_HOSTS + 4])
{
    uint32_t count = 0;
    texts[count++] = &incident->title.english;
    texts[count++] = &incident->title.japanese;
    texts[count++] = &incident->summary.english;
    texts[count++] = &incident->summary.japanese;
    for (uint32_t i = 0; i < incident->host_count && i < CASE_HOSTS; i++)
        texts[count++] = &incident->hosts[i];
    return count;
}

static void case_wipe(struct incident *incident)
{
    struct bytes *texts[CASE_HOSTS + 4];
    uint32_t count = case_texts(incident, texts);
    for (uint32_t i = 0; i < count; i++)
        free((char *)(uintptr_t)texts[i]->at);
    *incident = (struct incident){0};
}

/* Put a copy of `text` in the place of what stands at `keep`. */
static int text_keep(struct bytes *keep, struct bytes text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return -ENOMEM;
    if (text.len)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    free((char *)(uintptr_t)keep->at);
    *keep = (struct bytes){copy, text.len};
    return 0;
}

static struct incident *case_slot(struct triage *triage, uint32_t id)
{
    return &triage->cases[id % CASES_HELD];
}

static uint64_t tie_key(enum tie tie, struct bytes value)
{
    return value.len ? hash_mix((uint64_t)tie, hash_bytes(value)) : 0;
}

/* The case that claims a key within the span, or 0. */
static uint32_t claimed(const struct triage *triage, uint64_t key, int64_t time, int64_t span)
{
    const struct claim *claim = key ? ledger_find(&triage->claims, key) : NULL;
    if (!claim || claim->time < time - span || triage->next_id - claim->case_id > CASES_HELD)
        return 0;
    return claim->case_id;
}

static int claim_key(struct triage *triage, uint64_t key, uint32_t case_id, int64_t time)
{
    if (key == 0)
        return 0;
    struct claim *claim = ledger_enter(&triage->claims, key);
    if (!claim)
        return -ENOMEM;
    claim->head.last_day = (int32_t)(time / TIME_MINUTE);
    claim->case_id = case_id;
    claim->time = time;
    return 0;
}

/* Claims are of one host unless what they name is the same everywhere. */
static uint64_t cause_key(const struct finding *finding)
{
    return hash_mix(tie_key(TIE_CAUSE, finding->cause), hash_bytes(finding->host));
}

/* The oldest case a finding shares something with; 0: it is a case of its own. */
static uint32_t find_case(const struct triage *triage, const struct finding *finding)
{
    int64_t time = finding->time_end;
    const struct {
        uint64_t key;
        int64_t span;
    } ties[] = {
        {cause_key(finding), CAUSE_SPAN},
        {hash_mix(TIE_NOVELTY, finding->novelty), CAUSE_SPAN},
        {tie_key(TIE_REACHED, finding->address), HOP_SPAN}, /* somebody reached this host */
        {tie_key(TIE_ADDRESS, finding->peer), HOP_SPAN},    /* this host reached one with a case */
        {tie_key(TIE_HOST, finding->host), HOST_SPAN},      /* one person, one machine, one day */
    };
    uint32_t found = 0;
    for (size_t i = 0; i < sizeof(ties) / sizeof(ties[0]); i++) {
        uint32_t id = claimed(triage, ties[i].key, time, ties[i].span);
        if (id && (!found || id < found))
            found = id;
    }
    for (int i = 0; i < finding->observable_count && !found; i++)
        if (finding->observables[i].type == OBSERVABLE_process)
            found = claimed(triage, tie_key(TIE_PROCESS, finding->observables[i].value), time,
                            CAUSE_SPAN);
    return found;
}

static int claim_all(struct triage *triage, const struct finding *finding, uint32_t id)
{
    int64_t time = finding->time_end;
    int error = claim_key(triage, cause_key(finding), id, time);
    if (!error)
        error = claim_key(triage, hash_mix(TIE_NOVELTY, finding->novelty), id, time);
    if (!error)
        error = claim_key(triage, tie_key(TIE_REACHED, finding->peer), id, time);
    if (!error)
        error = claim_key(triage, tie_key(TIE_ADDRESS, finding->address), id, time);
    if (!error)
        error = claim_key(triage, tie_key(TIE_HOST, finding->host), id, time);
    for (int i = 0; i < finding->observable_count && !error; i++)
        if (finding->observables[i].type == OBSERVABLE_process)
            error =
                claim_key(triage, tie_key(TIE_PROCESS, finding->observables[i].value), id, time);
    return error;
}

static int case_add_host(struct incident *incident, struct bytes host)
{
    for (uint32_t i = 0; i < incident->host_count && i < CASE_HOSTS; i++)
        if (bytes_equal(incident->hosts[i], host))
            return 0;
    if (incident->host_count == CASE_HOSTS)
        return 0;
    int error = text_keep(&incident->hosts[incident->host_count], host);
    if (!error)
        incident->host_count++;
    return error;
}

static void summary_english(const struct incident *incident, struct buffer *out)
{
    uint32_t others = incident->host_count - 1;
    buffer_put(out, BYTES("Programs on "));
    buffer_put(out, incident->hosts[0]);
    if (others)
        buffer_put_format(out, " and %u other host%s", others, others == 1 ? "" : "s");
    buffer_put(out, BYTES(" did what normal life here does not"));
    if (incident->stages)
        buffer_put(out, BYTES(": they "));
    stages_put(incident->stages, false, out);
    buffer_put_char(out, '.');
}

static void summary_japanese(const struct incident *incident, struct buffer *out)
{
    uint32_t others = incident->host_count - 1;
    buffer_put(out, incident->hosts[0]);
    if (others)
        buffer_put_format(out, "ほか%u台", others);
    buffer_put(out, BYTES("のプログラムが通常とは異なる動作をしました"));
    if (incident->stages)
        buffer_put(out, BYTES("："));
    stages_put(incident->stages, true, out);
    if (incident->stages)
        buffer_put(out, BYTES("ました"));
    buffer_put(out, BYTES("。"));
}

/* A sentence for whoever has to decide whether to get up. */
static int case_summarise(struct incident *incident)
{
    struct buffer english = {0}, japanese = {0};
    summary_english(incident, &english);
    summary_japanese(incident, &japanese);
    int error = english.failed || japanese.failed ? -ENOMEM : 0;
    if (!error)
        error = text_keep(&incident->summary.english, buffer_bytes(&english));
    if (!error)
        error = text_keep(&incident->summary.japanese, buffer_bytes(&japanese));
    buffer_finish(&english);
    buffer_finish(&japanese);
    return error;
}

/* Doubt shrinks by a tenth with every further finding, and by half with every further host. */
static double case_score(const struct incident *incident)
{
    double doubt = 1 - incident->best;
    return 1 - doubt * pow(0.9, incident->findings - 1.0) * pow(0.5, incident->host_count - 1.0);
}

static int case_add(struct incident *incident, const struct finding *finding)
{
    bool strongest = incident->findings == 0 || finding->score > incident->best;
    int error = case_add_host(incident, finding->host);
    if (!error && strongest)
        error = text_keep(&incident->title.english, finding->title.english);
    if (!error && strongest)
        error = text_keep(&incident->title.japanese, finding->title.japanese);
    if (error)
        return error;
    if (strongest)
        incident->best = finding->score;
    if (incident->findings == 0 || finding->time_start < incident->time_start)
        incident->time_start = finding->time_start;
    if (incident->findings == 0 || finding->time_end > incident->time_end)
        incident->time_end = finding->time_end;
    if (incident->findings == 0)
        incident->opened = finding->time_end;
    uint8_t level = finding->level;
    if (incident->host_count > 1 && level < 4)
        level++;
    if (level > incident->level)
        incident->level = level;
    for (int i = 0; i < finding->techniques; i++)
        incident->stages |= stage_of(finding->attack[i]);
    incident->findings++;
    incident->score = case_score(incident);
    return case_summarise(incident);
}

int triage_take(struct triage *triage, const struct finding *finding,
                const struct incident **ret_case)
{
    uint32_t id = find_case(triage, finding);
    struct incident *incident = case_slot(triage, id ? id : triage->next_id);
    if (id == 0) {
        id = triage->next_id++;
        case_wipe(incident);
        incident->id = id;
    }
    int error = case_add(incident, finding);
    if (!error)
        error = claim_all(triage, finding, id);
    if (!error)
        *ret_case = incident;
    return error;
}

static void case_save(struct incident *incident, struct buffer *out)
{
    struct bytes *texts[CASE_HOSTS + 4];
    uint64_t best;
    memcpy(&best, &incident->best, sizeof(best));
    buffer_put_u32(out, incident->id);
    buffer_put_u8(out, incident->level);
    buffer_put_u64(out, best);
    buffer_put_u64(out, (uint64_t)incident->time_start);
    buffer_put_u64(out, (uint64_t)incident->time_end);
    buffer_put_u64(out, (uint64_t)incident->opened);
    buffer_put_u32(out, incident->findings);
    buffer_put_u32(out, incident->stages);
    buffer_put_u32(out, incident->host_count);
    uint32_t count = case_texts(incident, texts);
    for (uint32_t i = 0; i < count; i++)
        buffer_put_block(out, *texts[i]);
}

void triage_save(const struct triage *triage, struct buffer *out)
{
    uint32_t held = triage->next_id - 1 < CASES_HELD ? triage->next_id - 1 : CASES_HELD;
    ledger_save(&triage->claims, out);
    buffer_put_u32(out, triage->next_id);
    for (uint32_t id = triage->next_id - held; id < triage->next_id; id++)
        case_save(&triage->cases[id % CASES_HELD], out);
}

static int case_load(struct triage *triage, uint32_t expected, struct cursor *in)
{
    struct incident *incident = case_slot(triage, expected);
    struct bytes *texts[CASE_HOSTS + 4];
    case_wipe(incident);
    incident->id = cursor_u32(in);
    incident->level = cursor_u8(in);
    uint64_t best = cursor_u64(in);
    memcpy(&incident->best, &best, sizeof(best));
    incident->time_start = (int64_t)cursor_u64(in);
    incident->time_end = (int64_t)cursor_u64(in);
    incident->opened = (int64_t)cursor_u64(in);
    incident->findings = cursor_u32(in);
    incident->stages = cursor_u32(in);
    uint32_t hosts = cursor_u32(in);
    if (!cursor_ok(in) || incident->id != expected || hosts > CASE_HOSTS)
        return -EBADMSG;
    incident->host_count = hosts;
    incident->score = case_score(incident);
    uint32_t count = case_texts(incident, texts);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = text_keep(texts[i], cursor_block(in));
    return error ? error : cursor_ok(in) ? 0 : -EBADMSG;
}

int triage_load(struct triage *triage, struct cursor *in)
{
    int error = ledger_load(&triage->claims, in);
    uint32_t next = cursor_u32(in);
    if (error || !cursor_ok(in) || next == 0)
        return error ? error : -EBADMSG;
    uint32_t held = next - 1 < CASES_HELD ? next - 1 : CASES_HELD;
    for (uint32_t id = next - held; id < next && !error; id++)
        error = case_load(triage, id, in);
    if (!error)
        triage->next_id = next;
    return error;
}

void triage_close(struct triage *triage)
{
    if (!triage)
        return;
    for (uint32_t i = 0; i < CASES_HELD; i++)
        case_wipe(&triage->cases[i]);
    free(triage->cases);
    ledger_finish(&triage->claims);
    free(triage);
}
