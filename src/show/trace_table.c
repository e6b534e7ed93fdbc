#include "show/trace_table.h"

#include <stdlib.h>

#include "show/reading.h"
#include "show/table.h"

/* A relation as the trace names it, in Japanese; itself when there is no word for it yet. */
static const char *relation_text(const char *relation, bool japanese)
{
    static const struct {
        const char *english, *japanese;
    } words[] = {
        {"started", "起動"},          {"ran as", "実行ファイル"},
        {"ran in", "スクリプト実行"}, {"starts", "自動起動"},
        {"injected", "注入"},         {"opened", "アクセス"},
        {"was read by", "読み取り"},  {"created", "作成"},
        {"wrote", "書き込み"},        {"renamed", "改名"},
        {"deleted", "削除"},          {"answered", "応答"},
        {"connected to", "接続"},     {"was loaded by", "読み込み"},
        {"asked for", "名前解決"},    {"installed", "登録"},
        {"logged on", "ログオン"},    {"acted as", "セッション"},
        {"reached", "到達"},          {"opened the session of", "セッション開始"},
    };
    for (size_t i = 0; japanese && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].english, relation) == 0)
            return words[i].japanese;
    return relation;
}

static int heavier_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The weight of the `most`th node; everything lighter is left out. */
static double least_shown(const struct trace *trace, uint32_t most)
{
    if (most == 0 || most >= trace->node_count)
        return -1;
    double *weights = calloc(trace->node_count, sizeof(*weights));
    if (!weights)
        return -1;
    for (uint32_t i = 0; i < trace->node_count; i++)
        weights[i] = trace->nodes[i].weight;
    qsort(weights, trace->node_count, sizeof(*weights), heavier_first);
    double least = weights[most - 1];
    free(weights);
    return least;
}

static void node_cell(struct table *table, const struct trace_node *node)
{
    char text[512];
    struct bytes name = node->name;
    if (node->type == OBSERVABLE_process) {
        struct bytes base = bytes_base_name(name);
        int length = snprintf(text, sizeof(text), "%.*s (%.*s)", (int)base.len, base.at,
                              (int)(node->entity_id.len < 64 ? node->entity_id.len : 64),
                              node->entity_id.at);
        if (length > 0 && (size_t)length < sizeof(text))
            name = (struct bytes){text, (size_t)length};
    }
    table_cell(table, name, node->side == 0 ? TONE_STRONG : TONE_PLAIN);
}

static void edge_cells(struct table *table, const struct trace *trace,
                       const struct trace_edge *edge, bool japanese)
{
    const struct trace_node *from = &trace->nodes[edge->from], *to = &trace->nodes[edge->to];
    char time[READING_TIME_SIZE], relation[64];
    int length =
        snprintf(relation, sizeof(relation), "%s%s", relation_text(edge->relation, japanese),
                 !edge->inferred ? ""
                 : japanese      ? "（推定）"
                                 : " (inferred)");
    table_cell(table, reading_moment(edge->time, time), TONE_QUIET);
    table_cell(table, from->host.len ? from->host : to->host, TONE_PLAIN);
    node_cell(table, from);
    table_cell(table, (struct bytes){relation, length > 0 ? (size_t)length : 0}, TONE_QUIET);
    node_cell(table, to);
}

static void say_size(const struct trace *trace, uint32_t shown, bool japanese, FILE *to)
{
    fprintf(to, japanese ? "\n%u 件の要素、%u 件の関係" : "\n%u things, %u dependencies",
            trace->node_count, trace->edge_count);
    if (shown < trace->edge_count)
        fprintf(to, japanese ? "（主な %u 件を表示）" : " (the main %u shown)", shown);
    if (trace->cut_off)
        fputs(japanese ? "。上限に達したため途中までです"
                       : "; cut off at the budget, there is more",
              to);
    fputs(japanese ? "。\n" : ".\n", to);
}

void trace_table_print(const struct trace *trace, uint32_t most, bool japanese, FILE *to)
{
    static const char *const titles[2][5] = {
        {"TIME (UTC)", "HOST", "FROM", "DID", "TO"},
        {"時刻 (UTC)", "ホスト", "どれが", "何を", "どれに"},
    };
    struct table table = {.columns = 0};
    double least = least_shown(trace, most);
    uint32_t shown = 0;
    for (int i = 0; i < 5; i++)
        table_column(&table, titles[japanese][i], false);
    for (uint32_t i = 0; i < trace->edge_count; i++) {
        const struct trace_edge *edge = &trace->edges[i];
        if (trace->nodes[edge->from].weight < least || trace->nodes[edge->to].weight < least)
            continue;
        edge_cells(&table, trace, edge, japanese);
        shown++;
    }
    if (shown)
        table_print(&table, to);
    say_size(trace, shown, japanese, to);
    table_finish(&table);
}
