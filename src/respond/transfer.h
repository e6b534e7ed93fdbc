/*
 * respond/transfer.h -- one post, mail or stream of syslog on its way, by libcurl.
 */
#ifndef RESPOND_TRANSFER_H
#define RESPOND_TRANSFER_H

#include <curl/curl.h>

#include "base/buffer.h"
#include "model/darknet_configuration.h"

enum { TRANSFER_WHY_SIZE = 160 };

struct transfer {
    CURL *easy;
    struct curl_slist *list; /* headers, or recipients */
    struct buffer body;
    size_t sent;
    bool stream; /* a connection that stays open for what comes next */
};

enum transfer_outcome { TRANSFER_DELIVERED, TRANSFER_AGAIN, TRANSFER_REFUSED };

/*
 * Make `transfer` a POST of its body to the organisation's webhook, a mail, or a connection to a
 * receiver of syslog. `authority`: a PEM file of who may vouch for the receiver; NULL: the
 * system's. `mark` is given back by transfer_mark. -ENOMEM.
 */
int transfer_webhook(struct transfer *transfer, const struct organisation *organisation,
                     const char *authority, void *mark) __attribute__((warn_unused_result));
int transfer_mail(struct transfer *transfer, const struct organisation *organisation,
                  const struct darknet_configuration *configuration, const char *password,
                  void *mark) __attribute__((warn_unused_result));
int transfer_stream(struct transfer *transfer, const struct syslog_address *address,
                    const char *authority, void *mark) __attribute__((warn_unused_result));

/* Send the body through a stream that is connected; never waits. */
CURLcode transfer_push(struct transfer *transfer);

/* Whether a stream is connected, as far as is known. */
bool transfer_alive(struct transfer *transfer);

/* How it ended; `why` says what went wrong, without addresses or secrets. */
enum transfer_outcome transfer_outcome(const struct transfer *transfer, CURLcode code,
                                       char why[TRANSFER_WHY_SIZE]);
void *transfer_mark(CURL *easy);

/* Free everything but the body's memory, which is emptied for the next. */
void transfer_reset(struct transfer *transfer);

/* Empty the body of a stream that stays open. */
void transfer_rest(struct transfer *transfer);

#endif
