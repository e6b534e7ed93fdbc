#include "show/api_samples.h"

#include <errno.h>
#include <sqlite3.h>

#include "analyse/sample/digest.h"
#include "base/time.h"
#include "show/api.h"
#include "show/samples.h"

static unsigned finish(struct sqlite3 *db, struct http_reply *reply, int error)
{
    sqlite3_close(db);
    return !error             ? 200
           : error == -ENOENT ? http_error(reply, 404, "there is no such sample")
           : error == -EINVAL ? http_error(reply, 400, "a sample is named by its SHA-256")
                              : http_error(reply, 503, "the samples cannot be read just now");
}

unsigned answer_samples(void *context, const struct http_request *request, struct http_reply *reply)
{
    const struct site *site = context;
    struct json json = {.out = &reply->body};
    struct sqlite3 *db = NULL;
    int error = samples_open(site->data, &db);

    if (!error)
        error = samples_json(db, bytes_of(http_query(request, "text")),
                             http_query_number(request, "limit", 1, SAMPLES_ASKED, 100),
                             http_query_number(request, "offset", 0, INT32_MAX, 0), &json);
    return finish(db, reply, error);
}

static unsigned sample_answer(const struct site *site, struct bytes sha256,
                              struct http_reply *reply)
{
    struct json json = {.out = &reply->body};
    struct sqlite3 *db = NULL;
    int error = samples_open(site->data, &db);

    if (!error)
        error = sample_json(site->data, db, sha256, &json);
    return finish(db, reply, error);
}

unsigned answer_sample(void *context, const struct http_request *request, struct http_reply *reply)
{
    return sample_answer(context, bytes_of(request->tail), reply);
}

static unsigned helper_error(struct http_reply *reply, int error)
{
    return error == -EPERM
               ? http_error(reply, 503, "hinomi-inspect could not shut itself in: nothing is read")
               : http_error(reply, 503, "the sample could not be looked at, or not be stored");
}

unsigned answer_sample_taken(void *context, const struct http_request *request,
                             struct http_reply *reply)
{
    const struct site *site = context;
    const char *name = http_query(request, "name");
    struct sample_digest digest;

    if (!site->samples)
        return http_error(reply, 503, "hinomi-inspect is not beside this program");
    int error = sample_desk_take(site->samples, bytes_base_name(bytes_of(name ? name : "sample")),
                                 request->body, time_now(), NULL);
    if (error)
        return helper_error(reply, error);
    sample_digest_make(request->body, &digest);
    return sample_answer(site, bytes_of(digest.sha256), reply);
}

unsigned answer_sample_tools(void *context, const struct http_request *request,
                             struct http_reply *reply)
{
    const struct site *site = context;

    (void)request;
    if (!site->samples)
        return http_error(reply, 503, "hinomi-inspect is not beside this program");
    int error = sample_desk_greeting(site->samples, &reply->body);
    return error ? helper_error(reply, error) : 200;
}
