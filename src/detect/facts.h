/*
 * detect/facts.h -- what operating systems keep where.
 *
 * The little a detector is told rather than learns: which programs only hold a
 * session together, which places start programs by themselves, where anyone
 * may drop a file, whose memory holds credentials. Facts weigh novelty, they
 * never make a finding alone.
 */
#ifndef DETECT_FACTS_H
#define DETECT_FACTS_H

#include "detect/canonical.h"

enum fact {
    FACT_SESSION = 1,     /* a program under which unrelated work hangs: explorer, services, init */
    FACT_DROP_PLACE = 2,  /* anyone may write here: downloads, temp, public */
    FACT_AUTOSTART = 4,   /* what is written here is started later by itself */
    FACT_CREDENTIALS = 8, /* its memory or file holds credentials: lsass, SAM, shadow */
    FACT_INTERPRETER = 16, /* runs what others wrote: PowerShell, cmd, wscript, sh, python */
    FACT_TEMPORARY = 32,   /* where installers unpack */
};

/* Facts of a canonical program path, file path and registry key, or-ed together. */
unsigned facts_of_program(struct bytes program);
unsigned facts_of_file(struct bytes path);
unsigned facts_of_key(struct bytes key);

#endif
