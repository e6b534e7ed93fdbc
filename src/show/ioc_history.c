/* Processes of a stored history as samples: a case's, and all others. */
#include <errno.h>
#include <stdio.h>

#include "analyse/ioc/endpoint.h"
#include "base/hash.h"
#include "show/ioc_input.h"
#include "show/reading.h"

struct filling {
    struct corpus *corpus;
    struct hash_table malicious, samples; /* process ids */
    struct bytes family;
    uint32_t sample;
    int error;
};

static int case_process(void *context, struct sqlite3_stmt *statement)
{
    struct filling *filling = context;
    filling->error = hash_table_put(&filling->malicious, hash_bytes(reading_text(statement, 0)), 0);
    return filling->error;
}

static int case_processes(struct store *store, const char *case_id, struct filling *filling)
{
    static const char sql[] =
        "WITH RECURSIVE tree(id) AS (SELECT process_entity_id FROM findings"
        " WHERE case_id = CAST(?1 AS INTEGER) AND coalesce(process_entity_id, '') <> ''"
        " UNION SELECT e.process_entity_id FROM tree JOIN events e"
        " ON e.process_parent_entity_id = tree.id WHERE e.event_action = 'start'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\explorer.exe'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\services.exe'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\svchost.exe'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\wininit.exe'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\winlogon.exe'"
        " AND lower(e.process_parent_executable) NOT LIKE '%\\userinit.exe')"
        " SELECT id FROM tree LIMIT 100000";
    struct bytes value = bytes_of(case_id);
    int error = store_query_with(store, (struct bytes){sql, sizeof(sql) - 1}, &value, 1, 0,
                                 case_process, filling);
    return filling->error ? filling->error : error;
}

static int deed_take(void *context, enum report_kind kind, struct bytes text)
{
    struct filling *filling = context;
    return corpus_deed_add(filling->corpus, filling->sample, kind, text);
}

static int event_take(void *context, const struct batch *batch, uint32_t row)
{
    struct filling *filling = context;
    struct bytes id = endpoint_process(batch, row);
    uint64_t key = hash_bytes(id);
    if (id.len == 0)
        return 0;
    filling->sample = hash_table_get(&filling->samples, key);
    if (filling->sample == HASH_TABLE_NONE) {
        bool malicious = hash_table_get(&filling->malicious, key) != HASH_TABLE_NONE;
        struct bytes program = batch_text(batch, batch->columns.process_executable, row);
        filling->error =
            corpus_sample_add(filling->corpus, id, malicious ? filling->family : BYTES(""),
                              bytes_base_name(program.len ? program : id), &filling->sample);
        if (filling->error)
            return filling->error;
        filling->corpus->samples[filling->sample].malicious = malicious;
        filling->error = hash_table_put(&filling->samples, key, filling->sample);
    }
    if (!filling->error)
        filling->error = endpoint_deeds(batch, row, deed_take, filling);
    return filling->error;
}

bool ioc_history_read(const char *data, const char *case_id, struct corpus *corpus)
{
    struct store *store = reading_open(data);
    char family[32];
    struct filling filling = {.corpus = corpus, .family = {family, 0}};
    filling.family.len = (size_t)snprintf(family, sizeof(family), "case-%.20s", case_id);
    if (!store)
        return false;
    int error = case_processes(store, case_id, &filling);
    if (!error && filling.malicious.used == 0) {
        fprintf(stderr, "hinomi: %s: there is no case %s that names processes\n", data, case_id);
        error = -ENOENT;
    } else if (!error) {
        error = store_rows(store, (struct store_span){TIME_NONE, INT64_MAX, false}, event_take,
                           &filling);
        error = filling.error ? filling.error : error;
        if (error == -ENOSPC)
            fprintf(stderr, "hinomi: %s: too many processes\n", data);
    }
    if (error && error != -ENOENT && error != -ENOSPC)
        reading_failed(store);
    hash_table_finish(&filling.malicious);
    hash_table_finish(&filling.samples);
    store_close(store);
    return error == 0;
}
