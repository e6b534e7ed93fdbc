#include "store/observables.h"

#include "base/hash.h"
#include "model/autostart.h"

/* Values are told apart by this many bytes of their canonical form. */
enum { CANONICAL_SIZE = 1024 };

/* Offsets of a source that share a key: some hundred records, one stretch of rows. */
enum { PLACE_SHIFT = 16 };

const struct observable_column observable_columns[] = {
    {FIELD_host_name, OBSERVABLE_host},
    {FIELD_process_entity_id, OBSERVABLE_process},
    {FIELD_process_parent_entity_id, OBSERVABLE_process},
    {FIELD_target_process_entity_id, OBSERVABLE_process},
    {FIELD_process_executable, OBSERVABLE_file},
    {FIELD_file_path, OBSERVABLE_file},
    {FIELD_dll_path, OBSERVABLE_file},
    {FIELD_registry_path, OBSERVABLE_registry},
    {FIELD_destination_domain, OBSERVABLE_domain},
    {FIELD_dns_question_name, OBSERVABLE_domain},
    {FIELD_hash, OBSERVABLE_hash},
    {FIELD_user_name, OBSERVABLE_user},
    {FIELD_user_target_name, OBSERVABLE_user},
    {FIELD_service_name, OBSERVABLE_service},
};
const uint32_t observable_column_count = sizeof(observable_columns) / sizeof(observable_columns[0]);

static struct bytes lower(struct bytes text, char out[CANONICAL_SIZE])
{
    size_t len = text.len < CANONICAL_SIZE ? text.len : CANONICAL_SIZE;
    for (size_t i = 0; i < len; i++)
        out[i] = ascii_lower(text.at[i]);
    return (struct bytes){out, len};
}

/* One path of the object manager and of the file system may be written in both ways. */
static struct bytes file_canonical(struct bytes path)
{
    if (bytes_start(path, BYTES("\\??\\")) || bytes_start(path, BYTES("\\\\?\\")))
        return bytes_from(path, 4);
    return path;
}

/* Hives have a kernel name, a long and a short name; the short one stands for all. */
static struct bytes registry_canonical(struct bytes path)
{
    static const struct {
        struct bytes from, to;
    } hives[] = {
        {BYTES("\\registry\\machine"), BYTES("hklm")}, {BYTES("\\registry\\user"), BYTES("hku")},
        {BYTES("hkey_local_machine"), BYTES("hklm")},  {BYTES("hkey_users"), BYTES("hku")},
        {BYTES("hkey_current_user"), BYTES("hkcu")},   {BYTES("hkey_classes_root"), BYTES("hkcr")},
    };
    for (size_t i = 0; i < sizeof(hives) / sizeof(hives[0]); i++) {
        if (!bytes_start(path, hives[i].from))
            continue;
        /* The short name is written over the end of the long one: `path` is our own copy. */
        char *at = (char *)path.at + hives[i].from.len - hives[i].to.len;
        memcpy(at, hives[i].to.at, hives[i].to.len);
        return (struct bytes){at, path.len - (hives[i].from.len - hives[i].to.len)};
    }
    return path;
}

/* "SHA256=…" is how Sysmon writes it. */
static struct bytes hash_canonical(struct bytes text)
{
    const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;
    return equals ? bytes_from(text, (size_t)(equals - text.at) + 1) : text;
}

static uint64_t key_of(enum observable_type type, struct bytes canonical)
{
    uint64_t key = hash_mix((uint64_t)type + 1, hash_bytes(canonical));
    return canonical.len == 0 ? 0 : key ? key : 1;
}

