/*
 * respond/transfer.h -- one post or mail on its way, by libcurl.
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
};

enum transfer_outcome { TRANSFER_DELIVERED, TRANSFER_AGAIN, TRANSFER_REFUSED };

/*
 * Make `transfer` a POST of its body to the organisation's webhook, or a mail.
 * `mark` is given back by transfer_mark. -ENOMEM.
 */
int transfer_webhook(struct transfer *transfer, const struct organisation *organisation, void *mark)
    __attribute__((warn_unused_result));
int transfer_mail(struct transfer *transfer, const struct organisation *organisation,
                  const struct mail_server *server, const char *password, void *mark)
    __attribute__((warn_unused_result));

/* How it ended; `why` says what went wrong, without addresses or secrets. */
enum transfer_outcome transfer_outcome(const struct transfer *transfer, CURLcode code,
                                       char why[TRANSFER_WHY_SIZE]);
void *transfer_mark(CURL *easy);

/* Free everything but the body's memory, which is emptied for the next. */
void transfer_reset(struct transfer *transfer);

#endif
