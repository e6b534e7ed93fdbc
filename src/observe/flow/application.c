#include "observe/flow/application.h"

#include <ndpi/ndpi_api.h>
#include <stdio.h>
#include <string.h>

/* Both are nDPI's own; the names are ours so that no header but this file's knows it. */
static struct ndpi_detection_module_struct *module_of(struct applications *applications)
{
    return (struct ndpi_detection_module_struct *)applications;
}

static struct ndpi_flow_struct *flow_of(struct looking *looking)
{
    return (struct ndpi_flow_struct *)looking;
}

struct applications *applications_create(void)
{
    NDPI_PROTOCOL_BITMASK all;
    struct ndpi_detection_module_struct *module = ndpi_init_detection_module(ndpi_no_prefs);
    if (!module)
        return NULL;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module, &all);
    ndpi_finalize_initialization(module);
    return (struct applications *)module;
}

void applications_destroy(struct applications *applications)
{
    if (applications)
        ndpi_exit_detection_module(module_of(applications));
}

struct looking *looking_begin(void)
{
    struct ndpi_flow_struct *flow = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
    if (flow)
        memset(flow, 0, SIZEOF_FLOW_STRUCT);
    return (struct looking *)flow;
}

bool looking_packet(struct applications *applications, struct looking *looking, const uint8_t *at,
                    size_t len, int64_t time, char *name, size_t size)
{
    char found[64];
    if (len > UINT16_MAX)
        return false;
    ndpi_protocol protocol =
        ndpi_detection_process_packet(module_of(applications), flow_of(looking), at,
                                      (unsigned short)len, (uint64_t)(time / 1000000));
    if (protocol.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
        protocol.master_protocol == NDPI_PROTOCOL_UNKNOWN)
        return false;
    ndpi_protocol2name(module_of(applications), protocol, found, sizeof(found));
    snprintf(name, size, "%s", found);
    return protocol.app_protocol != NDPI_PROTOCOL_UNKNOWN;
}

void looking_end(struct looking *looking)
{
    if (looking)
        ndpi_free_flow(flow_of(looking)); /* its insides, and itself */
}
