/*
 * triage/stage.h -- how far an intruder would be, in a manager's words.
 *
 * ATT&CK names hundreds of techniques; who decides whether to get up wants to
 * know which of a few things happened: looked around, will start again by
 * itself, read credentials, moved to other hosts, gathered or took data.
 */
#ifndef TRIAGE_STAGE_H
#define TRIAGE_STAGE_H

#include "base/buffer.h"

/* The stage bit of an ATT&CK technique id ("T1547.001"), or 0. */
uint32_t stage_of(const char *technique);

/* "looked around, read credentials and moved to other hosts"; nothing for no stage. */
void stages_put(uint32_t stages, bool japanese, struct buffer *out);

#endif
