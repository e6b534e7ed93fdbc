/*
 * model/report_kind.h -- what a program can be seen to do, kind by kind.
 *
 * The vocabulary of behaviour reports, of indicators made from them and of what is exported; the
 * names stand in lists, JSON and the command line. Append only.
 */
#ifndef MODEL_REPORT_KIND_H
#define MODEL_REPORT_KIND_H

#include "base/bytes.h"

#define REPORT_KINDS(X)                                                                            \
    X(sample, "SHA-256, name or id of the program itself")                                         \
    X(family, "whose the sandbox or the list says it is")                                          \
    X(file, "a file or folder opened, read or looked for")                                         \
    X(file_write, "a file written, created or renamed to")                                         \
    X(file_delete, "a file deleted")                                                               \
    X(key, "a registry key or value opened or read")                                               \
    X(key_write, "a registry key or value written")                                                \
    X(key_delete, "a registry key or value deleted")                                               \
    X(mutex, "a mutex's name")                                                                     \
    X(command, "a command line executed")                                                          \
    X(process, "the path or name of a program that ran")                                           \
    X(service, "a service created or started")                                                     \
    X(domain, "a name looked up or connected to")                                                  \
    X(address, "an IP address connected to")                                                       \
    X(url, "a URL asked for")                                                                      \
    X(library, "a module loaded")                                                                  \
    X(pipe, "a named pipe")                                                                        \
    X(access, "a program whose process was opened, with the rights: EXECUTABLE|0xRIGHTS")          \
    X(api, "an API function resolved, or counted")                                                 \
    X(call, "an API function called: in order")                                                    \
    X(signature, "a rule of the sandbox that matched, by name")                                    \
    X(technique, "an ATT&CK technique the sandbox names")                                          \
    X(dropped, "the hash of a file left behind")                                                   \
    X(token, "a token that stands for behaviour: KIND:TOKEN")                                      \
    X(started, "who started it and what: PARENT|PROGRAM")                                          \
    X(script, "the text of a script that ran")

enum report_kind {
#define X(name, doc) REPORT_##name,
    REPORT_KINDS(X)
#undef X
        REPORT_KIND_COUNT
};

/* "file_write"; and back, REPORT_KIND_COUNT when it is none. */
struct bytes report_kind_name(enum report_kind kind);
enum report_kind report_kind_find(struct bytes name);

#endif
