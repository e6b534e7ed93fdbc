/*
 * analyse/android/app_texts.h -- texts of note that an application carries: addresses of the
 * network and commands of the shell.
 *
 * Addresses that name a schema or a licence and are never called upon are left out, and so are
 * numbers that are versions rather than IPv4 addresses.
 */
#ifndef ANALYSE_ANDROID_APP_TEXTS_H
#define ANALYSE_ANDROID_APP_TEXTS_H

#include "base/bytes.h"

enum { CODE_TEXTS = 1024 };

enum app_text_kind { TEXT_NONE, TEXT_URL, TEXT_ADDRESS, TEXT_ONION, TEXT_COMMAND };

struct app_text {
    enum app_text_kind kind;
    struct bytes value;
};

enum app_text_kind app_text_kind_of(struct bytes text);

/* "url", "address", "onion", "command". */
const char *app_text_kind_name(enum app_text_kind kind);

/* The host of a URL: "example.com"; empty where there is none. */
struct bytes app_text_host(struct bytes url);

#endif
