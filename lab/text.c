#include "lab/text.h"

#include <stdio.h>

#include "base/time.h"

static const char *const words[] = {
    "order",   "index",   "quote",   "report",    "summary",  "project", "master",    "budget",
    "minutes", "plan",    "draft",   "survey",    "invoice",  "stock",   "contract",  "agenda",
    "result",  "list",    "input",   "output",    "backup",   "client",  "server",    "common",
    "update",  "config",  "session", "render",    "parser",   "buffer",  "layout",    "widget",
    "matrix",  "sample",  "signal",  "filter",    "engine",   "driver",  "report2",   "schema",
    "kanri",   "keikaku", "shiyou",  "mitsumori", "seikyu",   "zaiko",   "kaigi",     "houkoku",
    "yosan",   "eigyo",   "jinji",   "keiri",     "haisou",   "seisan",  "hinshitsu", "sekkei",
    "kentou",  "shukei",  "ichiran", "nippou",    "gijiroku", "tenken",  "kaizen",    "anzen"};
static const char *const projects[] = {
    "akebono",  "minamo", "tsubame",  "hayate",  "kaede",     "suisei",  "nagisa",  "ginga",
    "komorebi", "takumi", "yamabiko", "kagerou", "shirogane", "akane",   "hotaru",  "mikazuki",
    "sazanami", "tombo",  "kirin",    "asahi",   "kumo",      "natsume", "tsukimi", "yuzu"};
static const char *const places[] = {
    "minato", "sakura", "aozora", "midori", "hikari", "kita", "nishi", "umi",  "yama",  "kawa",
    "tokiwa", "asahi",  "fuji",   "hana",   "machi",  "sora", "toyo",  "chuo", "marui", "izumi"};
static const char *const trades[] = {"trade", "news",   "shop",  "mail", "cloud", "search", "video",
                                     "bank",  "travel", "parts", "maps", "cdn",   "ads",    "login",
                                     "forum", "docs",   "files", "jobs", "wiki",  "weather"};
#define LENGTH(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { DOCUMENTS = 400, SITES = 4000, BUILT_TOOLS = 60, TEXT_SMALL = 64 };

void text_put(struct buffer *out, const char *text)
{
    size_t run = 0;
    for (; text[run]; run++) {
        if (text[run] != '\\' && text[run] != '"')
            continue;
        buffer_put(out, (struct bytes){text, run});
        buffer_put_char(out, '\\');
        text += run;
        run = 0;
    }
    buffer_put(out, (struct bytes){text, run});
}

struct bytes text_base_name(struct bytes escaped)
{
    size_t i = escaped.len;
    while (i > 0 && escaped.at[i - 1] != '\\')
        i--;
    return bytes_from(escaped, i);
}

static void put_digits(struct buffer *out, uint64_t value, unsigned base, unsigned digits)
{
    char text[TEXT_SMALL];
    unsigned at = TEXT_SMALL;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value || TEXT_SMALL - at < digits);
    buffer_put(out, (struct bytes){text + at, TEXT_SMALL - at});
}

static const char *pick(const char *const *list, uint32_t length, struct random *random)
{
    return list[random_skewed(random, length)];
}

void text_put_site(struct buffer *out, uint64_t key)
{
    uint64_t dice = random_mix(key, 0x73697465u);
    if (dice % 3 == 0)
        text_put(out, dice % 2 ? "www." : "api.");
    text_put(out, places[(dice >> 8) % LENGTH(places)]);
    text_put(out, (dice >> 16) % 2 ? "-" : "");
    text_put(out, trades[(dice >> 20) % LENGTH(trades)]);
    if ((dice >> 40) % 4)
        put_digits(out, (dice >> 32) % 97, 10, 1);
    text_put(out, ".example");
}

static void put_guid(struct buffer *out, struct random *random)
{
    uint64_t a = random_next(random), b = random_next(random);
    char text[TEXT_SMALL];
    int length =
        snprintf(text, sizeof text, "{%08X-%04X-%04X-%04X-%08X%04X}", (uint32_t)a,
                 (uint32_t)(a >> 32) & 0xffff, 0x4000u | ((uint32_t)(a >> 48) & 0xfff),
                 0x8000u | ((uint32_t)b & 0x3fff), (uint32_t)(b >> 16), (uint32_t)(b >> 48));
    buffer_put(out, (struct bytes){text, (size_t)length});
}

