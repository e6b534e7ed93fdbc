/*
 * observe/darknet_yaml.h -- darknet.yaml → struct darknet_configuration.
 *
 *     telescope:
 *       prefixes: [192.0.2.0/24, 2001:db8::/32]
 *       exclude: [192.0.2.128/25]        # addresses in use inside them
 *     organisations:
 *       - name: Example University
 *         prefixes: [198.51.100.0/24]
 *         unused: [198.51.100.128/25]    # inside its prefixes: nobody may talk to these
 *         webhook: https://soc.example.ac.jp/hinomi
 *         webhook_token: a secret        # sent as "Authorization: Bearer …"
 *         mail: [soc@example.ac.jp]
 *         syslog: tls://log.example.ac.jp:6514   # or tcp://host:port, udp://address:port
 *         alerts: 3                      # told of alerts, too, from priority 3 (1 to 4) on
 *     scanner_lists: [lists/censys.txt]  # beside darknet.yaml, unless they begin with '/'
 *     geography: country.mmdb
 *     authority: our-ca.pem              # who may vouch for receivers, in place of the system's
 *     mail:
 *       server: smtp://mail.example.jp:587   # smtps:// for TLS from the start
 *       from: hinomi@example.jp
 *       user: hinomi                     # with password_file, or neither
 *       password_file: /etc/hinomi/mail-password
 *     contacts:
 *       silence: 30m                     # without a packet for so long, a contact has ended
 *
 * Read strictly: a key that is not here, a key twice, bits set behind a
 * prefix's length, a prefix of two organisations, unused addresses outside the
 * organisation's own: each is an error with its line, and says what to do.
 *
 * Limits: DARKNET_YAML_LIMIT bytes, ORGANISATION_LIMIT organisations,
 * DARKNET_YAML_ITEMS prefixes and other list items in all (what aliases
 * multiply counts each time), texts of DARKNET_YAML_TEXT bytes.
 */
#ifndef OBSERVE_DARKNET_YAML_H
#define OBSERVE_DARKNET_YAML_H

#include "base/arena.h"
#include "base/fault.h"
#include "model/darknet_configuration.h"

enum {
    DARKNET_YAML_LIMIT = 4 << 20,
    DARKNET_YAML_ITEMS = 1 << 20,
    DARKNET_YAML_TEXT = 2048,
};

/*
 * Everything is kept in `arena`. -EINVAL: not such a file; -EFBIG: over a limit;
 * both with `ret_fault`. -ENOMEM.
 */
int darknet_yaml_read(struct bytes text, struct arena *arena,
                      struct darknet_configuration *ret_configuration, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* The same from a file; also -errno of opening and reading it, `ret_fault->why` NULL then. */
int darknet_yaml_load(const char *path, struct arena *arena,
                      struct darknet_configuration *ret_configuration, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
