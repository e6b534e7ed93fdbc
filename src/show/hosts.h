/*
 * show/hosts.h -- hosts, who talks to whom, and one host's normal, as JSON.
 */
#ifndef SHOW_HOSTS_H
#define SHOW_HOSTS_H

#include "show/state.h"

enum { HOSTS_SHOWN = 2000, LINKS_SHOWN = 5000 };

/*
 * {"hosts":[…],"links":[{"from","to","events","days","abnormal"}],"links_total":n}: every abnormal
 * link, then the busiest normal ones up to LINKS_SHOWN. -EIO.
 */
int hosts_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

/* {"host":…,"normal":[…],"cases":[…]}. -ENOENT: no such host; -EIO. */
int host_json(struct sqlite3 *db, struct bytes name, struct json *json)
    __attribute__((warn_unused_result));

/* {"stages":[…],"values":{…},"sources":[…],"learning":[hosts]}: the pipeline's state. -EIO. */
int health_json(struct sqlite3 *db, struct json *json) __attribute__((warn_unused_result));

#endif
