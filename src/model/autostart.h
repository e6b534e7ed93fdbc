/*
 * model/autostart.h -- entries that start a program by themselves.
 *
 * A program outlives a reboot through an entry somebody wrote: a Run key, a
 * service, a scheduled task, a file in the Startup folder. Sensors seldom
 * record that the entry is read, so what the entry is called and the program
 * it names are the only thread from the writing to the start. The store posts
 * both, the trace asks for both, and this header is what they agree on.
 */
#ifndef MODEL_AUTOSTART_H
#define MODEL_AUTOSTART_H

#include "base/bytes.h"

/*
 * The name of the entry a registry key or value, or a file, is part of:
 * "java-update" for HKLM\Software\Microsoft\Windows\CurrentVersion\Run\Java-Update,
 * "psexesvc" for …\Services\PSEXESVC\ImagePath. A part of `path`, case as it
 * stands there. False when the path starts nothing by itself.
 */
bool autostart_name(struct bytes path, struct bytes *ret_name);

/* "java-update" of "C:\Users\Public\Java-Update.vbs": base name without its extension. */
struct bytes path_stem(struct bytes path);

/*
 * The next path of a file a command or a registry value names, from *`at` on,
 * quotes and arguments taken off: "C:\a b\c.exe" of "\"C:\a b\c.exe\" /x".
 * Moves *at behind it. False when there is none left.
 */
bool command_path(struct bytes command, size_t *at, struct bytes *ret_path);

/* Programs that start entries: explorer.exe, services.exe, … by base name, any case. */
bool autostart_starter(struct bytes executable);

#endif
