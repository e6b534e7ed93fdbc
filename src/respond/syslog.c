#include "respond/syslog.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"

enum { FACILITY = 16 /* local0 */, HOST_NAME = 65 };

void syslog_write(const char *kind, unsigned priority, int64_t time, struct bytes json,
                  struct buffer *out)
{
    static const unsigned severities[] = {6, 5, 4, 3, 2};
    char host[HOST_NAME] = "", when[TIME_TEXT_SIZE];
    if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
        memcpy(host, "-", 2);
    /* RFC 5424 has at most six digits of a second. */
    struct bytes at = time_format(time - time % (TIME_SECOND / 1000000), when);
    size_t start = out->len;
    buffer_put_format(out, "<%u>1 %.*s %s hinomi %ld %s - ",
                      FACILITY * 8 + severities[priority > 4 ? 4 : priority], (int)at.len, at.at,
                      host, (long)getpid(), kind);
    buffer_put(out, json);
    if (!out->failed && out->len - start > SYSLOG_LIMIT)
        out->len = start + SYSLOG_LIMIT;
}

void syslog_frame(struct bytes message, struct buffer *out)
{
    buffer_put_format(out, "%zu ", message.len);
    buffer_put(out, message);
}

int syslog_send(const struct syslog_address *address, struct bytes message)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    bool four = ip_is_v4(&address->ip);
    memcpy(&to.sin6_addr, address->ip.octets, sizeof(to.sin6_addr));
    memcpy(&to4.sin_addr, address->ip.octets + 12, sizeof(to4.sin_addr));
    int handle = socket(four ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (handle < 0)
        return -errno;
    const struct sockaddr *where =
        four ? (const struct sockaddr *)&to4 : (const struct sockaddr *)&to;
    ssize_t sent = sendto(handle, message.at, message.len, 0, where,
                          four ? sizeof(to4) : (socklen_t)sizeof(to));
    int error = sent < 0 ? -errno : 0;
    close(handle);
    return error;
}
