/*
 * show/packer_apk.h -- who packed an Android application, beside the executables of
 * packer_report.h.
 */
#ifndef SHOW_PACKER_APK_H
#define SHOW_PACKER_APK_H

#include "base/bytes.h"

/* On standard output, as a line for people or an object. False, and nothing said: no application
 * with code. */
bool packer_apk_say(const char *path, struct bytes content, bool json);

#endif
