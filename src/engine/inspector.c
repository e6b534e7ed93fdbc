#include "engine/inspector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/sample/digest.h"
#include "base/frame.h"
#include "base/json.h"
#include "engine/helper.h"

enum { NAME_MOST = 1024 /* bytes of a sample's name; the rest of it is left out */ };

struct inspector {
    struct helper helper;
    char *models, *rules; /* "" for none */
    struct buffer out;
    struct buffer greeting, failed;
};

int inspector_open(const char *path, const char *models, const char *rules, int64_t patience,
                   struct inspector **ret_inspector)
{
    struct inspector *inspector = calloc(1, sizeof(*inspector));
    if (!inspector)
        return -ENOMEM;
    inspector->helper.channel = -1;
    inspector->models = strdup(models ? models : "");
    inspector->rules = strdup(rules ? rules : "");
    int error = inspector->models && inspector->rules
                    ? helper_find(path, "hinomi-inspect", "src/show", &inspector->helper)
                    : -ENOMEM;
    inspector->helper.patience = patience;
    inspector->helper.frame_most = INSPECTOR_REPORT_MOST;
    if (error)
        inspector_close(inspector);
    else
        *ret_inspector = inspector;
    return error;
}

void inspector_close(struct inspector *inspector)
{
    if (!inspector)
        return;
    helper_close(&inspector->helper);
    buffer_finish(&inspector->out);
    buffer_finish(&inspector->greeting);
    buffer_finish(&inspector->failed);
    free(inspector->models);
    free(inspector->rules);
    free(inspector);
}

static int inspector_start(struct inspector *inspector)
{
    struct helper *helper = &inspector->helper;
    char *const arguments[] = {helper->path, inspector->models, inspector->rules, NULL};
    struct bytes greeting = {0};
    if (helper_runs(helper))
        return 0;
    int error = helper_start(helper, arguments);
    if (!error)
        error = helper_receive(helper, helper_deadline(helper), &greeting);
    if (error == -EPIPE)
        error = -EPERM; /* it left before it said a word: it could not shut itself in */
    buffer_clear(&inspector->greeting);
    buffer_put(&inspector->greeting, greeting);
    if (!error && inspector->greeting.failed)
        error = -ENOMEM;
    if (error)
        helper_end(helper);
    return error;
}

int inspector_greeting(struct inspector *inspector, struct bytes *ret_json)
{
    int error = inspector_start(inspector);
    if (!error)
        *ret_json = buffer_bytes(&inspector->greeting);
    return error;
}

/* What can be said without looking inside. */
static void failed_json(struct bytes name, struct bytes content, const char *why, struct json *json)
{
    struct sample_digest digest;
    sample_digest_make(content, &digest);
    json_object(json);
    json_key_text(json, "sha256", bytes_of(digest.sha256));
    json_key_text(json, "name", name);
    json_key(json, "size"), json_unsigned(json, content.len);
    json_key_text(json, "failed", bytes_of(why));
    json_key(json, "bounds"), json_array(json), json_end_array(json);
    json_key(json, "left_out"), json_unsigned(json, 0);
    json_key(json, "files");
    json_array(json);
    json_object(json);
    json_key(json, "number"), json_unsigned(json, 0);
    json_key_text(json, "path", name);
    json_key(json, "size"), json_unsigned(json, content.len);
    json_key_text(json, "sha256", bytes_of(digest.sha256));
    json_key_text(json, "sha1", bytes_of(digest.sha1));
    json_key_text(json, "md5", bytes_of(digest.md5));
    json_end_object(json);
    json_end_array(json);
    json_end_object(json);
}

static int helper_ask(struct inspector *inspector, struct bytes name, struct bytes content,
                      struct bytes *ret_report)
{
    struct buffer *out = &inspector->out;
    int64_t deadline = helper_deadline(&inspector->helper);
    buffer_clear(out);
    size_t begin = frame_begin(out);
    buffer_put_block(out, name);
    buffer_put(out, content);
    frame_end(out, begin);
    if (out->failed)
        return -ENOMEM;
    int error = helper_send(&inspector->helper, buffer_bytes(out), deadline);
    return error ? error : helper_receive(&inspector->helper, deadline, ret_report);
}

int inspector_ask(struct inspector *inspector, struct bytes name, struct bytes content,
                  struct bytes *ret_report)
{
    if (content.len > INSPECTOR_SAMPLE_MOST)
        return -EFBIG;
    if (name.len > NAME_MOST)
        name.len = NAME_MOST;
    int error = inspector_start(inspector);
    if (error)
        return error;
    error = helper_ask(inspector, name, content, ret_report);
    if (!error || error == -ENOMEM)
        return error;
    helper_end(&inspector->helper); /* it hangs, died or talks nonsense: the sample's doing */
    buffer_clear(&inspector->failed);
    failed_json(name, content,
                error == -ETIMEDOUT ? "looking at it took too long" : "looking at it failed",
                &(struct json){.out = &inspector->failed});
    *ret_report = buffer_bytes(&inspector->failed);
    return inspector->failed.failed ? -ENOMEM : 0;
}
