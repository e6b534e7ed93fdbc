/*
 * show/api_samples.h -- the samples' part of the API; see show/samples.h.
 */
#ifndef SHOW_API_SAMPLES_H
#define SHOW_API_SAMPLES_H

#include "show/http.h"

/* Of a struct site, as all of api_routes. */
unsigned answer_samples(void *site, const struct http_request *request, struct http_reply *reply);
unsigned answer_sample(void *site, const struct http_request *request, struct http_reply *reply);
unsigned answer_sample_taken(void *site, const struct http_request *request,
                             struct http_reply *reply);
unsigned answer_sample_tools(void *site, const struct http_request *request,
                             struct http_reply *reply);

#endif
