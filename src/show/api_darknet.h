/*
 * show/api_darknet.h -- the observatory's part of the API; see show/observatory.h.
 */
#ifndef SHOW_API_DARKNET_H
#define SHOW_API_DARKNET_H

#include "show/http.h"

/* Of a struct site, as all of api_routes. */
unsigned answer_darknet(void *site, const struct http_request *request, struct http_reply *reply);
unsigned answer_darknet_now(void *site, const struct http_request *request,
                            struct http_reply *reply);
unsigned answer_darknet_space(void *site, const struct http_request *request,
                              struct http_reply *reply);
unsigned answer_darknet_sources(void *site, const struct http_request *request,
                                struct http_reply *reply);
unsigned answer_darknet_source(void *site, const struct http_request *request,
                               struct http_reply *reply);
unsigned answer_darknet_contacts(void *site, const struct http_request *request,
                                 struct http_reply *reply);
unsigned answer_darknet_backscatter(void *site, const struct http_request *request,
                                    struct http_reply *reply);
unsigned answer_darknet_drift(void *site, const struct http_request *request,
                              struct http_reply *reply);
unsigned answer_darknet_synchrony(void *site, const struct http_request *request,
                                  struct http_reply *reply);
unsigned answer_darknet_synchrony_window(void *site, const struct http_request *request,
                                         struct http_reply *reply);
unsigned answer_darknet_trend(void *site, const struct http_request *request,
                              struct http_reply *reply);
unsigned answer_livenet(void *site, const struct http_request *request, struct http_reply *reply);

#endif
