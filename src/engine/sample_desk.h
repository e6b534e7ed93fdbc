/*
 * engine/sample_desk.h -- samples come in here: looked at, told, stored, and kept if so configured.
 *
 * Any thread may call; one sample is looked at at a time.
 */
#ifndef ENGINE_SAMPLE_DESK_H
#define ENGINE_SAMPLE_DESK_H

#include "engine/inspector.h"

struct sample_desk;

struct sample_desk_options {
    const char *folder; /* DATA */
    const char *models; /* NULL: DATA/models, where there is such a folder */
    const char *rules;  /* YARA, a folder or a file; NULL: DATA/rules, where there is one */
    bool keep;          /* samples themselves, in the vault (store/vault.h) */
    const char *helper; /* NULL: found by itself */
    int64_t patience;   /* 0: INSPECTOR_PATIENCE */
};

/* -errno; -ENOENT: the helper is not there. Nothing of DATA is made before the first sample. */
int sample_desk_open(const struct sample_desk_options *options, struct sample_desk **ret_desk)
    __attribute__((warn_unused_result));
void sample_desk_close(struct sample_desk *desk);

/* What the helper says of itself, appended. As inspector_greeting. */
int sample_desk_greeting(struct sample_desk *desk, struct buffer *ret_json)
    __attribute__((warn_unused_result));

/* Look at a sample and store what was said; the report is appended to `report`, if given. As
 * inspector_ask, and what the store says: -errno. */
int sample_desk_take(struct sample_desk *desk, struct bytes name, struct bytes content,
                     int64_t time, struct buffer *report) __attribute__((warn_unused_result));

/* A kept sample, out of the vault. -ENOENT; as vault_open and vault_get. */
int sample_desk_fetch(struct sample_desk *desk, struct bytes sha256, struct buffer *content)
    __attribute__((warn_unused_result));

#endif
