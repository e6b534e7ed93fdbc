/*
 * show/api_alerts.h -- the triage board's part of the API; see show/board.h.
 */
#ifndef SHOW_API_ALERTS_H
#define SHOW_API_ALERTS_H

#include "show/http.h"

/* Of a struct site, as all of api_routes. */
unsigned answer_alerts(void *site, const struct http_request *request, struct http_reply *reply);
unsigned answer_alert_bursts(void *site, const struct http_request *request,
                             struct http_reply *reply);
unsigned answer_alert_burst(void *site, const struct http_request *request,
                            struct http_reply *reply);
unsigned answer_alerts_now(void *site, const struct http_request *request,
                           struct http_reply *reply);
unsigned answer_alert_group(void *site, const struct http_request *request,
                            struct http_reply *reply);
unsigned answer_alert_decision(void *site, const struct http_request *request,
                               struct http_reply *reply);
unsigned answer_alerts_models(void *site, const struct http_request *request,
                              struct http_reply *reply);
unsigned answer_alerts_report(void *site, const struct http_request *request,
                              struct http_reply *reply);
unsigned answer_alerts_report_csv(void *site, const struct http_request *request,
                                  struct http_reply *reply);

#endif
