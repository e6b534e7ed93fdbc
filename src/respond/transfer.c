#include "respond/transfer.h"

#include <errno.h>
#include <stdio.h>

#include "respond/notify.h"

#define MILLISECONDS(time) ((long)((time) / (TIME_SECOND / 1000)))

static size_t answer_ignore(char *at, size_t size, size_t count, void *context)
{
    (void)at;
    (void)context;
    return size * count;
}

static size_t body_read(char *at, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t room = size * count, left = transfer->body.len - transfer->sent;
    size_t len = left < room ? left : room;
    if (len)
        memcpy(at, transfer->body.at + transfer->sent, len);
    transfer->sent += len;
    return len;
}

static bool list_add(struct transfer *transfer, const char *text)
{
    struct curl_slist *list = curl_slist_append(transfer->list, text);
    if (list)
        transfer->list = list;
    return list != NULL;
}

/* What both kinds have in common. */
static bool transfer_begin(struct transfer *transfer, const char *url, const char *protocols,
                           const char *authority, void *mark)
{
    CURL *easy = transfer->easy = curl_easy_init();
    return easy && !curl_easy_setopt(easy, CURLOPT_URL, url) &&
           !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols) &&
           !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
           !curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, MILLISECONDS(NOTIFY_TIMEOUT)) &&
           !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, MILLISECONDS(NOTIFY_TIMEOUT / 2)) &&
           !curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1") &&
           !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
           !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
           (!authority || !curl_easy_setopt(easy, CURLOPT_CAINFO, authority)) &&
           !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_ignore) &&
           !curl_easy_setopt(easy, CURLOPT_PRIVATE, mark);
}

static bool webhook_headers(struct transfer *transfer, const struct organisation *organisation)
{
    struct buffer token = {0};
    bool fine = list_add(transfer, "Content-Type: application/json") &&
                list_add(transfer, "Expect:"); /* no pause to ask whether the body is welcome */
    if (fine && organisation->webhook_token) {
        buffer_put_format(&token, "Authorization: Bearer %s", organisation->webhook_token);
        buffer_put_char(&token, '\0');
        fine = !token.failed && list_add(transfer, token.at);
    }
    buffer_finish(&token);
    return fine;
}

int transfer_webhook(struct transfer *transfer, const struct organisation *organisation,
                     const char *authority, void *mark)
{
    bool fine = transfer_begin(transfer, organisation->webhook, "http,https", authority, mark) &&
                webhook_headers(transfer, organisation) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->list) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "Hinomi") &&
                !curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->body.at) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                  (curl_off_t)transfer->body.len);
    return fine ? 0 : -ENOMEM;
}

int transfer_mail(struct transfer *transfer, const struct organisation *organisation,
                  const struct darknet_configuration *configuration, const char *password,
                  void *mark)
{
    const struct mail_server *server = &configuration->mail;
    bool fine = transfer_begin(transfer, server->url, "smtp,smtps", configuration->authority, mark);
    for (uint32_t i = 0; i < organisation->mails.count && fine; i++)
        fine = list_add(transfer, organisation->mails.at[i]);
    CURL *easy = transfer->easy;
    fine = fine && !curl_easy_setopt(easy, CURLOPT_MAIL_FROM, server->from) &&
           !curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->list) &&
           !curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) &&
           !curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_read) &&
           !curl_easy_setopt(easy, CURLOPT_READDATA, transfer) &&
           !curl_easy_setopt(easy, CURLOPT_USE_SSL,
                             (long)(server->user ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (fine && server->user)
        fine = !curl_easy_setopt(easy, CURLOPT_USERNAME, server->user) &&
               !curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
    return fine ? 0 : -ENOMEM;
}

/* libcurl makes the connection, with TLS where it is wanted, and lets us speak. */
int transfer_stream(struct transfer *transfer, const struct syslog_address *address,
                    const char *authority, void *mark)
{
    struct buffer url = {0};
    bool six = memchr(address->host.at, ':', address->host.len) != NULL;
    buffer_put_format(&url, "%s://%s%.*s%s:%u/", address->way == SYSLOG_TLS ? "https" : "http",
                      six ? "[" : "", (int)address->host.len, address->host.at, six ? "]" : "",
                      address->port);
    buffer_put_char(&url, '\0');
    transfer->stream = true;
    bool fine = !url.failed && transfer_begin(transfer, url.at, "http,https", authority, mark) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "") &&
                !curl_easy_setopt(transfer->easy, CURLOPT_SSL_ENABLE_ALPN, 0L) &&
                !curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_ONLY, 1L);
    buffer_finish(&url);
    return fine ? 0 : -ENOMEM;
}

CURLcode transfer_push(struct transfer *transfer)
{
    CURLcode code = CURLE_OK;
    while (code == CURLE_OK && transfer->sent < transfer->body.len) {
        size_t sent = 0;
        code = curl_easy_send(transfer->easy, transfer->body.at + transfer->sent,
                              transfer->body.len - transfer->sent, &sent);
        transfer->sent += sent;
    }
    return code == CURLE_AGAIN ? CURLE_SEND_ERROR : code; /* it reads too slowly */
}

bool transfer_alive(struct transfer *transfer)
{
    char said[4096]; /* receivers of syslog say nothing; TLS may */
    size_t len = 0;
    if (!transfer->easy || !transfer->stream)
        return false;
    CURLcode code = curl_easy_recv(transfer->easy, said, sizeof(said), &len);
    return code == CURLE_AGAIN || (code == CURLE_OK && len > 0);
}

enum transfer_outcome transfer_outcome(const struct transfer *transfer, CURLcode code,
                                       char why[TRANSFER_WHY_SIZE])
{
    long answer = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer);
    bool permanent = answer >= 500 && answer < 600; /* in SMTP a refusal, in HTTP a bad moment */
    if (code == CURLE_OK && (transfer->stream || (answer >= 200 && answer < 300)))
        return TRANSFER_DELIVERED;
    if (code != CURLE_OK) {
        snprintf(why, TRANSFER_WHY_SIZE, "%s", curl_easy_strerror(code));
        bool smtp = code == CURLE_SEND_ERROR || code == CURLE_LOGIN_DENIED;
        return (smtp && permanent) || code == CURLE_PEER_FAILED_VERIFICATION ||
                       code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL
                   ? TRANSFER_REFUSED
                   : TRANSFER_AGAIN;
    }
    snprintf(why, TRANSFER_WHY_SIZE, "the receiver answered %ld", answer);
    return permanent || answer == 408 || answer == 429 ? TRANSFER_AGAIN : TRANSFER_REFUSED;
}

void *transfer_mark(CURL *easy)
{
    void *mark = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &mark);
    return mark;
}

void transfer_reset(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->list);
    transfer->easy = NULL;
    transfer->list = NULL;
    transfer->sent = 0;
    transfer->stream = false;
    buffer_clear(&transfer->body);
}

void transfer_rest(struct transfer *transfer)
{
    transfer->sent = 0;
    buffer_clear(&transfer->body);
}
