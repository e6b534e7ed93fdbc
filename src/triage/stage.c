#include "triage/stage.h"

struct stage {
    const char *english, *japanese;
    const char *techniques[12]; /* without their sub-technique; ends with NULL */
};

/* In the order a story is told. */
static const struct stage stages[] = {
    {"opened what came from outside", "外部から来たものを開き", {"T1204", "T1566"}},
    {"ran commands", "コマンドを実行し", {"T1059", "T1218", "T1569"}},
    {"brought in tools", "ツールを持ち込み", {"T1105", "T1197"}},
    {"looked around",
     "内部を調べ",
     {"T1033", "T1082", "T1087", "T1016", "T1482", "T1057", "T1018", "T1049"}},
    {"made sure to start again", "再起動後も動くようにし", {"T1547", "T1543", "T1053", "T1546"}},
    {"slipped into another process", "他のプロセスに入り込み", {"T1055", "T1574"}},
    {"reached for credentials", "認証情報に手を伸ばし", {"T1003"}},
    {"moved to other hosts", "他のホストへ移り", {"T1021", "T1047", "T1570"}},
    {"packed or took data", "データをまとめて持ち出し", {"T1560", "T1048", "T1041"}},
    {"covered tracks or defences", "痕跡や防御を消し", {"T1070", "T1562", "T1490"}},
};

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

uint32_t stage_of(const char *technique)
{
    for (uint32_t i = 0; i < STAGES; i++)
        for (const char *const *id = stages[i].techniques; *id; id++)
            if (strncmp(*id, technique, strlen(*id)) == 0)
                return UINT32_C(1) << i;
    return 0;
}

void stages_put(uint32_t set, bool japanese, struct buffer *out)
{
    int left = __builtin_popcount(set & ((1u << STAGES) - 1));
    bool first = true;
    for (uint32_t i = 0; i < STAGES; i++) {
        if (!(set & UINT32_C(1) << i))
            continue;
        left--;
        if (!first)
            buffer_put(out, japanese ? BYTES("、") : left ? BYTES(", ") : BYTES(" and "));
        buffer_put(out, bytes_of(japanese ? stages[i].japanese : stages[i].english));
        first = false;
    }
}
