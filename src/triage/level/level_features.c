#include "triage/level/level_features.h"

#include <ctype.h>
#include <math.h>

#include "base/hash.h"

enum { WORD_LIMIT = 32 };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Words are told apart in small letters; numbers (of versions, ids) say nothing by themselves. */
static void words_put(struct bytes text, float *columns)
{
    char word[WORD_LIMIT];
    size_t length = 0;
    bool letters = false;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && is_word(text.at[i])) {
            letters |= !isdigit((unsigned char)text.at[i]);
            if (length < WORD_LIMIT)
                word[length++] = (char)tolower((unsigned char)text.at[i]);
            continue;
        }
        if (letters)
            columns[hash_bytes((struct bytes){word, length}) % LEVEL_WORDS] = 1;
        length = 0;
        letters = false;
    }
}

/* Drawn towards a half: one decision is no rule. */
static float share_of(uint32_t attacks, uint32_t decisions)
{
    return decisions ? ((float)attacks + 0.5F) / ((float)decisions + 1) : NAN;
}

void level_row(const struct group_facts *group, const float *novelty, double score,
               const struct level_past *past, float *ret_row)
{
    static const float verdicts[OUTCOME_COUNT] = {
        [OUTCOME_benign] = 0, [OUTCOME_failed] = 1, [OUTCOME_unknown] = 2, [OUTCOME_success] = 3};
    for (uint32_t c = 0; c < NOVELTY_FEATURE_COUNT; c++)
        ret_row[c] = novelty[c];
    for (uint32_t c = 0; c < LEVEL_WORDS; c++)
        ret_row[LEVEL_WORD + c] = 0;
    ret_row[LEVEL_NOVELTY] = (float)score;
    ret_row[LEVEL_VERDICT] =
        group->outcome >= 0 && group->outcome < OUTCOME_COUNT ? verdicts[group->outcome] : NAN;
    ret_row[LEVEL_FINDINGS] = (float)log1p(group->findings);
    ret_row[LEVEL_FINDING_SCORE] = group->findings ? (float)group->finding_score : NAN;
    ret_row[LEVEL_PAST_RULE] = share_of(past->rule_attacks, past->rule);
    ret_row[LEVEL_PAST_HOST] = share_of(past->host_attacks, past->host);
    ret_row[LEVEL_PAST_COUNT] = past->rule ? log1pf((float)past->rule) : NAN;
    words_put(group->words, &ret_row[LEVEL_WORD]);
}

static const struct {
    const char *name, *english, *japanese;
} others[] = {
    {"novelty", "how new it is", "新しさ"},
    {"verdict", "what the judge says of the attack", "攻撃成否の判定"},
    {"findings", "findings of the endpoint near in time", "近い時刻の端末側の検知"},
    {"finding_score", "how sure the endpoint's findings are", "端末側の検知の確からしさ"},
    {"past_rule", "earlier decisions on the rule", "このルールへのこれまでの判定"},
    {"past_host", "earlier decisions on the rule and host",
     "このホストのこのルールへのこれまでの判定"},
    {"past_count", "how many earlier decisions the rule has", "このルールへのこれまでの判定数"},
    {"words", "words of its name", "アラート名の語"},
};

static uint32_t other_of(uint32_t column)
{
    return (column < LEVEL_WORD ? column : LEVEL_WORD) - LEVEL_NOVELTY;
}

const char *level_feature_name(uint32_t column)
{
    return column < LEVEL_NOVELTY ? novelty_feature_name((enum novelty_feature)column)
                                  : others[other_of(column)].name;
}

const char *level_feature_text(uint32_t column, bool japanese)
{
    if (column < LEVEL_NOVELTY)
        return novelty_feature_text((enum novelty_feature)column, japanese);
    return japanese ? others[other_of(column)].japanese : others[other_of(column)].english;
}
