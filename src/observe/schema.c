/* Elastic Common Schema: fields by name, category and action by the schema's words. */
#include "observe/writer.h"

/* Where the value of each schema key goes; TARGET_NONE: used elsewhere. */
static const uint8_t key_targets[KEY_COUNT] = {
    [KEY_event_module] = FIELD_event_provider,
    [KEY_host_name] = FIELD_host_name,
    [KEY_user_name] = FIELD_user_name,
    [KEY_user_domain] = FIELD_user_domain,
    [KEY_user_target_name] = FIELD_user_target_name,
    [KEY_process_entity_id] = FIELD_process_entity_id,
    [KEY_process_pid] = FIELD_process_pid,
    [KEY_process_executable] = FIELD_process_executable,
    [KEY_process_command_line] = FIELD_process_command_line,
    [KEY_parent_entity_id] = FIELD_process_parent_entity_id,
    [KEY_parent_pid] = FIELD_process_parent_pid,
    [KEY_parent_executable] = FIELD_process_parent_executable,
    [KEY_target_entity_id] = FIELD_target_process_entity_id,
    [KEY_target_pid] = FIELD_target_process_pid,
    [KEY_target_executable] = FIELD_target_process_executable,
    [KEY_file_path] = FIELD_file_path,
    [KEY_dll_path] = FIELD_dll_path,
    [KEY_registry_path] = FIELD_registry_path,
    [KEY_registry_data] = FIELD_registry_data,
    [KEY_source_ip] = FIELD_source_ip,
    [KEY_source_port] = FIELD_source_port,
    [KEY_destination_ip] = FIELD_destination_ip,
    [KEY_destination_port] = FIELD_destination_port,
    [KEY_destination_domain] = FIELD_destination_domain,
    [KEY_network_transport] = TARGET_transport,
    [KEY_network_number] = TARGET_transport,
    [KEY_network_direction] = TARGET_direction_word,
    [KEY_dns_question_name] = FIELD_dns_question_name,
    [KEY_dns_resolved_ip] = FIELD_dns_resolved_ip,
    [KEY_service_name] = FIELD_service_name,
    [KEY_script_text] = FIELD_script_text,
    [KEY_logon_type_word] = TARGET_logon_word,
    [KEY_logon_id] = TARGET_logon_id,
    [DATA_GrantedAccess] = FIELD_target_process_access,
};

struct word {
    struct bytes text;
    uint8_t value;
};

#define WORD(text, value)                                                                          \
    {                                                                                              \
        {text, sizeof(text) - 1}, value                                                            \
    }

static const struct word categories[] = {
    WORD("process", CATEGORY_process),   WORD("file", CATEGORY_file),
    WORD("registry", CATEGORY_registry), WORD("library", CATEGORY_library),
    WORD("network", CATEGORY_network),   WORD("authentication", CATEGORY_logon),
    WORD("session", CATEGORY_logon),     WORD("driver", CATEGORY_library),
    WORD("dns", CATEGORY_dns),           WORD("configuration", CATEGORY_service),
    {{NULL, 0}, CATEGORY_other},
};

/* event.type, where event.action says nothing we know. */
static const struct word types[] = {
    WORD("start", ACTION_start),        WORD("end", ACTION_end),
    WORD("access", ACTION_access),      WORD("change", ACTION_change),
    WORD("creation", ACTION_create),    WORD("deletion", ACTION_delete),
    WORD("connection", ACTION_connect), WORD("installation", ACTION_install),
    {{NULL, 0}, ACTION_other},
};

