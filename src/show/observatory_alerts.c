#include <errno.h>
#include <sqlite3.h>

#include "base/time.h"
#include "show/observatory.h"
#include "show/state.h"

static struct bytes given(struct bytes text)
{
    return text.at ? text : BYTES("");
}

/* ---- organisations whose addresses reached the darknet ------------------------------ */

#define CONTACTS_WANTED                                                                            \
    " FROM darknet_contacts WHERE (?1 = '' OR organisation = ?1) AND (?2 = '' OR state = ?2)"

int contacts_json(struct sqlite3 *db, struct bytes organisation, struct bytes state,
                  struct json *json)
{
    const struct argument arguments[] = {
        {.text = given(organisation)}, {.text = given(state)}, {.number = CONTACTS_SHOWN}};
    int error;

    json_object(json);
    json_key(json, "organisations");
    error = rows_json(db, json,
                      "SELECT o.name, iif(json_valid(o.prefixes_json), o.prefixes_json, '[]') AS"
                      " \"prefixes:json\", o.addresses,"
                      " (SELECT count(*) FROM darknet_contacts c WHERE c.organisation = o.name"
                      "  AND c.state <> 'ended') AS open,"
                      " (SELECT count(*) FROM darknet_contacts c WHERE c.organisation = o.name)"
                      "  AS contacts FROM darknet_organisations o WHERE ?1 = '' OR o.name = ?1"
                      " ORDER BY o.name LIMIT 2000",
                      arguments, 1);
    json_key(json, "contacts");
    if (!error)
        error =
            rows_json(db, json,
                      "SELECT id, organisation, source_ip, kind, state, first AS \"first:time\","
                      " last AS \"last:time\", packets, destinations, destination_port, protocol,"
                      " internal <> 0 AS \"internal:bool\", notified <> 0 AS \"notified:bool\","
                      " iif(json_valid(explanation_json), explanation_json, '{}') AS"
                      " \"explanation:json\"" CONTACTS_WANTED
                      " ORDER BY state = 'ended', last DESC, id DESC LIMIT ?3",
                      arguments, 3);
    json_key(json, "total");
    json_integer(json, number_of(db, "SELECT count(*)" CONTACTS_WANTED, arguments, 2, 0));
    json_end_object(json);
    return error;
}

int contacts_now_json(struct sqlite3 *db, struct bytes organisation, struct json *json)
{
    const struct argument argument = {.text = given(organisation)};

    return first_row_json(db, json,
                          "SELECT coalesce(sum(state <> 'ended'), 0) AS contacts_open,"
                          " coalesce(sum(state = 'new'), 0) AS contacts_new,"
                          " count(*) AS contacts, coalesce(sum(packets), 0) AS packets,"
                          " coalesce(sum(notified <> 0), 0) AS notified,"
                          " max(last) AS \"newest:time\""
                          " FROM darknet_contacts WHERE organisation = ?1",
                          &argument, 1);
}

/* ---- attacks seen by their backscatter ---------------------------------------------- */

#define EPISODES_WANTED " FROM darknet_episodes WHERE (?1 = '' OR rule = ?1)"

int backscatter_json(struct sqlite3 *db, struct bytes rule, struct json *json)
{
    const struct argument arguments[] = {{.text = given(rule)}, {.number = EPISODES_SHOWN}};
    int error;

    json_object(json);
    json_key(json, "episodes");
    error = rows_json(db, json,
                      "SELECT victim_ip, protocol, service, start AS \"start:time\","
                      " \"end\" AS \"end:time\", packets, destinations, peak_rate,"
                      " estimated_rate, rule, country" EPISODES_WANTED
                      " ORDER BY packets DESC, start, victim_ip LIMIT ?2",
                      arguments, 2);
    json_key(json, "totals");
    if (!error)
        error = first_row_json(
            db, json,
            "SELECT count(*) AS episodes, count(DISTINCT victim_ip) AS victims,"
            " min(start) AS \"since:time\", max(\"end\") AS \"until:time\"" EPISODES_WANTED,
            arguments, 1);
    json_key(json, "rules");
    if (!error)
        error = rows_json(db, json,
                          "SELECT rule AS name, count(*) AS episodes FROM darknet_episodes"
                          " GROUP BY rule ORDER BY 2 DESC, 1 LIMIT 10",
                          NULL, 0);
    json_end_object(json);
    return error;
}

int drift_json(struct sqlite3 *db, struct json *json)
{
    const struct argument most = {.number = DRIFT_POINTS};
    int error;

    json_object(json);
    json_key(json, "months");
    error = rows_json(
        db, json,
        "SELECT month, count(*) AS count, sum(class = predicted) AS right,"
        " json_group_array(json_array(round(x, 3), round(y, 3), class, predicted, source_ip))"
        " AS \"points:json\" FROM (SELECT * FROM darknet_drift ORDER BY month, number LIMIT ?1)"
        " GROUP BY month ORDER BY month",
        &most, 1);
    json_key(json, "total");
    json_integer(json, number_of(db, "SELECT count(*) FROM darknet_drift", NULL, 0, 0));
    json_end_object(json);
    return error;
}

/* ---- who moves together ------------------------------------------------------------- */

