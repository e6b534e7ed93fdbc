#include "detect/explain.h"

#include <stdlib.h>

#include "base/hash.h"
#include "detect/attack.h"

enum { TOLD_PIECES = 6 };

/* What a relation is called: "<subject> <verb> <object>", in both languages. */
static const struct {
    const char *english, *japanese;
} phrases[RELATION_TYPES] = {
    [RELATION_START] = {"%s started %s", "%sが%sを起動"},
    [RELATION_COMMAND] = {"%s ran as %s", "%sが次の形で実行: %s"},
    [RELATION_USER] = {"%s used %s", "%sが%sを使用"},
    [RELATION_DROP] = {"%s wrote the program or script %s",
                       "%sがプログラムまたはスクリプト%sを書き込み"},
    [RELATION_SCRIPT] = {"%s ran the script %s", "%sがスクリプト%sを実行"},
    [RELATION_FILE] = {"%s touched the file %s", "%sがファイル%sを操作"},
    [RELATION_ORIGIN] = {"%s runs %s, which a process under suspicion put there",
                         "%sが、疑わしいプロセスの置いた%sを実行"},
    [RELATION_MODULE] = {"%s loaded the module %s", "%sがモジュール%sを読み込み"},
    [RELATION_NETWORK] = {"%s talked to %s", "%sが%sと通信"},
    [RELATION_HOST] = {"host %s and %s got in touch", "ホスト%sと%sが接触"},
    [RELATION_REGISTRY] = {"%s wrote the registry key %s", "%sがレジストリキー%sに書き込み"},
    [RELATION_SERVICE] = {"%s installed the service or task %s",
                          "%sがサービスまたはタスク%sを登録"},
    [RELATION_PROCESS] = {"%s opened the process %s", "%sがプロセス%sを開く"},
};

/* What was not yet told first, then the strongest; ties by time: the order is the input's alone. */
static int by_news(const void *a, const void *b)
{
    const struct evidence *x = *(struct evidence *const *)a, *y = *(struct evidence *const *)b;
    if (x->told != y->told)
        return x->told ? 1 : -1;
    if (x->surprise.value != y->surprise.value)
        return x->surprise.value < y->surprise.value ? 1 : -1;
    return (x->time > y->time) - (x->time < y->time);
}

static uint32_t pieces_by_news(struct tree *tree, int64_t now,
                               struct evidence *pieces[TREE_EVIDENCE])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < tree->count; i++)
        if (tree->evidence[i].time >= now - TREE_MEMORY && tree->evidence[i].surprise.value > 0)
            pieces[count++] = &tree->evidence[i];
    qsort(pieces, count, sizeof(struct evidence *), by_news);
    return count;
}

/* What a title has room for: the file's name, the last two parts of a key. */
static const char *short_object(const struct evidence *piece)
{
    struct bytes object = bytes_of(piece->object), name = bytes_base_name(object);
    switch (piece->type) {
    case RELATION_COMMAND:
    case RELATION_NETWORK:
    case RELATION_HOST:
        return piece->object;
    case RELATION_REGISTRY:
        object.len = name.at == object.at ? 0 : (size_t)(name.at - object.at) - 1;
        return object.len ? bytes_base_name(object).at : piece->object;
    default:
        return name.at;
    }
}

