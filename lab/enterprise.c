#include "lab/enterprise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

static const char *const surnames[] = {
    "sato",      "suzuki",    "takahashi", "tanaka",   "ito",       "watanabe", "yamamoto",
    "nakamura",  "kobayashi", "kato",      "yoshida",  "yamada",    "sasaki",   "yamaguchi",
    "matsumoto", "inoue",     "kimura",    "hayashi",  "saito",     "shimizu",  "yamazaki",
    "mori",      "ikeda",     "hashimoto", "abe",      "ishikawa",  "ogawa",    "maeda",
    "okada",     "fujita",    "goto",      "hasegawa", "murakami",  "kondo",    "ishii",
    "sakamoto",  "endo",      "aoki",      "fujii",    "nishimura", "fukuda",   "ota",
    "miura",     "fujiwara",  "okamoto",   "matsuda",  "nakagawa",  "nakano"};

static const char *const tool_starts[] = {"Sakura", "Hoshi", "Quick", "Easy",  "Kana", "Smart",
                                          "Tera",   "Mini",  "Open",  "Fude",  "Net",  "Color",
                                          "Denpyo", "Clip",  "Memo",  "Photo", "Free", "Power"};
static const char *const tool_ends[] = {"Editor", "View",   "Convert", "Scan",  "Note",  "Timer",
                                        "Merge",  "Copy",   "Calc",    "Label", "Sync",  "Capture",
                                        "Dict",   "Mapper", "Print",   "Diff",  "Board", "Pad"};
#define LENGTH(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

const char *department_name(enum department department)
{
    static const char *const names[DEPARTMENT_COUNT] = {
        "servers", "development", "it", "sales", "finance", "personnel", "marketing", "planning"};
    return names[department];
}

const char *role_name(enum role role)
{
    static const char *const names[ROLE_COUNT] = {"pc",   "dc",    "file",  "proxy",  "git",
                                                  "mail", "build", "plant", "backup", "web",
                                                  "wsus", "print", "db"};
    return names[role];
}

static const char *role_host_name(enum role role)
{
    static const char *const names[ROLE_COUNT] = {
        "PC",      "DC01",     "FS01",  "PROXY01", "GIT01",   "MAIL01", "BUILD01",
        "PLANT01", "BACKUP01", "WEB01", "WSUS01",  "PRINT01", "DB01"};
    return names[role];
}

/* Whose machine the n-th PC is: IT first, then development and the office in turn. */
static enum department pc_department(uint32_t pc)
{
    static const enum department turn[] = {
        DEPARTMENT_SALES,       DEPARTMENT_DEVELOPMENT, DEPARTMENT_FINANCE,   DEPARTMENT_PLANNING,
        DEPARTMENT_DEVELOPMENT, DEPARTMENT_SALES,       DEPARTMENT_PERSONNEL, DEPARTMENT_MARKETING,
        DEPARTMENT_SALES,       DEPARTMENT_DEVELOPMENT, DEPARTMENT_FINANCE,   DEPARTMENT_PLANNING,
        DEPARTMENT_SALES,       DEPARTMENT_DEVELOPMENT, DEPARTMENT_MARKETING, DEPARTMENT_SALES};
    if (pc == 0 || pc % 33 == 32)
        return DEPARTMENT_IT;
    return turn[(pc - 1) % LENGTH(turn)];
}

void host_equip(struct host *host, struct random *random)
{
    memset(host->has, 0, sizeof host->has);
    for (uint32_t i = 0; i < application_count; i++)
        if (applications[i].departments & (1u << host->department))
            host->has[applications[i].program] = random_below(random, 100) < applications[i].share;
}