uint64_t observable_ip_key(const struct ip *ip)
{
    static const uint8_t loopback[16] = {[15] = 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool four = memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
    if (!ip_given(ip) || memcmp(ip->octets, loopback, sizeof(loopback)) == 0)
        return 0;
    if (four && (ip->octets[12] == 127 || memcmp(ip->octets + 12, "\0\0\0", 4) == 0))
        return 0;
    return key_of(OBSERVABLE_ip, (struct bytes){(const char *)ip->octets, sizeof(ip->octets)});
}

static uint64_t text_key(enum observable_type type, struct bytes value)
{
    char text[CANONICAL_SIZE];
    struct bytes canonical = lower(value, text);
    if (type == OBSERVABLE_file)
        canonical = file_canonical(canonical);
    else if (type == OBSERVABLE_registry)
        canonical = registry_canonical(canonical);
    else if (type == OBSERVABLE_hash)
        canonical = hash_canonical(canonical);
    else if (type == OBSERVABLE_domain && bytes_end(canonical, BYTES(".")))
        canonical.len--;
    return key_of(type, canonical);
}

uint64_t observable_key(const struct observable *observable)
{
    if (observable->type != OBSERVABLE_ip)
        return text_key(observable->type, observable->value);
    struct ip ip;
    return ip_parse(observable->value, &ip) ? observable_ip_key(&ip) : 0;
}

uint64_t place_key(struct event_id event)
{
    uint64_t place[2] = {event.source, event.offset >> PLACE_SHIFT};
    return key_of(OBSERVABLE_TYPES, (struct bytes){(const char *)place, sizeof(place)});
}

static bool address_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

uint32_t resolved_addresses(struct bytes answers, struct ip addresses[RESOLVED_ADDRESSES])
{
    uint32_t count = 0;
    for (size_t begin = 0, end; begin < answers.len && count < RESOLVED_ADDRESSES;
         begin = end + 1) {
        for (end = begin; end < answers.len && address_letter(answers.at[end]);)
            end++;
        if (end - begin >= 3 && /* "::1" */
            ip_parse((struct bytes){answers.at + begin, end - begin}, &addresses[count]))
            count++;
    }
    return count;
}

uint64_t observable_user_key(struct bytes domain, struct bytes name)
{
    char text[CANONICAL_SIZE];
    if (domain.len == 0 || name.len == 0 || domain.len + 1 + name.len > sizeof(text))
        return 0;
    memcpy(text, domain.at, domain.len);
    text[domain.len] = '\\';
    memcpy(text + domain.len + 1, name.at, name.len);
    return text_key(OBSERVABLE_user, (struct bytes){text, domain.len + 1 + name.len});
}

uint64_t observable_entry_key(struct bytes path)
{
    struct bytes name;
    return autostart_name(path, &name) ? text_key(OBSERVABLE_service, path_stem(name)) : 0;
}

uint32_t entry_files(const struct batch *batch, uint32_t row, uint64_t keys[ENTRY_FILES])
{
    const struct batch_columns *columns = &batch->columns;
    uint8_t category = columns->event_category[row];
    bool service = category == CATEGORY_service || category == CATEGORY_task;
    struct bytes text =
                     batch_text(batch, service ? columns->file_path : columns->registry_data, row),
                 path;
    uint32_t count = 0;
    for (size_t at = 0; count < ENTRY_FILES && command_path(text, &at, &path);)
        keys[count++] = text_key(OBSERVABLE_file, path);
    return count;
}

static uint32_t key_add(uint64_t keys[ROW_OBSERVABLES], uint32_t count, uint64_t key)
{
    if (key == 0 || count == ROW_OBSERVABLES)
        return count;
    for (uint32_t i = 0; i < count; i++)
        if (keys[i] == key)
            return count;
    keys[count] = key;
    return count + 1;
}

uint32_t row_observables(const struct batch *batch, uint32_t row, uint64_t keys[ROW_OBSERVABLES])
{
    const struct batch_columns *columns = &batch->columns;
    uint32_t count = 0;
    for (uint32_t i = 0; i < observable_column_count; i++) {
        const char *column =
            (const char *)columns + batch_column_offsets[observable_columns[i].field];
        uint32_t id = ((const uint32_t *)(const void *)column)[row];
        count = key_add(keys, count,
                        text_key(observable_columns[i].type, strings_at(&batch->strings, id)));
    }
    struct bytes domain = batch_text(batch, columns->user_domain, row);
    struct bytes user = batch_text(batch, columns->user_name, row);
    count = key_add(keys, count, observable_user_key(domain, user));
    count = key_add(keys, count, observable_ip_key(&columns->source_ip[row]));
    count = key_add(keys, count, observable_ip_key(&columns->destination_ip[row]));
    struct ip answers[RESOLVED_ADDRESSES];
    uint32_t answered =
        resolved_addresses(batch_text(batch, columns->dns_resolved_ip, row), answers);
    for (uint32_t i = 0; i < answered; i++)
        count = key_add(keys, count, observable_ip_key(&answers[i]));
    const uint32_t *path =
        columns->registry_path[row] ? columns->registry_path : columns->file_path;
    uint64_t entry = observable_entry_key(batch_text(batch, path, row));
    count = key_add(keys, count, entry);
    uint64_t files[ENTRY_FILES];
    uint32_t named = entry || columns->service_name[row] ? entry_files(batch, row, files) : 0;
    for (uint32_t i = 0; i < named; i++)
        count = key_add(keys, count, files[i]);
    return count;
}
