#include "show/packer_apk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/apk_report.h"

static void object_say(const char *path, const struct app *app)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "file", bytes_of(path));
    json_key_text(&json, "format", bytes_of(app_form_name(app->form)));
    apk_protector_json(&app->protector, &json);
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static void line_say(const char *path, const struct protector *protector)
{
    switch (protector->answer) {
    case PROTECTOR_NONE:
        printf("%s: not packed\n", path);
        return;
    case PROTECTOR_KNOWN:
        printf("%s: packed by %s\n", path, protector->name);
        return;
    case PROTECTOR_UNKNOWN:
        printf("%s: packed, by something unknown (%" PRIu32 " of %" PRIu32
               " components are not in its code)\n",
               path, protector->missing, protector->components);
    }
}

bool packer_apk_say(const char *path, struct bytes content, bool json)
{
    struct app *app = malloc(sizeof(*app));
    struct fault fault;
    if (!app || app_read(content, app, &fault) != 0) {
        free(app);
        return false;
    }
    bool said = app->has_code;
    if (said && json)
        object_say(path, app);
    else if (said)
        line_say(path, &app->protector);
    app_finish(app);
    free(app);
    return said;
}