static void user_init(struct user *user, uint32_t index, uint64_t seed)
{
    static const char *const accounts[USER_PEOPLE] = {
        "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "svc-backup", "svc-build", "svc-web"};
    static const char *const sids[] = {"S-1-5-18", "S-1-5-19", "S-1-5-20"};
    uint32_t person = index < USER_PEOPLE ? index - USER_ADMIN : index - USER_PEOPLE;
    uint64_t dice = random_mix(seed, 0x7573e5u);
    const char *surname = surnames[(person + dice) % LENGTH(surnames)];
    char initial = (char)('a' + (person / LENGTH(surnames) + person * 7 + dice % 26) % 26);
    user->domain = index < USER_BACKUP ? "NT AUTHORITY" : "HINODE";
    if (index < USER_ADMIN)
        snprintf(user->name, sizeof user->name, "%s", accounts[index]);
    else if (index < USER_PEOPLE)
        snprintf(user->name, sizeof user->name, "adm-%s", surname);
    else
        snprintf(user->name, sizeof user->name, "%c.%s", initial, surname);
    if (index < USER_BACKUP)
        snprintf(user->sid, sizeof user->sid, "%s", sids[index]);
    else
        snprintf(user->sid, sizeof user->sid, "S-1-5-21-%u-%u-%u-%u", (uint32_t)(dice >> 33),
                 (uint32_t)(dice & 0x7fffffff), (uint32_t)(dice >> 17) & 0x7fffffff, 1100 + index);
}

static void server_init(struct host *host, enum role role, uint32_t number)
{
    host->role = role;
    host->department = DEPARTMENT_SERVERS;
    host->subnet = role == ROLE_GIT || role == ROLE_BUILD ? SUBNET_DEVELOPMENT : SUBNET_SERVERS;
    host->night = NIGHT_ON;
    snprintf(host->name, sizeof host->name, "%s", role_host_name(role));
    snprintf(host->ip, sizeof host->ip, "10.0.%u.%u", host->subnet, 10 + number);
}

static void pc_init(struct host *host, uint32_t pc, struct random *random)
{
    host->department = pc_department(pc);
    host->subnet = host->department == DEPARTMENT_DEVELOPMENT ? SUBNET_DEVELOPMENT : SUBNET_OFFICE;
    snprintf(host->name, sizeof host->name, "PC-%03u", pc + 1);
    snprintf(host->ip, sizeof host->ip, "10.0.%u.%u", host->subnet + (pc / 200) * 10,
             50 + pc % 200);
    uint32_t night = random_below(random, 100);
    host->night = night < 60 ? NIGHT_SHUT_DOWN : night < 88 ? NIGHT_SLEEP : NIGHT_ON;
    bool early = host->department != DEPARTMENT_DEVELOPMENT;
    host->arrives = (early ? 510 : 570) * TIME_MINUTE +
                    (int64_t)(random_normal(random) * 25 * (double)TIME_MINUTE);
    host->leaves = host->arrives + 555 * TIME_MINUTE +
                   (int64_t)(random_normal(random) * 50 * (double)TIME_MINUTE);
    host->lunch = 12 * TIME_HOUR + random_between(random, 0, 45) * TIME_MINUTE;
    host->diligence = 0.35 + random_unit(random) + 0.3 * random_unit(random);
    snprintf(host->tool, sizeof host->tool, "%s%s",
             tool_starts[random_skewed(random, LENGTH(tool_starts))],
             tool_ends[random_skewed(random, LENGTH(tool_ends))]);
    host_equip(host, random);
}

/* A role without a machine of its own lives on the machine that comes nearest. */
static void roles_assign(struct enterprise *enterprise)
{
    static const enum role stand_in[ROLE_COUNT] = {
        [ROLE_BUILD] = ROLE_GIT, [ROLE_PLANT] = ROLE_FILE, [ROLE_BACKUP] = ROLE_FILE,
        [ROLE_WEB] = ROLE_MAIL,  [ROLE_WSUS] = ROLE_DC,    [ROLE_PRINT] = ROLE_FILE,
        [ROLE_DB] = ROLE_WEB};
    for (uint32_t role = ROLE_DC; role < ROLE_COUNT; role++)
        enterprise->of_role[role] =
            role <= enterprise->server_count ? role - 1 : enterprise->of_role[stand_in[role]];
}

int enterprise_create(struct enterprise *enterprise, uint64_t seed, uint32_t pcs, uint32_t servers,
                      uint32_t days)
{
    if (pcs < PCS_MIN || pcs > PCS_MAX || servers < SERVERS_MIN || servers > SERVERS_MAX)
        return -EINVAL;
    uint32_t hosts = pcs + servers, users = USER_PEOPLE + pcs;
    *enterprise = (struct enterprise){.hosts = calloc(hosts, sizeof(struct host)),
                                      .users = calloc(users, sizeof(struct user)),
                                      .host_count = hosts,
                                      .server_count = servers,
                                      .user_count = users};
    if (!enterprise->hosts || !enterprise->users) {
        enterprise_finish(enterprise);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < users; i++)
        user_init(&enterprise->users[i], i, seed);
    for (uint32_t i = 0; i < hosts; i++) {
        struct host *host = &enterprise->hosts[i];
        struct random random = random_stream(seed, 0x686f7374u, i);
        host->index = i;
        if (i < servers) {
            server_init(host, (enum role)(i + 1), i);
        } else {
            pc_init(host, i - servers, &random);
            host->user = USER_PEOPLE + i - servers;
            enterprise->users[host->user].department = host->department;
        }
        host->next_pid = 400 + random_below(&random, 400);
        host->now.halt = TIME_NONE;
    }
    if (days > 7) /* the new employee starts in the second week */
        enterprise->hosts[hosts - 1].joined = 7;
    roles_assign(enterprise);
    return 0;
}

void enterprise_finish(struct enterprise *enterprise)
{
    free(enterprise->hosts);
    free(enterprise->users);
    *enterprise = (struct enterprise){0};
}
