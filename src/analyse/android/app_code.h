/*
 * analyse/android/app_code.h -- what an application's code does, as far as reading it tells: which
 * methods of the platform it calls, what it does with constants, which texts it carries.
 *
 * A call is told by what it reaches: a method of a class that is not the application's own. Where
 * the named class is its own and does not have the method, the first class above it that is not
 * its own counts, so this.sendBroadcast(…) in an activity is a call of android.app.Activity.
 *
 * Limits: CODE_CALLS different calls, CODE_HINTS hints, CODE_TEXTS texts; what is beyond is
 * counted.
 */
#ifndef ANALYSE_ANDROID_APP_CODE_H
#define ANALYSE_ANDROID_APP_CODE_H

#include "analyse/android/app_hints.h"
#include "analyse/android/app_texts.h"

enum { CODE_CALLS = 1 << 18, CODE_ABOVE = 64 /* classes above each other */ };

struct app_call {
    struct bytes class, name, prototype; /* "Landroid/telephony/SmsManager;", "sendTextMessage" */
    struct bytes from_class, from_name;  /* the first method that calls it */
    uint32_t count;                      /* instructions that call it */
};

struct app_code {
    struct app_call *calls; /* ordered by class, name and prototype */
    uint32_t call_count;
    uint64_t calls_dropped;
    struct app_hint *hints;
    uint32_t hint_count;
    struct app_text *texts;
    uint32_t text_count;
    uint64_t texts_dropped;
    uint64_t classes, methods, instructions, natives; /* natives: methods without code here */
};

/*
 * All files of one application together. What is told lives in `arena` or the files; they are used
 * up (dex.h: effort). -ENOMEM.
 */
int app_code_read(struct dex *files, uint32_t count, struct arena *arena, struct notes *notes,
                  struct app_code *ret_code) __attribute__((warn_unused_result));

/* The first call of `name` (NULL: any) of the class, in order; NULL: none. "Lx/y;" or "Lx/" for all
 * classes whose name starts so. */
const struct app_call *app_call_find(const struct app_code *code, const char *class,
                                     const char *name);

#endif
