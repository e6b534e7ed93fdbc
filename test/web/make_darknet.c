/*
 * A week of an invented observatory in a data folder, for the browser tests and for nothing else:
 * every number is made by arithmetic on the row's number, so it is the same everywhere.
 *
 *     make_darknet DIR             DATA/darknet.db
 *     make_darknet DIR contacts N  so many contacts in place of its 240
 *     make_darknet DIR live N      N more contacts and windows, one every 300 ms, while somebody
 * watches
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/darknet.h"

/* n(i): 0 … ?1 - 1. h(i, k): scattered over 0 … 9999. 2024-06-17T00:00:00Z is the last day. */
#define N(count)                                                                                   \
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " count ")"
#define SCATTER(i, k) "(((" i " + 1) * 7919 + " k " * 104729) * 48271 % 2147483647 / 7 % 10000)"
#define DAY           "1718582400"
#define SECOND        "1000000000"

static const char
    *const statements[] =
        {
            /* 144 windows of 10 min, with a day's rhythm. */
            N("144") " INSERT INTO darknet_windows SELECT (" DAY " + i * 600) * " SECOND
                     ", 600 * " SECOND ","
                     " p, p * 44, p / 9, 16384 - " SCATTER(
                         "i",
                         "1") " / 100, 16384, p * 9 / 10, p / 14,"
                              " p - p * 9 / 10 - p / 14 - p / 100, p / 100, p * 3 / 5, 40 + i "
                              "% 7, 12, 0"
                              " FROM (SELECT i, 42000 + CAST(14000 * sin(i * 6.2832 / 144) AS "
                              "INTEGER)"
                              "  + " SCATTER(
                                  "i",
                                  "2") " / 4 + iif(i BETWEEN 80 AND 92, 30000, 0) AS p FROM n)",
            /* 14 ports after Zipf; one grows in the middle of the day. */
            "INSERT INTO darknet_counts SELECT w.start, w.length, 'port', p.value,"
            " w.packets * 10 / (p.key + 3) / 24 * iif(p.value = 'tcp/37215' AND w.start / " SECOND
            " BETWEEN " DAY " + 48000 AND " DAY " + 55000, 12, 1), w.sources / (p.key + 4)"
            " FROM darknet_windows w, "
            "json_each('[\"tcp/23\",\"tcp/22\",\"tcp/445\",\"tcp/80\",\"tcp/8080\","
            "\"udp/53\",\"tcp/3389\",\"tcp/2323\",\"tcp/443\",\"udp/123\",\"tcp/6379\",\"tcp/"
            "5555\","
            "\"tcp/37215\",\"udp/1900\"]') p",
            "INSERT INTO darknet_counts SELECT w.start, w.length, 'class', p.value, w.packets "
            "* 10 / (p.key * p.key + 2) / 14,"
            " w.sources / (p.key + 2) FROM darknet_windows w, "
            "json_each('[\"scan\",\"mirai\",\"masscan\","
            "\"zmap\",\"backscatter\",\"udp_scan\",\"icmp_backscatter\",\"investigation\","
            "\"other\"]') p",
            "INSERT INTO darknet_counts SELECT w.start, w.length, 'mark', p.value, w.packets / "
            "(p.key * 4 + 4),"
            " w.sources / (p.key + 4) FROM darknet_windows w,"
            " json_each('[\"mirai\",\"masscan\",\"zmap\",\"optionless\"]') p",
            "INSERT INTO darknet_counts SELECT w.start, w.length, 'country', p.value, "
            "w.packets / (p.key + 4) / 2,"
            " w.sources / (p.key + 4) FROM darknet_windows w,"
            " json_each('[\"CN\",\"US\",\"BR\",\"RU\",\"IN\",\"VN\",\"KR\",\"JP\",\"NL\"]') p",
            /* Where from: more from some /8 than from others. */
            N("700") " INSERT OR IGNORE INTO darknet_counts SELECT w.start, w.length, "
                     "'prefix', (1 + (" SCATTER("i % 60", "3") " % 221)) || '.' || (" SCATTER(
                         "i", "4") " % 256) || '.0.0/16',"
                                   " w.packets / (i + 20) + 1, w.sources / (i + 30) + 1 FROM "
                                   "n, darknet_windows w",
            /* Sources: an address, a class, its features. */
            N("5000") " INSERT OR IGNORE INTO darknet_sources SELECT (1 + (" SCATTER("i % 60", "3") " % 221)) || '.' || (" SCATTER(
                "i",
                "4") " % 256) || '.' || (" SCATTER("i",
                                                   "5") " % 256) || '.' ||"
                                                        " (" SCATTER(
                                                            "i",
                                                            "6") " % 254 + 1), (" DAY
                                                                 " + i % 40000) * " SECOND ", (" DAY
                                                                 " + 40000 + i * 9) * " SECOND
                                                                 ", 60000 / (i + 1) + 1, "
                                                                 "(60000 / (i + 1) + 1) * 44,"
                                                                 " (SELECT value FROM "
                                                                 "json_each('[\"scan\","
                                                                 "\"mirai\",\"zmap\","
                                                                 "\"masscan\","
                                                                 "\"investigation\","
                                                                 "\"backscatter\",\"icmp_"
                                                                 "backscatter\",\"udp_scan\","
                                                                 "\"other\",\"scan\",\"mirai\"]"
                                                                 "') WHERE key = i % 11),"
                                                                 " 0.5 + " SCATTER(
                                                                     "i",
                                                                     "7") " / 20001.0, (SELECT "
                                                                          "value FROM "
                                                                          "json_each('[23,22,"
                                                                          "445,80,8080,53,3389]"
                                                                          "')"
                                                                          " WHERE key = i % "
                                                                          "7), 1024 + i % "
                                                                          "50000, (SELECT "
                                                                          "value FROM "
                                                                          "json_each('[\"CN\","
                                                                          "\"US\",\"BR\","
                                                                          "\"JP\"]')"
                                                                          " WHERE key = i % "
                                                                          "4), "
                                                                          "json_object('"
                                                                          "packets', 60000 / "
                                                                          "(i + 1) + 1, "
                                                                          "'interval_mean', "
                                                                          "1.5,"
                                                                          " 'interval_"
                                                                          "deviation', 0.4, "
                                                                          "'source_ports', 3, "
                                                                          "'source_port_"
                                                                          "packets_mean', 4.0,"
                                                                          " 'source_port_"
                                                                          "packets_deviation', "
                                                                          "1.1, "
                                                                          "'destinations', "
                                                                          "12000 / (i + 1) + 1,"
                                                                          " 'destination_"
                                                                          "packets_mean', 1.0, "
                                                                          "'destination_"
                                                                          "packets_deviation', "
                                                                          "0, "
                                                                          "'destination_ports',"
                                                                          " 1 + i % 4,"
                                                                          " 'destination_port_"
                                                                          "packets_mean', 9.5, "
                                                                          "'destination_port_"
                                                                          "packets_deviation', "
                                                                          "2.5, 'protocols', 1,"
                                                                          " 'payload_mean', 0, "
                                                                          "'payload_deviation',"
                                                                          " 0, 'span_mean', "
                                                                          "5461.3, "
                                                                          "'span_deviation', "
                                                                          "3860.1) FROM n",
            /* Organisations with a /16 each. */
            N("14") " INSERT INTO darknet_organisations SELECT (SELECT value FROM "
                    "json_each('[\"Aoba University\","
                    "\"Byakko Logistics\",\"City of Chidori\",\"Daito Hospital\",\"Enoki "
                    "Foods\",\"Fuji Instruments\","
                    "\"Genji Rail\",\"Hagi Ceramics\",\"Iris Insurance\",\"Jomon "
                    "Museum\",\"Kaede Bank\",\"Lotus Media\","
                    "\"Midori Power\",\"Nagi Shipping\"]') WHERE key = i), json_array((100 + "
                    "i) || '.' || (i * 7) ||"
                    " '.0.0/16'), 65536 FROM n",
            /* An attack on somebody is seen by what the victim answers. */
            N("160") " INSERT INTO darknet_episodes SELECT (1 + (" SCATTER(
                "i % 60",
                "3") " % 221)) || '.' || (" SCATTER("i",
                                                    "4") " % 256) || '.' || "
                                                         "(" SCATTER(
                                                             "i",
                                                             "5") " % 256) "
                                                                  "|| '.' || "
                                                                  "(" SCATTER(
                                                                      "i",
                                                                      "6") " % 254 + 1), iif(i % 5 "
                                                                           "= 0, 'udp', iif(i % 7 "
                                                                           "= 0, 'icmp', 'tcp')), "
                                                                           "(SELECT value FROM"
                                                                           " json_each('[\"443\","
                                                                           "\"80\",\"53\",\"22\","
                                                                           "\"3389\",\"25565\"]') "
                                                                           "WHERE key = i % 6), s "
                                                                           "* " SECOND ","
                                                                           " (s + 60 + " SCATTER(
                                                                               "i",
                                                                               "8") ") * " SECOND
                                                                                    ", 90000 / (i "
                                                                                    "+ 1) + 25, "
                                                                                    "4000 / (i + "
                                                                                    "1) + 12,"
                                                                                    " 900.0 / (i + "
                                                                                    "1) + 1, 900.0 "
                                                                                    "/ (i + 1) * "
                                                                                    "262144 / 60 + "
                                                                                    "4, iif(i % 4 "
                                                                                    "= 3, 'rsdos', "
                                                                                    "'moore'),"
                                                                                    " (SELECT "
                                                                                    "value FROM "
                                                                                    "json_each('["
                                                                                    "\"US\",\"JP\","
                                                                                    "\"BR\"]') "
                                                                                    "WHERE key = i "
                                                                                    "% 3)"
                                                                                    " FROM (SELECT "
                                                                                    "i, " DAY
                                                                                    " + " SCATTER(
                                                                                        "i",
                                                                                        "9") " * 8 "
                                                                                             "AS s "
                                                                                             "FROM "
                                                                                             "n)",
            /* A week of windows; three of the last day stand out. */
            N("1008") " INSERT INTO darknet_synchrony SELECT (" DAY
                      " - 6 * 86400 + i * 600) * " SECOND ","
                      " 180 + i % 40, d, json_array(json_object('rho', 0.4, 'density', d * 2), "
                      "json_object('rho', 0.5,"
                      " 'density', d * 1.4), json_object('rho', 0.6, 'density', d), "
                      "json_object('rho', 0.7, 'density', d / 2),"
                      " json_object('rho', 0.8, 'density', d / 4), json_object('rho', 0.9, "
                      "'density', d / 9)), a,"
                      " iif(a, 0.91, 1.0), '[]', '{}', json_object('en', json_array('62 hosts sent "
                      "at the same times.'), 'ja', "
                      "json_array('62ホストが同じ時刻に送信しました。')) FROM (SELECT i, i IN "
                      "(880, 940, 941) AS "
                      "a, 0.012 + " SCATTER(
                          "i", "1") " / 2e6 + iif(i IN (880, 940, 941), 0.09, 0) AS d FROM n)",
            N("90") " UPDATE darknet_synchrony SET ports_json = "
                    "'[{\"port\":37215,\"hosts\":46,\"share\":0.51},"
                    "{\"port\":23,\"hosts\":22,\"share\":0.24}]', groups_json = (SELECT "
                    "json_object('nodes',"
                    " (SELECT json_group_array(json_object('name', (1 + (" SCATTER(
                        "i % 60",
                        "3") " % 221)) || '.' || (" SCATTER("i",
                                                            "4") " % 256) || '.0.0/16', "
                                                                 "'group', g, 'packets', 400 - "
                                                                 "i * 4,"
                                                                 " 'x', round(0.5 + iif(g = 1, "
                                                                 "-0.22, iif(g = 2, 0.25, 0)) "
                                                                 "+ iif(g, 0.16, 0.46) * cos(i "
                                                                 "* 2.4) *"
                                                                 "  (0.4 + 0.6 * (i % 7) / "
                                                                 "7.0), 4), 'y', round(0.5 + "
                                                                 "iif(g = 1, 0.1, iif(g = 2, "
                                                                 "-0.15, 0)) +"
                                                                 "  iif(g, 0.16, 0.46) * sin(i "
                                                                 "* 2.4) * (0.4 + 0.6 * (i % "
                                                                 "7) / 7.0), 4)))"
                                                                 "  FROM (SELECT i, iif(i < "
                                                                 "46, 1, iif(i < 62, 2, 0)) AS "
                                                                 "g FROM n)),"
                                                                 " 'edges', (SELECT "
                                                                 "json_group_array(json_array("
                                                                 "a.i, b.i)) FROM n a JOIN n b "
                                                                 "ON b.i > a.i AND b.i < 62"
                                                                 "  AND (a.i < 46) = (b.i < "
                                                                 "46) AND (a.i * 31 + b.i * "
                                                                 "17) % 5 = 0))) WHERE alert",
            /* The 17 features in the plane, three months; the last has wandered. */
            N("6000") " INSERT INTO darknet_drift SELECT (SELECT value FROM "
                      "json_each('[\"2024-04\",\"2024-05\","
                      "\"2024-06\"]') WHERE key = i / 2000), i % 2000, k * 18 - 24 + (i / "
                      "2000) * iif(k = 2, 9, 1.5) +"
                      " 9 * cos(i * 2.4) * (" SCATTER(
                          "i", "1") " / 10000.0), iif(k = 1, 14, -8) + 9 * sin(i * 2.4) * "
                                    "(" SCATTER("i", "1") " / 10000.0), c, iif(" SCATTER(
                                        "i", "2") " < 200, "
                                                  "iif(k, "
                                                  "'other',"
                                                  " '"
                                                  "backscat"
                                                  "ter'), "
                                                  "c),"
                                                  " '192.0."
                                                  "2.' || "
                                                  "(i % "
                                                  "254 + "
                                                  "1) FROM "
                                                  "(SELECT "
                                                  "i, i % "
                                                  "3 AS k, "
                                                  "iif(i % "
                                                  "3 = 1, "
                                                  "'backsca"
                                                  "tter', "
                                                  "'other')"
                                                  " AS c"
                                                  " FROM "
                                                  "n)",
            /* Two weeks of a port by the hour, a change, and the day that is expected. */
            N("360") " INSERT INTO darknet_trends SELECT 'tcp/23', (" DAY
                     " - 13 * 86400 + i * 3600) * " SECOND ","
                     " iif(i < 336, 'observed', 'forecast'), v, iif(i < 336, NULL, v * 0.8), "
                     "iif(i < 336, NULL, v * 1.25),"
                     " 0 FROM (SELECT i, 9000 + 2500 * sin(i * 6.2832 / 24) + iif(i > 200, "
                     "4000, 0) AS v FROM n)",
            "INSERT INTO darknet_trends VALUES ('tcp/23', (" DAY
            " - 13 * 86400 + 201 * 3600) * " SECOND ", 'change', 4000, NULL, NULL, 0.99)",
            /* Flows of an office: its machines, its servers, some of the world. */
            N("1500") " INSERT INTO livenet_flows SELECT (" DAY " + 80000) * " SECOND
                      ", 60 * " SECOND ","
                      " '10.0.' || (i % 5) || '.' || (" SCATTER(
                          "i", "1") " % 120 + 10), iif(i % 3, '10.0.9.' || (i % 12 + 10),"
                                    " (1 + (" SCATTER("i % 60", "3") " % 221)) || '.' || (" SCATTER(
                                        "i", "4") " % 256) || '.7.9'),"
                                                  " iif(i % 6 = 0, 'udp', 'tcp'), (SELECT value "
                                                  "FROM json_each('[443,445,53,80,389,3389]') WHERE"
                                                  " key = i % 6), (SELECT value FROM "
                                                  "json_each('[\"TLS\",\"SMB\",\"DNS\",\"HTTP\","
                                                  "\"LDAP\",\"RDP\"]')"
                                                  " WHERE key = i % 6), 1 + i % 9, 40 + i % 700, "
                                                  "90000000 / (i + 3), (SELECT value FROM"
                                                  " json_each('[\"Sales\",\"Research\",\"Plant\","
                                                  "\"Office\",\"Guests\"]') WHERE key = i % 5),"
                                                  " i % 3 <> 0 FROM n",
            /* Two of these machines looked where nobody is. */
            "INSERT INTO darknet_contacts (organisation, source_ip, kind, state, first, last, "
            "packets,"
            " destinations, destination_port, protocol, internal, notified) SELECT 'Aoba "
            "University',"
            " source_ip, 'scan', 'new', start, start, 9, 9, 445, 'tcp', 1, 0 FROM livenet_flows "
            "WHERE rowid IN (1, 7)",
};

