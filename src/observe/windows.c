/*
 * Windows events: one table from log and event id to category, action and
 * fields, the same for JSON of any shape and for EVTX.
 */
#include <pthread.h>

#include "observe/writer.h"

enum log {
    LOG_unknown,
    LOG_sysmon,
    LOG_security,
    LOG_powershell,
    LOG_system,
    LOG_tasks,
    LOG_wmi,
    LOG_sessions,
};

/* This datum goes to that field. Later lines of a list go over earlier ones, unless empty. */
struct mapping {
    uint8_t target, key; /* enum field or enum target; enum key. 0, 0 ends a list */
};

struct rule {
    uint16_t log, id;
    uint8_t category, action;
    const struct mapping *common, *own;
    /* What a list can't say, or NULL. */
    int (*finish)(const struct record *record, struct writer *writer, uint32_t row);
};

/* clang-format off */
#define LIST(name, ...) static const struct mapping name[] = {__VA_ARGS__, {0, 0}}

LIST(none, {0, 0});
LIST(sysmon_actor, {FIELD_process_entity_id, DATA_ProcessGuid}, {FIELD_process_pid, DATA_ProcessId},
     {FIELD_process_executable, DATA_Image}, {TARGET_account, DATA_User});
LIST(sysmon_start, {FIELD_process_command_line, DATA_CommandLine}, {TARGET_hashes, DATA_Hashes},
     {TARGET_logon_id, DATA_LogonId}, {FIELD_process_parent_entity_id, DATA_ParentProcessGuid},
     {FIELD_process_parent_pid, DATA_ParentProcessId},
     {FIELD_process_parent_executable, DATA_ParentImage});
LIST(sysmon_file, {FIELD_file_path, DATA_TargetFilename}, {TARGET_hashes, DATA_Hash},
     {TARGET_hashes, DATA_Hashes});
LIST(sysmon_device, {FIELD_file_path, DATA_Device});
LIST(sysmon_load, {FIELD_dll_path, DATA_ImageLoaded}, {TARGET_hashes, DATA_Hashes});
LIST(sysmon_network, {TARGET_transport, DATA_Protocol}, {TARGET_initiated, DATA_Initiated},
     {FIELD_source_ip, DATA_SourceIp}, {FIELD_source_port, DATA_SourcePort},
     {FIELD_destination_ip, DATA_DestinationIp}, {FIELD_destination_port, DATA_DestinationPort},
     {FIELD_destination_domain, DATA_DestinationHostname});
LIST(sysmon_source, {FIELD_process_entity_id, DATA_SourceProcessGuid},
     {FIELD_process_entity_id, DATA_SourceProcessGUID}, {FIELD_process_pid, DATA_SourceProcessId},
     {FIELD_process_executable, DATA_SourceImage}, {TARGET_account, DATA_SourceUser});
LIST(sysmon_target, {FIELD_target_process_entity_id, DATA_TargetProcessGuid},
     {FIELD_target_process_entity_id, DATA_TargetProcessGUID},
     {FIELD_target_process_pid, DATA_TargetProcessId},
     {FIELD_target_process_executable, DATA_TargetImage},
     {FIELD_target_process_access, DATA_GrantedAccess}, {TARGET_target_account, DATA_TargetUser});
LIST(sysmon_registry, {FIELD_registry_path, DATA_TargetObject},
     {FIELD_registry_data, DATA_NewName}, {FIELD_registry_data, DATA_Details});
LIST(sysmon_pipe, {FIELD_file_path, DATA_PipeName});
LIST(sysmon_wmi, {TARGET_account, DATA_User}, {FIELD_service_name, DATA_Filter},
     {FIELD_service_name, DATA_Name}, {FIELD_script_text, DATA_Query},
     {FIELD_script_text, DATA_Consumer}, {FIELD_file_path, DATA_Destination});
LIST(sysmon_dns, {FIELD_dns_question_name, DATA_QueryName},
     {FIELD_dns_resolved_ip, DATA_QueryResults});

LIST(subject, {FIELD_user_name, DATA_SubjectUserName}, {FIELD_user_domain, DATA_SubjectDomainName},
     {TARGET_logon_id, DATA_SubjectLogonId}, {FIELD_process_pid, DATA_ProcessId},
     {FIELD_process_executable, DATA_ProcessName});