/* Windows' own ways of naming what it will soon delete. */
static void put_temporary(struct buffer *out, struct random *random)
{
    uint64_t dice = random_next(random);
    switch (dice % 4) {
    case 0:
        text_put(out, "~DF");
        put_digits(out, dice >> 16, 16, 12);
        text_put(out, ".TMP");
        break;
    case 1:
        text_put(out, "tmp");
        put_digits(out, dice >> 48, 16, 4);
        text_put(out, ".tmp");
        break;
    case 2:
        for (unsigned i = 0; i < 8; i++)
            buffer_put_char(out, (char)('a' + (dice >> (8 + 5 * i)) % 26));
        break;
    default:
        text_put(out, "wct");
        put_digits(out, dice >> 48, 16, 4);
        text_put(out, ".tmp");
    }
}

/* Documents belong to a department: colleagues open the same ones. */
static void put_document(struct buffer *out, const struct scene *scene)
{
    uint32_t number = random_skewed(scene->random, DOCUMENTS);
    uint64_t owner = random_chance(scene->random, 0.6) ? (uint64_t)scene->host->department + 1
                                                       : 100 + (uint64_t)scene->host->index;
    uint64_t dice = random_mix(owner, number);
    text_put(out, words[dice % LENGTH(words)]);
    text_put(out, (dice >> 8) % 3 ? "_" : " ");
    text_put(out, words[(dice >> 16) % LENGTH(words)]);
    if ((dice >> 24) % 2)
        put_digits(out, 202501 + (dice >> 32) % 12, 10, 6);
    if ((dice >> 40) % 5 == 0) {
        text_put(out, "_v");
        put_digits(out, 1 + (dice >> 44) % 9, 10, 1);
    }
}

static void put_project(struct buffer *out, const struct scene *scene)
{
    uint32_t rank = random_skewed(scene->random, 6);
    uint64_t dice =
        random_mix(random_chance(scene->random, 0.7) ? scene->host->index + 1000u
                                                     : (uint64_t)scene->host->department,
                   rank);
    text_put(out, projects[dice % LENGTH(projects)]);
}

static void put_version(struct buffer *out, const struct scene *scene)
{
    const struct program *program = scene->program;
    uint32_t release = scene->host->release[program - catalog_program(PROGRAM_NONE)];
    for (unsigned part = 0; part < 4; part++) {
        uint64_t value = program->version[part];
        if (release && part == 2)
            value += (uint64_t)release * 13 + random_mix(program->version[2], release) % 17;
        if (release && part == 3)
            value = random_mix(program->version[3], release) % 240;
        if (part)
            buffer_put_char(out, '.');
        put_digits(out, value, 10, 1);
    }
}

static void put_built(struct buffer *out, const struct scene *scene)
{
    uint64_t dice = random_mix(scene->host->index, random_skewed(scene->random, BUILT_TOOLS));
    text_put(out, words[dice % LENGTH(words)]);
    buffer_put_char(out, '_');
    text_put(out, words[(dice >> 16) % LENGTH(words)]);
}

static void put_server(struct buffer *out, const struct scene *scene)
{
    const struct enterprise *enterprise = scene->enterprise;
    const struct host *server =
        scene->server ? scene->server
                      : &enterprise->hosts[random_below(scene->random, enterprise->server_count)];
    text_put(out, server->name);
}

enum token {
    TOKEN_USER,
    TOKEN_WORD,
    TOKEN_HEX,
    TOKEN_DOC,
    TOKEN_NUM,
    TOKEN_GUID,
    TOKEN_SMALL,
    TOKEN_SID,
    TOKEN_PROJECT,
    TOKEN_VERSION,
    TOKEN_TMP,
    TOKEN_FILES,
    TOKEN_PART,
    TOKEN_DATE,
    TOKEN_TOOL,
    TOKEN_BUILT,
    TOKEN_SITE,
    TOKEN_HOST,
    TOKEN_SERVER,
    TOKEN_GIT,
    TOKEN_BUILD_SERVER,
    TOKEN_PROXY,
    TOKEN_PRINT,
    TOKEN_BUILD,
    TOKEN_COUNT
};