int synchrony_json(struct sqlite3 *db, struct json *json)
{
    const struct argument most = {.number = SYNCHRONY_WINDOWS};
    int error;

    json_object(json);
    json_key(json, "windows");
    error = rows_json(db, json,
                      "SELECT start AS \"start:time\", hosts, density, alert <> 0 AS"
                      " \"alert:bool\", ratio,"
                      " iif(alert AND json_valid(groups_json),"
                      "  json_array_length(groups_json, '$.nodes') > 0, 0) AS \"drawn:bool\""
                      " FROM (SELECT * FROM darknet_synchrony"
                      "  ORDER BY start DESC LIMIT ?1) ORDER BY start",
                      &most, 1);
    json_key(json, "total");
    json_integer(json, number_of(db, "SELECT count(*) FROM darknet_synchrony", NULL, 0, 0));
    json_end_object(json);
    return error;
}

int synchrony_window_json(struct sqlite3 *db, int64_t start, struct json *json)
{
    const struct argument argument = {.number = start};

    return first_row_json(db, json,
                          "SELECT start AS \"start:time\", hosts, density, alert <> 0 AS"
                          " \"alert:bool\", ratio,"
                          " iif(json_valid(densities_json), densities_json, '[]') AS"
                          " \"densities:json\","
                          " iif(json_valid(ports_json), ports_json, '[]') AS \"ports:json\","
                          " iif(json_valid(groups_json), groups_json, '{}') AS \"groups:json\","
                          " iif(json_valid(explanation_json), explanation_json, '{}') AS"
                          " \"explanation:json\""
                          " FROM darknet_synchrony WHERE start = ?1",
                          &argument, 1);
}

/* ---- what changes, what is expected -------------------------------------------------- */

int trend_json(struct sqlite3 *db, struct bytes name, struct json *json)
{
    const struct argument argument = {.text = given(name)};
    int error;

    json_object(json);
    json_key(json, "names");
    error = rows_json(db, json,
                      "SELECT name, kind, count(*) AS points, max(time) AS \"last:time\","
                      " max(score) AS score FROM darknet_trends GROUP BY name, kind"
                      " ORDER BY name, kind LIMIT 1000",
                      NULL, 0);
    json_key(json, "points");
    if (!error)
        error = rows_json(db, json,
                          "SELECT time AS \"time:time\", kind, value, low, high, score"
                          " FROM darknet_trends WHERE name = ?1 ORDER BY time, kind LIMIT 5000",
                          &argument, 1);
    json_end_object(json);
    return error;
}

/* ---- flows inside the organisation --------------------------------------------------- */

/* ?1: how many windows. A window's flows are those that begin with it. */
#define FLOWS                                                                                      \
    "WITH w AS MATERIALIZED (SELECT DISTINCT start FROM livenet_flows ORDER BY start DESC"         \
    " LIMIT ?1), f AS MATERIALIZED (SELECT l.* FROM livenet_flows l JOIN w USING (start)) "

static const char flows_sql[] =
    FLOWS "SELECT source_ip, destination_ip, protocol, destination_port, application,"
          " sum(flows) AS flows, sum(packets) AS packets, sum(bytes) AS bytes, unit,"
          " max(internal) <> 0 AS \"internal:bool\" FROM f"
          " GROUP BY source_ip, destination_ip, protocol, destination_port, application"
          " ORDER BY sum(bytes) DESC, 1, 2 LIMIT ?2";

static const char *const livenet_groups[][2] = {
    {"applications", FLOWS "SELECT application AS name, sum(flows) AS flows, sum(bytes) AS bytes"
                           " FROM f GROUP BY application ORDER BY 3 DESC, 1 LIMIT min(20, ?2)"},
    {"units", FLOWS "SELECT unit AS name, sum(flows) AS flows, sum(bytes) AS bytes,"
                    " count(DISTINCT source_ip) AS hosts FROM f GROUP BY unit"
                    " ORDER BY 3 DESC, 1 LIMIT min(100, ?2)"},
    {"hosts", FLOWS "SELECT source_ip AS name, sum(flows) AS flows, sum(bytes) AS bytes,"
                    " count(DISTINCT destination_ip) AS peers FROM f GROUP BY source_ip"
                    " ORDER BY 3 DESC, 1 LIMIT min(20, ?2)"},
    {"flows", flows_sql},
};

int livenet_json(struct sqlite3 *db, int64_t windows, struct json *json)
{
    const struct argument arguments[] = {{.number = windows}, {.number = FLOWS_SHOWN}};
    int error;

    json_object(json);
    json_key(json, "totals");
    error = first_row_json(db, json,
                           FLOWS "SELECT min(start) AS \"since:time\","
                                 " max(start + length) AS \"until:time\","
                                 " coalesce(sum(flows), 0) AS flows,"
                                 " coalesce(sum(packets), 0) AS packets,"
                                 " coalesce(sum(bytes), 0) AS bytes FROM f",
                           arguments, 1);
    for (size_t i = 0; i < sizeof livenet_groups / sizeof *livenet_groups && !error; i++) {
        json_key(json, livenet_groups[i][0]);
        error = rows_json(db, json, livenet_groups[i][1], arguments, 2);
    }
    json_key(json, "alerts");
    if (!error)
        error = rows_json(db, json,
                          "SELECT id, source_ip, kind, state, last AS \"last:time\","
                          " organisation FROM darknet_contacts WHERE state <> 'ended'"
                          " ORDER BY last DESC LIMIT 500",
                          NULL, 0);
    json_end_object(json);
    return error;
}