/* A network logon has no subject: then the one who logs on acts. */
LIST(logon, {FIELD_user_name, DATA_TargetUserName}, {FIELD_user_domain, DATA_TargetDomainName},
     {FIELD_user_name, DATA_SubjectUserName}, {FIELD_user_domain, DATA_SubjectDomainName},
     {FIELD_user_target_name, DATA_TargetUserName}, {FIELD_logon_type, DATA_LogonType},
     {TARGET_logon_id, DATA_TargetLogonId}, {FIELD_source_ip, DATA_IpAddress},
     {FIELD_source_port, DATA_IpPort}, {FIELD_destination_domain, DATA_WorkstationName},
     {FIELD_process_pid, DATA_ProcessId}, {FIELD_process_executable, DATA_ProcessName});
LIST(explicit_logon, {FIELD_user_target_name, DATA_TargetUserName},
     {FIELD_destination_domain, DATA_TargetServerName});
LIST(kerberos, {FIELD_user_name, DATA_TargetUserName}, {FIELD_user_domain, DATA_TargetDomainName},
     {FIELD_user_target_name, DATA_TargetUserName}, {FIELD_service_name, DATA_ServiceName},
     {FIELD_source_ip, DATA_IpAddress}, {FIELD_source_port, DATA_IpPort});
LIST(security_start, {FIELD_user_name, DATA_SubjectUserName},
     {FIELD_user_domain, DATA_SubjectDomainName}, {TARGET_logon_id, DATA_SubjectLogonId},
     {FIELD_user_target_name, DATA_TargetUserName}, {FIELD_process_pid, DATA_NewProcessId},
     {FIELD_process_executable, DATA_NewProcessName},
     {FIELD_process_command_line, DATA_CommandLine},
     {FIELD_process_parent_pid, DATA_ProcessId},
     {FIELD_process_parent_executable, DATA_ParentProcessName});
LIST(security_service, {FIELD_service_name, DATA_ServiceName},
     {FIELD_file_path, DATA_ServiceFileName}, {FIELD_process_pid, DATA_ClientProcessId});
LIST(security_task, {FIELD_service_name, DATA_TaskName}, {TARGET_task_command, DATA_TaskContent},
     {TARGET_task_command, DATA_TaskContentNew}, {FIELD_process_pid, DATA_ClientProcessId});
LIST(security_value, {FIELD_registry_path, DATA_ObjectName},
     {TARGET_value_name, DATA_ObjectValueName}, {FIELD_registry_data, DATA_NewValue});
LIST(share, {FIELD_source_ip, DATA_IpAddress}, {FIELD_source_port, DATA_IpPort},
     {FIELD_file_path, DATA_ShareName}, {TARGET_share_file, DATA_RelativeTargetName});
/* Of the two, ProcessID is the program's in some logs and the kernel's (4) in others. */
LIST(filter_connection, {FIELD_process_pid, DATA_ProcessId}, {TARGET_program_pid, DATA_ProcessID},
     {FIELD_process_executable, DATA_Application}, {TARGET_direction_word, DATA_Direction},
     {TARGET_transport, DATA_Protocol}, {FIELD_source_ip, DATA_SourceAddress},
     {FIELD_source_port, DATA_SourcePort}, {FIELD_destination_ip, DATA_DestAddress},
     {FIELD_destination_port, DATA_DestPort});
LIST(account, {FIELD_user_target_name, DATA_TargetUserName});
LIST(member, {FIELD_user_target_name, DATA_MemberSid}, {FIELD_user_target_name, DATA_MemberName},
     {FIELD_service_name, DATA_TargetUserName});
LIST(caller, {FIELD_user_target_name, DATA_TargetUserName},
     {FIELD_process_pid, DATA_CallerProcessId},
     {FIELD_process_executable, DATA_CallerProcessName});

LIST(system_install, {FIELD_service_name, DATA_ServiceName}, {FIELD_file_path, DATA_ImagePath},
     {TARGET_account, DATA_AccountName});
LIST(system_service, {FIELD_service_name, DATA_param1}, {FIELD_registry_data, DATA_param2});
/* PowerShell writes its events itself. */
LIST(script_block, {FIELD_process_pid, KEY_execution_pid}, {FIELD_script_text, DATA_ScriptBlockText}, {FIELD_file_path, DATA_Path},
     {TARGET_account, DATA_User});
LIST(script_pipeline, {FIELD_process_pid, KEY_execution_pid}, {FIELD_script_text, DATA_Payload},
     {TARGET_host_application, DATA_ContextInfo}, {TARGET_account, DATA_User});
