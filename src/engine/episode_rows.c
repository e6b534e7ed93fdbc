#include "engine/episode_rows.h"

#include <errno.h>
#include <stdio.h>

static const char forget_sql[] =
    "DELETE FROM darknet_episodes WHERE victim_ip = ?1 AND protocol = ?2 AND start >= ?4"
    " AND start <= ?5 AND rule = ?10";
static const char insert_sql[] =
    "INSERT OR REPLACE INTO darknet_episodes (victim_ip, protocol, service, start, end,"
    " packets, destinations, peak_rate, estimated_rate, rule)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";

struct bytes episode_protocol_text(uint8_t protocol, char text[16])
{
    switch (protocol) {
    case PROTOCOL_tcp:
        return BYTES("tcp");
    case PROTOCOL_udp:
        return BYTES("udp");
    case PROTOCOL_icmp:
        return BYTES("icmp");
    case PROTOCOL_icmp6:
        return BYTES("icmp6");
    default:
        return (struct bytes){text, (size_t)snprintf(text, 16, "ip/%u", protocol)};
    }
}

struct bytes episode_service_text(const struct episode *episode, char text[16])
{
    if (!episode->has_service)
        return (struct bytes){text, 0};
    return (struct bytes){text, (size_t)snprintf(text, 16, "%u", episode->service)};
}

/* Both statements have the same numbers for the same values. */
static int statement_run(struct darknet_store *store, const char *sql,
                         const struct episode *episode, enum episode_rule rule)
{
    char text[IP_TEXT_SIZE], name[16], port[16];
    struct bytes victim = ip_format(&episode->victim, text);
    struct bytes protocol = episode_protocol_text(episode->protocol, name);
    struct bytes service = episode_service_text(episode, port);
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, sql, &statement);
    if (error)
        return error;
    sqlite3_bind_text(statement, 1, victim.at, (int)victim.len, SQLITE_TRANSIENT);
    sqlite3_bind_text(statement, 2, protocol.at, (int)protocol.len, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 4, episode->start);
    sqlite3_bind_int64(statement, 5, episode->end);
    sqlite3_bind_text(statement, 10, episode_rule_names[rule], -1, SQLITE_STATIC);
    if (sql == insert_sql) {
        sqlite3_bind_text(statement, 3, service.at, (int)service.len, SQLITE_TRANSIENT);
        sqlite3_bind_int64(statement, 6, (int64_t)episode->packets);
        sqlite3_bind_int64(statement, 7, episode->destinations);
        sqlite3_bind_double(statement, 8, episode->peak_rate);
        sqlite3_bind_double(statement, 9, episode->estimated_rate);
    }
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

int episode_row_write(struct darknet_store *store, const struct episode *episode,
                      enum episode_rule rule)
{
    int error = statement_run(store, forget_sql, episode, rule);
    if (error || episode->state == EPISODE_GONE)
        return error;
    return statement_run(store, insert_sql, episode, rule);
}