/* event.action words of the vendors that say more than event.type. */
static const struct word actions[] = {
    WORD("exec", ACTION_start),
    WORD("fork", ACTION_start),
    WORD("procstart", ACTION_start),
    WORD("process_started", ACTION_start),
    WORD("procend", ACTION_end),
    WORD("termination", ACTION_end),
    WORD("creation", ACTION_create),
    WORD("overwrite", ACTION_change),
    WORD("modification", ACTION_change),
    WORD("deletion", ACTION_delete),
    WORD("rename", ACTION_rename),
    WORD("load", ACTION_load),
    WORD("moduleload", ACTION_load),
    WORD("scriptload", ACTION_load),
    WORD("crossproc", ACTION_access),
    WORD("remote_thread", ACTION_inject),
    WORD("connection_attempted", ACTION_connect),
    WORD("connection_accepted", ACTION_accept),
    WORD("disconnect_received", ACTION_end),
    WORD("lookup_requested", ACTION_query),
    WORD("lookup_result", ACTION_query),
    WORD("log_on", ACTION_logon),
    WORD("logged-in", ACTION_logon),
    WORD("log_off", ACTION_logoff),
    WORD("logged-out", ACTION_logoff),
    WORD("logon-failed", ACTION_logon_failed),
    WORD("service-installed", ACTION_install),
    WORD("scheduled-task-created", ACTION_create),
    {{NULL, 0}, ACTION_other},
};

static uint8_t word_value(const struct word *words, struct token token)
{
    while (words->text.len && !bytes_equal(words->text, (struct bytes){token.at, token.len}))
        words++;
    return words->value;
}

static void meaning_write(const struct record *record, struct writer *writer, uint32_t row)
{
    struct batch_columns *columns = &writer->batch->columns;
    uint8_t category = word_value(categories, record->tokens[KEY_event_category]);
    uint8_t action = word_value(actions, record->tokens[KEY_event_action]);
    if (action == ACTION_other)
        action = word_value(types, record->tokens[KEY_event_type]);
    if (record->tokens[KEY_dns_question_name].len && category == CATEGORY_network)
        category = CATEGORY_dns, action = ACTION_query;
    if (category == CATEGORY_service && action == ACTION_create)
        category = CATEGORY_task;
    if (record->tokens[KEY_script_text].len && category == CATEGORY_process)
        category = CATEGORY_script, action = ACTION_execute;
    if (category == CATEGORY_library && action == ACTION_start)
        action = ACTION_load;
    if (category == CATEGORY_file && action == ACTION_load)
        category = record->tokens[KEY_dll_path].len ? CATEGORY_library : CATEGORY_script;
    if (category == CATEGORY_logon && (action == ACTION_start || action == ACTION_end))
        action = action == ACTION_start ? ACTION_logon : ACTION_logoff;
    if (action == ACTION_connect && columns->network_direction[row] == DIRECTION_ingress)
        action = ACTION_accept;
    columns->event_category[row] = category;
    columns->event_action[row] = action;
}

/* Who logged on: shippers of Windows logons say it only in the data of the event. */
static int logon_account_write(const struct record *record, struct writer *writer, uint32_t row)
{
    const struct batch_columns *columns = &writer->batch->columns;
    if (columns->event_category[row] != CATEGORY_logon || columns->user_target_name[row] ||
        record->tokens[DATA_TargetUserName].len == 0)
        return 0;
    return writer_put(writer, row, FIELD_user_target_name, record->tokens[DATA_TargetUserName]);
}

static int strongest_hash_write(const struct record *record, struct writer *writer, uint32_t row)
{
    static const uint8_t keys[] = {
        KEY_dll_hash_sha256,     KEY_dll_hash_sha1,     KEY_dll_hash_md5,
        KEY_file_hash_sha256,    KEY_file_hash_sha1,    KEY_file_hash_md5,
        KEY_process_hash_sha256, KEY_process_hash_sha1, KEY_process_hash_md5};
    for (size_t i = 0; i < sizeof(keys); i++)
        if (record->tokens[keys[i]].len)
            return writer_put(writer, row, FIELD_hash, record->tokens[keys[i]]);
    return 0;
}

int schema_write(const struct record *record, struct writer *writer, uint32_t row)
{
    int error = 0;
    for (uint32_t i = 0; i < record->count && !error; i++) {
        uint8_t key = record->given[i];
        if (key_targets[key])
            error = writer_put(writer, row, key_targets[key], record->tokens[key]);
    }
    if (error)
        return error;
    if (record->tokens[KEY_event_category].kind != TOKEN_NONE &&
        writer->batch->columns.event_category[row] == CATEGORY_other)
        meaning_write(record, writer, row);
    error = logon_account_write(record, writer, row);
    return error ? error : strongest_hash_write(record, writer, row);
}
