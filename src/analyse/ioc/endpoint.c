#include "analyse/ioc/endpoint.h"

#include <stdio.h>

#include "analyse/ioc/pattern.h"

#define TEXT(field) batch_text(batch, batch->columns.field, row)

struct bytes endpoint_process(const struct batch *batch, uint32_t row)
{
    return TEXT(process_entity_id);
}

struct telling {
    endpoint_tell *tell;
    void *context;
    int result;
};

static void thing_tell(struct telling *telling, enum report_kind kind, struct bytes text)
{
    if (text.len && telling->result == 0)
        telling->result = telling->tell(telling->context, kind, text);
}

/* "ONE|OTHER", where both are known. */
static void pair_tell(struct telling *telling, enum report_kind kind, struct bytes one,
                      struct bytes other)
{
    char text[PATTERN_TEXT];
    if (one.len == 0 || other.len == 0 || one.len + other.len + 1 > sizeof(text))
        return;
    memcpy(text, one.at, one.len);
    text[one.len] = '|';
    memcpy(text + one.len + 1, other.at, other.len);
    thing_tell(telling, kind, (struct bytes){text, one.len + 1 + other.len});
}

static void touched_tell(struct telling *telling, uint8_t action, const enum report_kind kinds[3],
                         struct bytes text)
{
    bool writes = action == ACTION_create || action == ACTION_change || action == ACTION_rename;
    thing_tell(telling, kinds[action == ACTION_delete ? 2 : writes], text);
}

static void process_tell(struct telling *telling, const struct batch *batch, uint32_t row)
{
    uint8_t action = batch->columns.event_action[row];
    char rights[16];
    if (action == ACTION_start) {
        thing_tell(telling, REPORT_command, TEXT(process_command_line));
        pair_tell(telling, REPORT_started, TEXT(process_parent_executable),
                  TEXT(process_executable));
    } else if (action == ACTION_access || action == ACTION_inject) {
        int len =
            snprintf(rights, sizeof(rights), "0x%x", batch->columns.target_process_access[row]);
        pair_tell(telling, REPORT_access, TEXT(target_process_executable),
                  action == ACTION_inject ? BYTES("inject") : (struct bytes){rights, (size_t)len});
    }
}

static void network_tell(struct telling *telling, const struct batch *batch, uint32_t row)
{
    char text[IP_TEXT_SIZE];
    const struct ip *peer = &batch->columns.destination_ip[row];
    if (ip_given(peer) && batch->columns.event_action[row] != ACTION_accept)
        thing_tell(telling, REPORT_address, ip_format(peer, text));
    thing_tell(telling, REPORT_domain, TEXT(destination_domain));
    thing_tell(telling, REPORT_domain, TEXT(dns_question_name));
}

int endpoint_deeds(const struct batch *batch, uint32_t row, endpoint_tell *tell, void *context)
{
    static const enum report_kind files[] = {REPORT_file, REPORT_file_write, REPORT_file_delete};
    static const enum report_kind keys[] = {REPORT_key, REPORT_key_write, REPORT_key_delete};
    struct telling telling = {tell, context, 0};
    uint8_t action = batch->columns.event_action[row];
    if (endpoint_process(batch, row).len == 0)
        return 0;
    thing_tell(&telling, REPORT_process, TEXT(process_executable));
    switch (batch->columns.event_category[row]) {
    case CATEGORY_process:
        process_tell(&telling, batch, row);
        break;
    case CATEGORY_file:
        touched_tell(&telling, action, files, TEXT(file_path));
        break;
    case CATEGORY_registry:
        touched_tell(&telling, action, keys, TEXT(registry_path));
        break;
    case CATEGORY_library:
        if (!bytes_equal(TEXT(dll_path), TEXT(process_executable))) /* not itself */
            thing_tell(&telling, REPORT_library, TEXT(dll_path));
        break;
    case CATEGORY_network:
    case CATEGORY_dns:
        network_tell(&telling, batch, row);
        break;
    case CATEGORY_pipe:
        thing_tell(&telling, REPORT_pipe, TEXT(file_path));
        break;
    case CATEGORY_service:
    case CATEGORY_task:
        thing_tell(&telling, REPORT_service, TEXT(service_name));
        thing_tell(&telling, REPORT_command, TEXT(file_path));
        break;
    default:
        break;
    }
    thing_tell(&telling, REPORT_script, TEXT(script_text));
    return telling.result;
}
