/*
 * detect/attack.h -- evidence → MITRE ATT&CK techniques.
 */
#ifndef DETECT_ATTACK_H
#define DETECT_ATTACK_H

#include "detect/tree.h"

/* The technique a piece of evidence looks like ("T1547.001"), or NULL where none fits. */
const char *attack_of(const struct evidence *evidence);

#endif
