/*
 * analyse/join.h -- influence no single observation states.
 *
 * Some steps of an intrusion leave their two ends in different observations:
 * the entry that was written and the program that started hours later, the
 * connection as one host made it and as the other took it, the logon and the
 * program it ran. Each join here finds the other end by what both must share,
 * and ties it as inferred.
 */
#ifndef ANALYSE_JOIN_H
#define ANALYSE_JOIN_H

#include "analyse/expansion.h"

/* A process of one host → a process of another, over the network. */
extern const char relation_reached[];
/* An address → the first programs of a remote desktop session. */
extern const char relation_session[];

/* Back from a program or script: entries called like it, written before it ran. */
int join_entries(struct expansion *expansion) __attribute__((warn_unused_result));

/* Forward from an entry: files the trace already knows that are called like it. */
int join_files(struct expansion *expansion) __attribute__((warn_unused_result));

/* The connections noted in the expansion, as the hosts at their other ends saw them. */
int join_hops(struct expansion *expansion) __attribute__((warn_unused_result));

/* Back from a process: the network logon it runs under, and who on another host made it. */
int join_logon(struct expansion *expansion) __attribute__((warn_unused_result));

/* Back from winlogon, userinit or explorer: the remote desktop that asked for the session. */
int join_desktop(struct expansion *expansion) __attribute__((warn_unused_result));

#endif
