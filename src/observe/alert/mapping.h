/*
 * observe/alert/mapping.h -- which column of a table fills which field of an alert.
 *
 *     sensor: our-appliance        # what the alerts' sensor is called; optional
 *     separator: ";"               # , unless told; "\t" for tabs
 *     columns:
 *       when: time                 # heading of the column: field of observe/alert/field.h
 *       what: rule_name
 *       ip: host_ip
 *
 * Times are recognised as alert_time_read has it. `time` and `rule_name` must be
 * filled. Several columns may fill `labels`.
 */
#ifndef OBSERVE_ALERT_MAPPING_H
#define OBSERVE_ALERT_MAPPING_H

#include "base/arena.h"
#include "base/fault.h"

enum { ALERT_MAPPING_COLUMNS = 256, ALERT_MAPPING_TEXT = 256, ALERT_MAPPING_FILE = 1 << 18 };

struct alert_mapping {
    struct arena arena;
    struct bytes sensor;
    char separator;
    struct {
        struct bytes column;
        uint8_t field; /* enum alert_field */
    } columns[ALERT_MAPPING_COLUMNS];
    uint32_t count;
};

/* -EINVAL with a fault whose line says where; -ENOMEM. alert_mapping_finish in any case. */
int alert_mapping_parse(struct bytes text, struct alert_mapping *ret_mapping,
                        struct fault *ret_fault) __attribute__((warn_unused_result));

/* … of a file. -errno; -EFBIG over ALERT_MAPPING_FILE bytes. */
int alert_mapping_load(const char *path, struct alert_mapping *ret_mapping, struct fault *ret_fault)
    __attribute__((warn_unused_result));

void alert_mapping_finish(struct alert_mapping *mapping);

#endif
