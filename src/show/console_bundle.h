/*
 * show/console_bundle.h -- the console's files, inside the binary.
 *
 * Made by scripts/build-console from web/; each is gzip as it is sent.
 */
#ifndef SHOW_CONSOLE_BUNDLE_H
#define SHOW_CONSOLE_BUNDLE_H

#include <stddef.h>

struct console_file {
    const char *path, *type;
    const unsigned char *at;
    size_t len;
};

/* Ended by path == NULL. */
extern const struct console_file console_files[];

#endif