static const struct bytes token_names[TOKEN_COUNT] = {
    {"user", 4},   {"word", 4}, {"hex", 3},           {"doc", 3},     {"num", 3},   {"guid", 4},
    {"small", 5},  {"sid", 3},  {"project", 7},       {"version", 7}, {"tmp", 3},   {"files", 5},
    {"part", 4},   {"date", 4}, {"tool", 4},          {"built", 5},   {"site", 4},  {"host", 4},
    {"server", 6}, {"git", 3},  {"build-server", 12}, {"proxy", 5},   {"print", 5}, {"build", 5}};

static void put_name(struct buffer *out, enum token token, const struct scene *scene)
{
    char day[TIME_TEXT_SIZE];
    switch (token) {
    case TOKEN_USER:
        text_put(out, scene->user->name);
        break;
    case TOKEN_SID:
        text_put(out, scene->user->sid);
        break;
    case TOKEN_PART:
        text_put(out, department_name(scene->host->department));
        break;
    case TOKEN_TOOL:
        text_put(out, scene->host->tool[0] ? scene->host->tool : "common");
        break;
    case TOKEN_HOST:
        text_put(out, scene->host->name);
        break;
    case TOKEN_DATE:
        buffer_put(out, time_format_day(scene->time, day));
        break;
    case TOKEN_SERVER:
        put_server(out, scene);
        break;
    case TOKEN_FILES:
        text_put(out, host_of(scene->enterprise, ROLE_FILE)->name);
        break;
    case TOKEN_GIT:
        text_put(out, host_of(scene->enterprise, ROLE_GIT)->name);
        break;
    case TOKEN_BUILD_SERVER:
        text_put(out, host_of(scene->enterprise, ROLE_BUILD)->name);
        break;
    case TOKEN_PROXY:
        text_put(out, host_of(scene->enterprise, ROLE_PROXY)->name);
        break;
    default:
        text_put(out, host_of(scene->enterprise, ROLE_PRINT)->name);
    }
}

static void put_token(struct buffer *out, enum token token, const struct scene *scene)
{
    struct random *random = scene->random;
    switch (token) {
    case TOKEN_WORD:
        text_put(out, pick(words, LENGTH(words), random));
        break;
    case TOKEN_HEX:
        put_digits(out, (uint32_t)random_next(random), 16, 8);
        break;
    case TOKEN_NUM:
        put_digits(out, 1000 + random_below(random, 60000), 10, 1);
        break;
    case TOKEN_SMALL:
        put_digits(out, 1 + random_below(random, 20), 10, 1);
        break;
    case TOKEN_BUILD:
        put_digits(out, 5794 + scene->host->release[PROGRAM_TIWORKER], 10, 1);
        break;
    case TOKEN_DOC:
        put_document(out, scene);
        break;
    case TOKEN_GUID:
        put_guid(out, random);
        break;
    case TOKEN_PROJECT:
        put_project(out, scene);
        break;
    case TOKEN_VERSION:
        put_version(out, scene);
        break;
    case TOKEN_TMP:
        put_temporary(out, random);
        break;
    case TOKEN_BUILT:
        put_built(out, scene);
        break;
    case TOKEN_SITE:
        text_put_site(out, random_skewed(random, SITES));
        break;
    default:
        put_name(out, token, scene);
    }
}

static enum token token_find(const char *name, size_t length)
{
    unsigned token = 0;
    while (token < TOKEN_COUNT &&
           (token_names[token].len != length || memcmp(token_names[token].at, name, length) != 0))
        token++;
    return (enum token)token;
}

void text_expand(struct buffer *out, const char *template, const struct scene *scene)
{
    size_t run = 0;
    const char *at = template;
    while (at[run]) {
        char c = at[run];
        size_t end = c == '{' ? strcspn(at + run, "}") : 0;
        enum token token = end > 1 ? token_find(at + run + 1, end - 1) : TOKEN_COUNT;
        if (c != '\\' && c != '"' && token == TOKEN_COUNT) {
            run++;
            continue;
        }
        buffer_put(out, (struct bytes){at, run});
        at += run;
        run = 0;
        if (token != TOKEN_COUNT) {
            put_token(out, token, scene);
            at += end + 1;
        } else {
            buffer_put_char(out, '\\');
            run = 1; /* the character itself goes with the next run */
        }
    }
    buffer_put(out, (struct bytes){at, run});
}