LIST(task, {FIELD_service_name, DATA_TaskName}, {FIELD_file_path, DATA_Path},
     {FIELD_file_path, DATA_ActionName}, {TARGET_account, DATA_UserContext},
     {TARGET_account, DATA_UserName});
LIST(wmi_activity, {TARGET_account, DATA_User}, {FIELD_script_text, DATA_Query},
     {FIELD_script_text, DATA_Operation});
LIST(session, {TARGET_account, DATA_User});

static int registry_finish(const struct record *, struct writer *, uint32_t);
static int connection_finish(const struct record *, struct writer *, uint32_t);
static int object_finish(const struct record *, struct writer *, uint32_t);

#define RULE(log, id, category, action, ...)                                                       \
    {LOG_##log, id, CATEGORY_##category, ACTION_##action, __VA_ARGS__}

static const struct rule rules[] = {
    RULE(sysmon, 1, process, start, sysmon_actor, sysmon_start, NULL),
    RULE(sysmon, 2, file, change, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 3, network, connect, sysmon_actor, sysmon_network, connection_finish),
    RULE(sysmon, 5, process, end, sysmon_actor, none, NULL),
    RULE(sysmon, 6, library, load, none, sysmon_load, NULL),
    RULE(sysmon, 7, library, load, sysmon_actor, sysmon_load, NULL),
    RULE(sysmon, 8, process, inject, sysmon_source, sysmon_target, NULL),
    RULE(sysmon, 9, file, access, sysmon_actor, sysmon_device, NULL),
    RULE(sysmon, 10, process, access, sysmon_source, sysmon_target, NULL),
    RULE(sysmon, 11, file, create, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 12, registry, change, sysmon_actor, sysmon_registry, registry_finish),
    RULE(sysmon, 13, registry, change, sysmon_actor, sysmon_registry, NULL),
    RULE(sysmon, 14, registry, rename, sysmon_actor, sysmon_registry, NULL),
    RULE(sysmon, 15, file, create, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 17, pipe, create, sysmon_actor, sysmon_pipe, NULL),
    RULE(sysmon, 18, pipe, connect, sysmon_actor, sysmon_pipe, NULL),
    RULE(sysmon, 19, task, create, sysmon_wmi, none, NULL),
    RULE(sysmon, 20, task, create, sysmon_wmi, none, NULL),
    RULE(sysmon, 21, task, create, sysmon_wmi, none, NULL),
    RULE(sysmon, 22, dns, query, sysmon_actor, sysmon_dns, NULL),
    RULE(sysmon, 23, file, delete, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 25, process, inject, sysmon_actor, none, NULL),
    RULE(sysmon, 26, file, delete, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 27, file, create, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 28, file, delete, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 29, file, create, sysmon_actor, sysmon_file, NULL),
    RULE(sysmon, 0, other, other, sysmon_actor, none, NULL),

    RULE(security, 4624, logon, logon, logon, none, NULL),
    RULE(security, 4625, logon, logon_failed, logon, none, NULL),
    RULE(security, 4634, logon, logoff, logon, none, NULL),
    RULE(security, 4647, logon, logoff, logon, none, NULL),
    RULE(security, 4648, logon, logon, subject, explicit_logon, NULL),
    RULE(security, 4672, logon, other, subject, none, NULL),
    RULE(security, 4768, logon, query, kerberos, none, NULL),
    RULE(security, 4769, logon, query, kerberos, none, NULL),
    RULE(security, 4770, logon, query, kerberos, none, NULL),
    RULE(security, 4771, logon, logon_failed, kerberos, none, NULL),
    RULE(security, 4776, logon, query, kerberos, none, NULL),
    RULE(security, 4688, process, start, security_start, none, NULL),
    RULE(security, 4689, process, end, subject, none, NULL),
    RULE(security, 4697, service, install, subject, security_service, NULL),
    RULE(security, 4698, task, create, subject, security_task, NULL),
    RULE(security, 4699, task, delete, subject, security_task, NULL),
    RULE(security, 4700, task, change, subject, security_task, NULL),
    RULE(security, 4701, task, change, subject, security_task, NULL),
    RULE(security, 4702, task, change, subject, security_task, NULL),
    RULE(security, 4656, other, access, subject, none, object_finish),
    RULE(security, 4661, other, access, subject, none, object_finish),
    RULE(security, 4663, other, access, subject, none, object_finish),
    RULE(security, 4657, registry, change, subject, security_value, NULL),
    RULE(security, 5140, file, access, subject, share, NULL),
    RULE(security, 5145, file, access, subject, share, NULL),
    RULE(security, 5152, network, other, filter_connection, none, NULL),
    RULE(security, 5154, network, other, filter_connection, none, NULL),
    RULE(security, 5156, network, connect, filter_connection, none, connection_finish),
    RULE(security, 5157, network, other, filter_connection, none, NULL),
    RULE(security, 5158, network, other, filter_connection, none, NULL),
    RULE(security, 4720, other, create, subject, account, NULL),
    RULE(security, 4722, other, change, subject, account, NULL),
    RULE(security, 4723, other, change, subject, account, NULL),
    RULE(security, 4724, other, change, subject, account, NULL),
    RULE(security, 4725, other, change, subject, account, NULL),
    RULE(security, 4726, other, delete, subject, account, NULL),
    RULE(security, 4738, other, change, subject, account, NULL),
    RULE(security, 4728, other, change, subject, member, NULL),
    RULE(security, 4732, other, change, subject, member, NULL),
    RULE(security, 4756, other, change, subject, member, NULL),
    RULE(security, 4798, other, query, subject, caller, NULL),
    RULE(security, 4799, other, query, subject, caller, NULL),
    RULE(security, 1102, other, delete, subject, none, NULL),
    RULE(security, 0, other, other, subject, none, NULL),

    RULE(system, 104, other, delete, subject, none, NULL),
    RULE(system, 7036, service, change, system_service, none, NULL),
    RULE(system, 7040, service, change, system_service, none, NULL),
    RULE(system, 7045, service, install, system_install, none, NULL),

    RULE(powershell, 400, script, start, script_pipeline, none, NULL),
    RULE(powershell, 403, script, end, script_pipeline, none, NULL),
    RULE(powershell, 600, script, load, script_pipeline, none, NULL),
    RULE(powershell, 800, script, execute, script_pipeline, none, NULL),
    RULE(powershell, 4103, script, execute, script_pipeline, none, NULL),
    RULE(powershell, 4104, script, execute, script_block, none, NULL),

    RULE(tasks, 106, task, create, task, none, NULL),
    RULE(tasks, 129, task, start, task, none, NULL),
    RULE(tasks, 140, task, change, task, none, NULL),
    RULE(tasks, 141, task, delete, task, none, NULL),
    RULE(tasks, 142, task, change, task, none, NULL),
    RULE(tasks, 200, task, start, task, none, NULL),

    RULE(wmi, 5857, other, load, wmi_activity, none, NULL),
    RULE(wmi, 5858, other, query, wmi_activity, none, NULL),
    RULE(wmi, 5860, task, create, wmi_activity, none, NULL),
    RULE(wmi, 5861, task, create, wmi_activity, none, NULL),

    RULE(sessions, 21, logon, logon, session, none, NULL),
    RULE(sessions, 23, logon, logoff, session, none, NULL),
    RULE(sessions, 24, logon, logoff, session, none, NULL),
    RULE(sessions, 25, logon, logon, session, none, NULL),
};
/* clang-format on */

static const struct {
    const char *name;
    enum log log;
} logs[] = {
    {"microsoft-windows-sysmon/operational", LOG_sysmon},
    {"microsoft-windows-sysmon", LOG_sysmon},
    {"security", LOG_security},
    {"microsoft-windows-security-auditing", LOG_security},
    {"microsoft-windows-powershell/operational", LOG_powershell},
    {"microsoft-windows-powershell", LOG_powershell},
    {"windows powershell", LOG_powershell},
    {"powershellcore/operational", LOG_powershell},
    {"powershell", LOG_powershell},
    {"system", LOG_system},
    {"service control manager", LOG_system},
    {"microsoft-windows-taskscheduler/operational", LOG_tasks},
    {"microsoft-windows-taskscheduler", LOG_tasks},
    {"microsoft-windows-wmi-activity/operational", LOG_wmi},
    {"microsoft-windows-wmi-activity", LOG_wmi},
    {"microsoft-windows-terminalservices-localsessionmanager/operational", LOG_sessions},
};

enum { RULE_SLOTS = 512, RULE_NONE = 255 };

static uint8_t rule_slots[RULE_SLOTS];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static uint32_t rule_home(uint16_t log, uint32_t id)
{
    return (id * 0x9e3779b1u ^ log * 0x85ebca6bu) >> 7 & (RULE_SLOTS - 1);
}

static void prepare(void)
{
    memset(rule_slots, RULE_NONE, sizeof(rule_slots));
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        uint32_t at = rule_home(rules[i].log, rules[i].id);
        while (rule_slots[at] != RULE_NONE)
            at = (at + 1) % RULE_SLOTS;
        rule_slots[at] = (uint8_t)i;
    }
}

