#include "triage/novelty/facts.h"

#include "base/hash.h"

static uint64_t address_hash(const struct ip *address)
{
    if (!ip_given(address))
        return 0;
    return hash_bytes((struct bytes){(const char *)address->octets, sizeof(address->octets)});
}

static uint64_t text_hash(struct bytes text)
{
    return text.len ? hash_bytes(text) : 0;
}

struct group_facts group_facts_of(const struct alert_group *group, const struct alert *first)
{
    struct group_facts facts = {
        .id = group->id,
        .first = group->first,
        .last = group->last,
        .count = group->count,
        .severity = group->severity,
        .rule = hash_mix(text_hash(first->sensor),
                         text_hash(first->rule_name.len ? first->rule_name : first->rule_id)),
        .host = text_hash(first->host),
        .source = address_hash(&first->source_ip),
        .category = text_hash(first->category),
        .outcome = -1,
    };
    uint64_t destination = address_hash(&first->destination_ip);
    if (!facts.host)
        facts.host = address_hash(&first->host_ip);
    if (!facts.host)
        facts.host = destination;
    if (facts.source && destination)
        facts.pair = hash_mix(facts.source, destination);
    return facts;
}