static struct sentence phrase_of(struct findings *out, const struct evidence *piece, bool brief)
{
    const char *subject = piece->subject[0] ? piece->subject : "?";
    const char *object = brief ? short_object(piece) : piece->object;
    object = object[0] ? object : "?";
/* The formats are ours, from the table above, each with two %s. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return (struct sentence){findings_format(out, phrases[piece->type].english, subject, object),
                             findings_format(out, phrases[piece->type].japanese, subject, object)};
#pragma GCC diagnostic pop
}

/* The normal it broke, with its counts. */
static struct sentence norm_of(struct findings *out, const struct surprise *surprise)
{
    if (!surprise->novel)
        return (struct sentence){
            findings_format(out, "seen before, but on %u host-days only", surprise->host_days),
            findings_format(out, "以前にも見られたが、%uホスト日のみ", surprise->host_days)};
    if (surprise->hosts)
        return (struct sentence){
            findings_format(out, "never on this host; on %u of %u hosts, %u host-days",
                            surprise->hosts, surprise->hosts_all, surprise->host_days),
            findings_format(out, "このホストでは初めて。%2$u台中%1$u台、%3$uホスト日で既知",
                            surprise->hosts, surprise->hosts_all, surprise->host_days)};
    if (surprise->units == 0)
        return (struct sentence){
            findings_format(out, "never on any of %u hosts, nor anything like it",
                            surprise->hosts_all),
            findings_format(out, "%u台のどのホストでも初めてで、類似の動作もなし",
                            surprise->hosts_all)};
    return (struct sentence){
        findings_format(out,
                        "never on any of %u hosts; of its %u process-hours, %u had anything new",
                        surprise->hosts_all, surprise->units, surprise->prone),
        findings_format(out,
                        "%u台のどのホストでも初めて。過去%uプロセス時間のうち新規があったのは%u",
                        surprise->hosts_all, surprise->units, surprise->prone)};
}

static void tell_piece(struct findings *out, struct finding *finding, const struct evidence *piece)
{
    struct sentence phrase = phrase_of(out, piece, false), norm = norm_of(out, &piece->surprise);
    finding_explain(finding, findings_format(out, "%s: %s.", phrase.english.at, norm.english.at),
                    findings_format(out, "%s（%s）。", phrase.japanese.at, norm.japanese.at));
}

static enum observable_type observable_of(enum relation_type type)
{
    switch (type) {
    case RELATION_NETWORK:
    case RELATION_HOST:
        return OBSERVABLE_ip;
    case RELATION_REGISTRY:
        return OBSERVABLE_registry;
    case RELATION_SERVICE:
        return OBSERVABLE_service;
    case RELATION_USER:
        return OBSERVABLE_user;
    default:
        return OBSERVABLE_file;
    }
}

/* An address without its port: what is looked for elsewhere. */
static struct bytes without_port(struct findings *out, const char *peer)
{
    struct bytes text = bytes_of(peer);
    const char *colon = memrchr(text.at, ':', text.len);
    if (text.len && text.at[0] == '[') {
        const char *end = memchr(text.at, ']', text.len);
        text = end ? (struct bytes){text.at + 1, (size_t)(end - text.at - 1)} : text;
    } else if (colon && memchr(text.at, ':', text.len) == colon) {
        text.len = (size_t)(colon - text.at);
    }
    return arena_copy(&out->arena, text);
}

static void observe_piece(struct findings *out, struct finding *finding,
                          const struct evidence *piece)
{
    bool network = piece->type == RELATION_NETWORK || piece->type == RELATION_HOST;
    struct bytes object =
        network ? without_port(out, piece->object) : findings_format(out, "%s", piece->object);
    finding_observe(finding, OBSERVABLE_process, findings_format(out, "%s", piece->entity));
    if (piece->type != RELATION_COMMAND && piece->type != RELATION_USER)
        finding_observe(finding, observable_of(piece->type), object);
    if (network && piece->inner && finding->peer.len == 0)
        finding->peer = object;
}

static uint8_t level_of(const struct finding *finding, const struct tree *tree)
{
    unsigned credentials = 0;
    for (uint32_t i = 0; i < tree->count; i++)
        credentials |= tree->evidence[i].facts & FACT_CREDENTIALS;
    if (finding->score >= 0.95)
        return 4;
    return finding->score >= 0.75 || credentials || finding->peer.len ? 3 : 2;
}

static void title_of(struct findings *out, struct finding *finding, const struct suspect *suspect,
                     struct evidence *const *pieces, uint32_t count)
{
    struct sentence first = phrase_of(out, pieces[0], true), second = {0};
    for (uint32_t i = 1; i < count && !second.english.len; i++)
        if (relation_kinds[pieces[i]->type] != relation_kinds[pieces[0]->type])
            second = phrase_of(out, pieces[i], true);
    if (second.english.len)
        finding->title = (struct sentence){
            findings_format(out, "%s: %s; %s", suspect->host, first.english.at, second.english.at),
            findings_format(out, "%s: %s、%s", suspect->host, first.japanese.at,
                            second.japanese.at)};
    else
        finding->title =
            (struct sentence){findings_format(out, "%s: %s", suspect->host, first.english.at),
                              findings_format(out, "%s: %s", suspect->host, first.japanese.at)};
}

static void fill(struct findings *out, struct finding *finding, const struct suspect *suspect,
                 struct evidence *const *pieces, uint32_t count)
{
    finding->host = findings_format(out, "%s", suspect->host);
    finding->address = findings_format(out, "%s", suspect->address);
    finding->cause = findings_format(out, "%s", suspect->cause_entity);
    finding->time_start = finding->time_end = suspect->now;
    finding->row = suspect->row;
    finding->novelty = pieces[0]->relation;
    finding_observe(finding, OBSERVABLE_process, findings_format(out, "%s", suspect->root_entity));
    for (uint32_t i = 0; i < count; i++) {
        if (!pieces[i]->told && pieces[i]->time < finding->time_start)
            finding->time_start = pieces[i]->time;
        observe_piece(out, finding, pieces[i]);
        finding_prove(finding, pieces[i]->event);
        const char *technique = attack_of(pieces[i]);
        if (technique)
            finding_technique(finding, technique);
        if (i < TOLD_PIECES)
            tell_piece(out, finding, pieces[i]);
    }
}

struct finding *explain_tree(struct findings *out, struct tree *tree, const struct suspect *suspect,
                             const struct budget_fit *fit)
{
    struct evidence *pieces[TREE_EVIDENCE];
    uint32_t count = pieces_by_news(tree, suspect->now, pieces);
    struct finding *finding = count ? findings_add(out) : NULL;
    if (!finding)
        return NULL;
    fill(out, finding, suspect, pieces, count);
    title_of(out, finding, suspect, pieces, count);
    finding->process_entity_id = findings_format(out, "%s", pieces[0]->entity);
    finding->score = budget_confidence(fit, suspect->score);
    finding->level = level_of(finding, tree);
    finding_explain(
        finding,
        findings_format(out,
                        "Together under %s: score %.1f; normal life reaches %.1f less than %.3g "
                        "times per host and day.",
                        suspect->root_name, suspect->score, fit->threshold, fit->rate),
        findings_format(
            out,
            "%s以下の合計スコアは%.1f。通常の活動が%.1fに達するのは1ホスト1日あたり%.3g回未満。",
            suspect->root_name, suspect->score, fit->threshold, fit->rate));
    finding->id = hash_mix(hash_mix(tree->head.key, pieces[0]->event.offset),
                           hash_mix(pieces[0]->event.source, tree->tellings));
    for (uint32_t i = 0; i < count; i++)
        pieces[i]->told = 1;
    return finding;
}
