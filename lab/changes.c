#include "lab/changes.h"

#include "base/time.h"

/* Releases that reach every machine within some days. */
static const struct {
    enum program_id program;
    uint32_t day, spread;
} updates[] = {
    {PROGRAM_EDGE, 3, 4},   {PROGRAM_WEBVIEW, 3, 5},       {PROGRAM_CHROME, 2, 5},
    {PROGRAM_CHROME, 9, 4}, {PROGRAM_TEAMS, 5, 6},         {PROGRAM_DEFENDER, 4, 3},
    {PROGRAM_SLACK, 6, 5},  {PROGRAM_CHROME_UPDATE, 7, 6}, {PROGRAM_ONEDRIVE, 8, 5},
    {PROGRAM_EDGE, 10, 4},  {PROGRAM_TIWORKER, 8, 3},      {PROGRAM_WEBVIEW, 11, 4},
};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void release_take(struct host *host, enum program_id program)
{
    static const enum program_id shared[][2] = {
        {PROGRAM_EDGE, PROGRAM_EDGE_RENDERER},
        {PROGRAM_CHROME, PROGRAM_CHROME_RENDERER},
        {PROGRAM_SLACK, PROGRAM_SLACK_HELPER},
        {PROGRAM_DEFENDER, PROGRAM_MPCMDRUN},
    };
    host->release[program]++;
    for (size_t i = 0; i < LENGTH(shared); i++)
        if (shared[i][0] == program)
            host->release[shared[i][1]] = host->release[program];
}

void changes_before(struct world *world, struct host *host, struct truth *truth)
{
    (void)truth;
    for (size_t i = 0; i < LENGTH(updates); i++) {
        uint32_t day = updates[i].day + (uint32_t)(random_mix(host->index, i) % updates[i].spread);
        if (day == world->day % 28)
            release_take(host, updates[i].program);
    }
}

void changes_during(struct world *world, const struct shift *shifts, struct truth *truth)
{
    (void)world;
    (void)shifts;
    (void)truth;
}