#define CONTACT                                                                                                            \
    " INSERT INTO darknet_contacts (organisation, source_ip, kind, state, first, last, packets,"                           \
    " destinations, destination_port, protocol, internal, notified, explanation_json)"                                     \
    " SELECT o.name, (100 + k) || '.' || (k * 7) || '.' || (" SCATTER(                                                     \
        "i",                                                                                                               \
        "5") " % 256) || '.' || (" SCATTER("i",                                                                            \
                                           "6") " % 254 + 1), (SELECT value FROM "                                         \
                                                "json_each('[\"scan\",\"scan\",\"backscatter\","                           \
                                                "\"misconfiguration\"]') WHERE key = i / 4 % 4), "                         \
                                                "iif(i % 4 = 0, 'new', iif(i % 4 = 1, "                                    \
                                                "'continuing',"                                                            \
                                                " 'ended')), (" DAY                                                        \
                                                " + i * 300 % 80000) * " SECOND ", (" DAY                                  \
                                                " + 80000 + i % 6000) * " SECOND ","                                       \
                                                " 5000 / (i % 500 + 1) + 1, 900 / (i % 500 + 1) "                          \
                                                "+ 1, (SELECT value FROM json_each('[23,445,80,"                           \
                                                "53]') WHERE key = i % 4), iif(i % 4 = 3, 'udp', "                         \
                                                "'tcp'), 0, 1, json_object('en', json_array("                              \
                                                "'An address of ' || o.name || ' looked for "                              \
                                                "services in the darknet.'), 'ja', "                                       \
                                                "json_array(o.name ||"                                                     \
                                                " ' "                                                                      \
                                                "のアドレスがダークネットでサービスを探しています" \
                                                "。')) FROM (SELECT i, i * i % 14 AS k FROM n)"                           \
                                                " JOIN darknet_organisations o ON o.rowid = k + 1"

