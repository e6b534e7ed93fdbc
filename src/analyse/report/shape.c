#include "analyse/report/shape.h"

#define ITEM(place, key, kind)                                                                     \
    {                                                                                              \
        PLACE_##place, key, PLACE_NOTHING, TAKE_ITEM, REPORT_##kind                                \
    }
#define SLOT(place, key, slot)                                                                     \
    {                                                                                              \
        PLACE_##place, key, PLACE_NOTHING, TAKE_SLOT, SLOT_##slot                                  \
    }
#define GO(place, key, to)                                                                         \
    {                                                                                              \
        PLACE_##place, key, PLACE_##to, TAKE_NOTHING, 0                                            \
    }

/* Sorted by place; a rule for any key last in its place. */
static const struct shape_rule rules[] = {
    GO(TOP, "target", TARGET),
    GO(TOP, "behavior", BEHAVIOR),
    GO(TOP, "network", NETWORK),
    GO(TOP, "dropped", DROPPED),
    GO(TOP, "signatures", SIGNATURE),
    GO(TOP, "ttps", TECHNIQUE),
    {PLACE_TOP, "detections", PLACE_DETECTION, TAKE_ITEM, REPORT_family},
    ITEM(TOP, "malfamily", family),
    /* reduced reports have the summary at the top */
    GO(TOP, "summary", SUMMARY),
    GO(TOP, "processes", PROCESS),
    {PLACE_TOP, "domains", PLACE_NAMED, TAKE_ITEM, REPORT_domain},
    {PLACE_TOP, "hosts", PLACE_NAMED, TAKE_ITEM, REPORT_address},
    ITEM(TOP, "sha256", sample),
    ITEM(TOP, "name", sample),
    /* Speakeasy; its entry points may stand alone */
    GO(TOP, "entry_points", TOP),
    ITEM(TOP, "path", sample),
    GO(TOP, "apis", API),
    GO(TOP, "file_access", FILE),
    GO(TOP, "registry_access", REGISTRY),
    GO(TOP, "process_events", PROCESS_EVENT),
    GO(TOP, "network_events", EVENTS),
    GO(TOP, "dropped_files", DROPPED),
    /* tokens */
    ITEM(TOP, "id", sample),
    ITEM(TOP, "family", family),
    GO(TOP, "f", TOKENS),

    GO(TARGET, "file", TARGET),
    ITEM(TARGET, "sha256", sample),
    ITEM(TARGET, "name", sample),

    GO(BEHAVIOR, "summary", SUMMARY),
    GO(BEHAVIOR, "processes", PROCESS),
    GO(BEHAVIOR, "generic", PROCESS),
    GO(BEHAVIOR, "apistats", COUNTS),

    ITEM(SUMMARY, "files", file),
    ITEM(SUMMARY, "read_files", file),
    ITEM(SUMMARY, "write_files", file_write),
    ITEM(SUMMARY, "delete_files", file_delete),
    ITEM(SUMMARY, "keys", key),
    ITEM(SUMMARY, "read_keys", key),
    ITEM(SUMMARY, "write_keys", key_write),
    ITEM(SUMMARY, "delete_keys", key_delete),
    ITEM(SUMMARY, "executed_commands", command),
    ITEM(SUMMARY, "resolved_apis", api),
    ITEM(SUMMARY, "mutexes", mutex),
    ITEM(SUMMARY, "created_services", service),
    ITEM(SUMMARY, "started_services", service),
    ITEM(SUMMARY, "file_opened", file), /* Cuckoo 2 */
    ITEM(SUMMARY, "file_exists", file),
    ITEM(SUMMARY, "file_failed", file),
    ITEM(SUMMARY, "file_read", file),
    ITEM(SUMMARY, "file_written", file_write),
    ITEM(SUMMARY, "file_created", file_write),
    ITEM(SUMMARY, "file_recreated", file_write),
    ITEM(SUMMARY, "file_moved", file_write),
    ITEM(SUMMARY, "file_copied", file_write),
    ITEM(SUMMARY, "file_deleted", file_delete),
    ITEM(SUMMARY, "directory_created", file_write),
    ITEM(SUMMARY, "directory_removed", file_delete),
    ITEM(SUMMARY, "directory_enumerated", file),
    ITEM(SUMMARY, "regkey_opened", key),
    ITEM(SUMMARY, "regkey_read", key),
    ITEM(SUMMARY, "regkey_written", key_write),
    ITEM(SUMMARY, "regkey_deleted", key_delete),
    ITEM(SUMMARY, "mutex", mutex),
    ITEM(SUMMARY, "command_line", command),
    ITEM(SUMMARY, "dll_loaded", library),
    ITEM(SUMMARY, "resolves_host", domain),
    ITEM(SUMMARY, "connects_host", domain),
    ITEM(SUMMARY, "connects_ip", address),
    ITEM(SUMMARY, "fetches_url", url),
    ITEM(SUMMARY, "downloads_file", url),

    GO(PROCESS, "summary", SUMMARY),
    GO(PROCESS, "calls", CALL),
    ITEM(PROCESS, "process_name", process),
    ITEM(PROCESS, "name", process),
    ITEM(PROCESS, "module_path", process),
    ITEM(PROCESS, "process_path", process),
    ITEM(PROCESS, "command_line", command),
    ITEM(PROCESS, "cmd", command),
    GO(PROCESS, "environ", PROCESS),
    ITEM(PROCESS, "CommandLine", command),

    ITEM(CALL, "api", call),

    GO(COUNTS, NULL, COUNTS_OF),

    {PLACE_COUNTS_OF, NULL, PLACE_NOTHING, TAKE_KEY, REPORT_api},

    {PLACE_NETWORK, "domains", PLACE_NAMED, TAKE_ITEM, REPORT_domain},
    {PLACE_NETWORK, "hosts", PLACE_NAMED, TAKE_ITEM, REPORT_address},
    GO(NETWORK, "dns", NAMED),
    GO(NETWORK, "http", NAMED),
    GO(NETWORK, "http_ex", NAMED),
    GO(NETWORK, "https_ex", NAMED),

    ITEM(NAMED, "domain", domain),
    ITEM(NAMED, "request", domain),
    ITEM(NAMED, "query", domain),
    ITEM(NAMED, "ip", address),
    ITEM(NAMED, "uri", url),
    ITEM(NAMED, "host", domain),

    ITEM(DROPPED, "sha256", dropped),
    ITEM(DROPPED, "path", file_write), /* Speakeasy */

    ITEM(SIGNATURE, "name", signature),

    ITEM(TECHNIQUE, "ttp", technique),
    ITEM(TECHNIQUE, "ttps", technique),
    ITEM(TECHNIQUE, "signature", signature),
    {PLACE_TECHNIQUE, NULL, PLACE_NOTHING, TAKE_KEY, REPORT_technique},

    ITEM(DETECTION, "family", family),

    {PLACE_TOKENS, NULL, PLACE_NOTHING, TAKE_TOKENS, REPORT_token},

    SLOT(API, "api_name", EVENT),
    SLOT(API, "args", ARGUMENT),

    SLOT(FILE, "event", EVENT),
    SLOT(FILE, "path", PATH),

    SLOT(REGISTRY, "event", EVENT),
    SLOT(REGISTRY, "path", PATH),
    SLOT(REGISTRY, "value_name", NAME),

    GO(EVENTS, "dns", NAMED),
    GO(EVENTS, "traffic", TRAFFIC),

    SLOT(TRAFFIC, "server", PATH),
    SLOT(TRAFFIC, "url", NAME),

    SLOT(PROCESS_EVENT, "event", EVENT),
    SLOT(PROCESS_EVENT, "path", PATH),
    SLOT(PROCESS_EVENT, "cmdline", NAME),
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

const struct shape_rule *shape_find(enum shape_place place, struct bytes key)
{
    size_t low = 0, high = RULE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rules[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < RULE_COUNT && rules[low].place == place; low++) {
        if (!rules[low].key || bytes_equal(bytes_of(rules[low].key), key))
            return &rules[low];
    }
    return NULL;
}
