/*
 * Any bytes as an application: what is told lies within its limits and is valid JSON's stuff, and
 * the same bytes are told the same twice.
 */
#include <stdlib.h>

#include "analyse/android/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static uint64_t calls_sum(const struct app *app)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < app->code.call_count; i++)
        sum += app->code.calls[i].count + app->code.calls[i].prototype.len;
    return sum;
}

static void promises_look(const struct app *app)
{
    if (app->refused_count > APP_REFUSED || app->notes.count > NOTES ||
        app->signatures.count > SIGNERS || app->code.call_count > CODE_CALLS ||
        app->code.hint_count > CODE_HINTS || app->code.text_count > CODE_TEXTS ||
        app->arena.used > APP_MEMORY)
        abort();
    for (uint32_t i = 0; i < app->refused_count; i++)
        if (!app->refused[i].why)
            abort();
    for (uint32_t i = 0; i < app->signatures.count; i++)
        if (app->signatures.signers[i].verified == (app->signatures.signers[i].why != NULL))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct app app, again;
    const struct bytes file = {(const char *)at, length};
    struct fault fault = {0};
    int error = app_read(file, &app, &fault);
    if (error) {
        if (!fault.why)
            abort();
        return 0;
    }
    promises_look(&app);
    if (app_read(file, &again, &fault) != 0 || calls_sum(&app) != calls_sum(&again) ||
        app.code.instructions != again.code.instructions || app.notes.count != again.notes.count)
        abort();
    app_finish(&app);
    app_finish(&again);
    return 0;
}
