/*
 * triage/shell/windows.h -- what cmd.exe and PowerShell share.
 *
 * Both look names up without case, and each may start the other. Lines end in
 * "\n" here; a pattern accepts "\r\n".
 */
#ifndef TRIAGE_SHELL_WINDOWS_H
#define TRIAGE_SHELL_WINDOWS_H

#include "triage/shell/call.h"

bool windows_same(struct bytes text, const char *name);

/* Environment, by name without case; at NULL when unset. */
struct bytes windows_variable(struct machine *machine, struct bytes name);
struct bytes windows_replace(struct machine *machine, struct bytes text, struct bytes what,
                             struct bytes with);
/* Without the quotes around or in it. */
struct bytes windows_unquote(struct machine *machine, struct bytes text);
/* Where to write a file's contents, with its effect noted; NULL without memory. */
struct text *windows_write(struct machine *machine, struct bytes path, bool append);
/* Contents of a file the script wrote, or that all machines have; false when unknown. */
bool windows_read(struct machine *machine, struct bytes path, struct bytes *ret_content);
/* Words at blanks, quotes removed; arguments->words[0] is the name without ".exe" and path. */
struct fields windows_words(struct machine *machine, struct bytes command);
/* A request for an URL. */
void windows_fetch(struct machine *machine, struct bytes address);

/* One command without its redirections; its status. */
int cmd_command_run(struct machine *machine, struct bytes command);
/* A line of cmd.exe, a script of PowerShell; the status. */
int cmd_script_run(struct machine *machine, struct bytes script);
int powershell_script_run(struct machine *machine, struct bytes script);
/* powershell.exe with its options: -c, -EncodedCommand … */
int powershell_program_run(struct machine *machine, const struct fields *words, struct bytes rest);

/* Tools that both call by name: whoami, ipconfig, ping …; false when there is none. */
bool windows_tool_run(struct machine *machine, const struct fields *words, struct bytes rest,
                      int *ret_status);

#endif
