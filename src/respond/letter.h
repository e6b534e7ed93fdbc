/*
 * respond/letter.h -- a mail as it goes to the server (RFC 5322, MIME, UTF-8).
 */
#ifndef RESPOND_LETTER_H
#define RESPOND_LETTER_H

#include "base/buffer.h"
#include "model/darknet_configuration.h"

/* Headers and body in base64, lines ended by CRLF; `time` is the Date's, `number` its Message-ID's.
 */
void letter_write(const struct mail_server *server, const struct text_list *to,
                  struct bytes subject, struct bytes text, int64_t time, uint64_t number,
                  struct buffer *out);

#endif