static const struct rule *rule_find(enum log log, uint32_t id)
{
    for (uint32_t at = rule_home((uint16_t)log, id); rule_slots[at] != RULE_NONE;
         at = (at + 1) % RULE_SLOTS)
        if (rules[rule_slots[at]].log == log && rules[rule_slots[at]].id == id)
            return &rules[rule_slots[at]];
    return NULL;
}

static enum log log_of(struct token name)
{
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
        if (token_is(name, logs[i].name))
            return logs[i].log;
    return LOG_unknown;
}

static int list_write(const struct mapping *list, const struct record *record,
                      struct writer *writer, uint32_t row)
{
    int error = 0;
    for (; list->key && !error; list++)
        if (record->tokens[list->key].kind != TOKEN_NONE)
            error = writer_put(writer, row, list->target, record->tokens[list->key]);
    return error;
}

static bool token_starts(struct token token, const char *lower)
{
    uint32_t i = 0;
    while (lower[i] && i < token.len && ascii_lower(token.at[i]) == lower[i])
        i++;
    return !lower[i];
}

/* Sysmon 12 is both creation and deletion. */
static int registry_finish(const struct record *record, struct writer *writer, uint32_t row)
{
    struct token type = record->tokens[DATA_EventType];
    if (token_starts(type, "delete"))
        writer->batch->columns.event_action[row] = ACTION_delete;
    else if (token_starts(type, "create"))
        writer->batch->columns.event_action[row] = ACTION_create;
    return 0;
}