static void must(int error, const struct darknet_store *store)
{
    if (error < 0) {
        fprintf(stderr, "make_darknet: %s\n", store ? darknet_store_error(store) : "cannot open");
        exit(1);
    }
}

static void run(struct darknet_store *store, const char *sql, int64_t number)
{
    struct sqlite3_stmt *statement;

    must(darknet_store_statement(store, sql, &statement), store);
    sqlite3_reset(statement);
    if (sqlite3_bind_parameter_count(statement))
        sqlite3_bind_int64(statement, 1, number);
    if (sqlite3_step(statement) != SQLITE_DONE) {
        fprintf(stderr, "make_darknet: %s\n%s\n", sql,
                sqlite3_errmsg(sqlite3_db_handle(statement)));
        exit(1);
    }
}

static void put_live(struct darknet_store *store, int64_t count)
{
    const struct timespec pause = {0, 300 * 1000 * 1000};

    for (int64_t i = 0; i < count; i++) {
        must(darknet_store_begin(store), store);
        run(store, "WITH n(i) AS (SELECT 4 * ?1 + 100000)" CONTACT, i);
        run(store,
            "INSERT INTO darknet_windows SELECT start + (?1 + 1) * length, length, 1000000 + ?1, 1,"
            " 5000, 9, 16384, 1, 1, 1, 1, 1, 1, 0, 0 FROM darknet_windows"
            " WHERE start = (" DAY " + 143 * 600) * " SECOND,
            i);
        must(darknet_store_commit(store), store);
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv)
{
    int64_t number = argc == 4 ? atoll(argv[3]) : 240;
    struct darknet_store *store = NULL;

    if (argc != 2 && argc != 4) {
        fputs("usage: make_darknet DIR [contacts N | live N]\n", stderr);
        return 2;
    }
    must(darknet_store_open(argv[1], &store), NULL);
    if (argc == 4 && strcmp(argv[2], "live") == 0) {
        put_live(store, number);
    } else {
        must(darknet_store_begin(store), store);
        for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
            run(store, statements[i], 0);
        run(store, N("?1") CONTACT, number);
        must(darknet_store_commit(store), store);
    }
    darknet_store_close(store);
    return 0;
}