static int connection_finish(const struct record *record, struct writer *writer, uint32_t row)
{
    (void)record;
    if (writer->batch->columns.network_direction[row] == DIRECTION_ingress)
        writer->batch->columns.event_action[row] = ACTION_accept;
    return 0;
}

/* Access rights on files and keys that change something. */
enum { ACCESS_WRITE = 0x2 | 0x4, ACCESS_DELETE = 0x10000 };

/* 4656, 4663: what was touched depends on the type of the object. */
static int object_finish(const struct record *record, struct writer *writer, uint32_t row)
{
    struct batch_columns *columns = &writer->batch->columns;
    struct token type = record->tokens[DATA_ObjectType], name = record->tokens[DATA_ObjectName];
    uint64_t mask = 0;
    if (!token_number(record->tokens[DATA_AccessMask], &mask))
        mask = 0;
    if (token_is(type, "process")) {
        columns->event_category[row] = CATEGORY_process;
        columns->target_process_access[row] = (uint32_t)mask;
        return writer_put(writer, row, FIELD_target_process_executable, name);
    }
    bool file = token_is(type, "file");
    if (!file && !token_is(type, "key"))
        return 0;
    columns->event_category[row] = file ? CATEGORY_file : CATEGORY_registry;
    if (mask & ACCESS_DELETE)
        columns->event_action[row] = ACTION_delete;
    else if (mask & ACCESS_WRITE)
        columns->event_action[row] = ACTION_change;
    return writer_put(writer, row, file ? FIELD_file_path : FIELD_registry_path, name);
}

int windows_event_write(const struct record *record, struct writer *writer, uint32_t row,
                        uint32_t id)
{
    pthread_once(&prepared, prepare);
    struct token channel = record->tokens[KEY_channel], provider = record->tokens[KEY_provider];
    enum log log = log_of(channel);
    if (log == LOG_unknown)
        log = log_of(provider);
    const struct rule *rule = rule_find(log, id);
    if (!rule)
        rule = rule_find(log, 0);
    int error = writer_put(writer, row, FIELD_event_provider, channel.len ? channel : provider);
    if (!error)
        error = writer_put(writer, row, FIELD_host_name, record->tokens[KEY_computer]);
    if (error || !rule)
        return error;
    writer->batch->columns.event_category[row] = rule->category;
    writer->batch->columns.event_action[row] = rule->action;
    error = list_write(rule->common, record, writer, row);
    if (!error)
        error = list_write(rule->own, record, writer, row);
    return error || !rule->finish ? error : rule->finish(record, writer, row);
}
