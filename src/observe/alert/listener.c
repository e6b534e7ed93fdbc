#include "observe/alert/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "observe/alert/frame.h"

enum { EVENTS = 64, READS = 64, CHUNK = 1 << 16 };

/* A socket that listens, or a stream that was accepted. */
struct channel {
    int descriptor; /* -1: free */
    enum listener_kind kind;
    struct ip from;
    gnutls_session_t session;
    bool greeted; /* the handshake is done */
    struct frame_stream frames;
};

struct listener {
    int (*message)(void *context, const struct ip *from, struct bytes message);
    void *context;
    int poll;
    gnutls_certificate_credentials_t credentials;
    struct listener_counts counts;
    uint32_t socket_count;
    struct channel sockets[LISTENER_SOCKETS], clients[LISTENER_CLIENTS];
    char chunk[CHUNK];
};

int listener_new(int (*message)(void *context, const struct ip *from, struct bytes message),
                 void *context, struct listener **ret_listener)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return -ENOMEM;
    listener->message = message;
    listener->context = context;
    for (int i = 0; i < LISTENER_CLIENTS; i++)
        listener->clients[i].descriptor = -1;
    listener->poll = epoll_create1(EPOLL_CLOEXEC);
    if (listener->poll < 0) {
        free(listener);
        return -errno;
    }
    *ret_listener = listener;
    return 0;
}

int listener_certificate(struct listener *listener, const char *certificate, const char *key)
{
    int code = gnutls_certificate_allocate_credentials(&listener->credentials);
    if (code < 0)
        return code;
    code = gnutls_certificate_set_x509_key_file(listener->credentials, certificate, key,
                                                GNUTLS_X509_FMT_PEM);
    return code < 0 ? code : 0;
}

/* ---- addresses ------------------------------------------------------------------------ */

static int address_read(const char *text, struct addrinfo **ret_address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    size_t len = colon ? (size_t)(colon - text) : 0;
    hints.ai_socktype = SOCK_STREAM;
    if (len == 0 || len >= sizeof(host))
        return -EINVAL;
    memcpy(host, text, len + 1);
    host[len] = '\0';
    char *begin = host;
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        begin++;
    }
    return getaddrinfo(begin, colon + 1, &hints, ret_address) == 0 ? 0 : -EINVAL;
}

static void ip_of(const struct sockaddr_storage *address, struct ip *ret_ip)
{
    *ret_ip = (struct ip){0};
    if (address->ss_family == AF_INET6) {
        memcpy(ret_ip->octets, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               16);
    } else if (address->ss_family == AF_INET) {
        ret_ip->octets[10] = ret_ip->octets[11] = 0xff;
        memcpy(ret_ip->octets + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
               4);
    }
}

static uint16_t port_of(int descriptor)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_family = AF_UNSPEC}};
    socklen_t size = sizeof(address);
    if (getsockname(descriptor, &address.any, &size) != 0)
        return 0;
    if (address.any.sa_family == AF_INET6)
        return ntohs(address.v6.sin6_port);
    return address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : 0;
}

static int socket_open(enum listener_kind kind, const struct addrinfo *address)
{
    int type = (kind == LISTENER_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int descriptor = socket(address->ai_family, type, 0), yes = 1, room = 8 << 20;
    if (descriptor < 0)
        return -errno;
    if (kind == LISTENER_udp)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    else
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(descriptor, address->ai_addr, address->ai_addrlen) != 0 ||
        (kind != LISTENER_udp && listen(descriptor, 64) != 0)) {
        int error = -errno;
        close(descriptor);
        return error;
    }
    return descriptor;
}

static int channel_watch(struct listener *listener, struct channel *channel)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = channel};
    return epoll_ctl(listener->poll, EPOLL_CTL_ADD, channel->descriptor, &event) ? -errno : 0;
}

int listener_add(struct listener *listener, enum listener_kind kind, const char *address,
                 uint16_t *ret_port)
{
    struct addrinfo *found;
    if (kind == LISTENER_tls && !listener->credentials)
        return -ENOKEY;
    if (listener->socket_count == LISTENER_SOCKETS)
        return -ENOSPC;
    int error = address_read(address, &found);
    if (error)
        return error;
    int descriptor = socket_open(kind, found);
    freeaddrinfo(found);
    if (descriptor < 0)
        return descriptor;
    struct channel *channel = &listener->sockets[listener->socket_count++];
    *channel = (struct channel){.descriptor = descriptor, .kind = kind};
    *ret_port = port_of(descriptor);
    return channel_watch(listener, channel);
}

/* ---- streams -------------------------------------------------------------------------- */

struct hearing {
    struct listener *listener;
    const struct ip *from;
};

static int message_hear(void *context, struct bytes message)
{
    struct hearing *hearing = context;
    hearing->listener->counts.messages++;
    return hearing->listener->message(hearing->listener->context, hearing->from, message);
}

static void client_end(struct listener *listener, struct channel *client)
{
    if (client->session)
        gnutls_deinit(client->session);
    close(client->descriptor);
    listener->counts.too_long += client->frames.too_long;
    frame_finish(&client->frames);
    *client = (struct channel){.descriptor = -1};
}

static int session_begin(struct listener *listener, struct channel *client)
{
    if (gnutls_init(&client->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
        return -ENOMEM;
    if (gnutls_set_default_priority(client->session) < 0 ||
        gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, listener->credentials) < 0)
        return -ENOMEM;
    gnutls_transport_set_int(client->session, client->descriptor);
    return 0;
}

/* Accept one; false when nobody waits. */
static bool client_accept(struct listener *listener, const struct channel *socket)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    int descriptor = accept4(socket->descriptor, (struct sockaddr *)&address, &size,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0)
        return false;
    struct channel *client = NULL;
    for (int i = 0; i < LISTENER_CLIENTS && !client; i++)
        if (listener->clients[i].descriptor < 0)
            client = &listener->clients[i];
    if (!client) {
        listener->counts.refused++;
        close(descriptor);
        return true;
    }
    *client = (struct channel){.descriptor = descriptor, .kind = socket->kind};
    ip_of(&address, &client->from);
    listener->counts.clients++;
    if ((client->kind == LISTENER_tls && session_begin(listener, client)) ||
        channel_watch(listener, client))
        client_end(listener, client);
    return true;
}

/* Bytes of a stream: > 0; 0: it ended; -EAGAIN: nothing now; -EBADMSG: it broke. */
static ssize_t client_read(struct listener *listener, struct channel *client)
{
    ssize_t got;
    if (client->kind == LISTENER_tcp) {
        got = recv(client->descriptor, listener->chunk, CHUNK, 0);
        if (got >= 0)
            return got;
        return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EBADMSG;
    }
    if (!client->greeted) {
        int code = gnutls_handshake(client->session);
        if (code < 0)
            return gnutls_error_is_fatal(code) ? -EBADMSG : -EAGAIN;
        client->greeted = true;
    }
    got = gnutls_record_recv(client->session, listener->chunk, CHUNK);
    if (got >= 0)
        return got;
    if (got == GNUTLS_E_PREMATURE_TERMINATION)
        return 0;
    return gnutls_error_is_fatal((int)got) ? -EBADMSG : -EAGAIN;
}

static int client_hear(struct listener *listener, struct channel *client)
{
    struct hearing hearing = {listener, &client->from};
    for (int i = 0; i < READS || (client->session && gnutls_record_check_pending(client->session));
         i++) {
        ssize_t got = client_read(listener, client);
        if (got == -EAGAIN)
            return 0;
        int error =
            got > 0 ? frame_put(&client->frames, (struct bytes){listener->chunk, (size_t)got}) : 0;
        if (!error)
            error = frame_each(&client->frames, got <= 0, message_hear, &hearing);
        bool broken = error == -EBADMSG || got < 0;
        listener->counts.broken += broken;
        if (broken || got == 0)
            client_end(listener, client);
        if (error && !broken)
            return error;
        if (broken || got == 0)
            return 0;
    }
    return 0; /* the others want to be heard, too */
}

/* ---- everything ----------------------------------------------------------------------- */

static int datagrams_hear(struct listener *listener, struct channel *socket)
{
    int error = 0;
    for (int i = 0; i < READS * 16 && !error; i++) {
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof(address);
        ssize_t got = recvfrom(socket->descriptor, listener->chunk, LISTENER_DATAGRAM, 0,
                               (struct sockaddr *)&address, &size);
        if (got < 0)
            return 0;
        struct bytes message = {listener->chunk, (size_t)got};
        while (message.len && (unsigned char)message.at[message.len - 1] <= ' ')
            message.len--;
        ip_of(&address, &socket->from);
        struct hearing hearing = {listener, &socket->from};
        if (message.len)
            error = message_hear(&hearing, message);
    }
    return error;
}

static int channel_hear(struct listener *listener, struct channel *channel)
{
    bool listens = channel >= listener->sockets && channel < listener->sockets + LISTENER_SOCKETS;
    if (!listens)
        return client_hear(listener, channel);
    if (channel->kind == LISTENER_udp)
        return datagrams_hear(listener, channel);
    while (client_accept(listener, channel))
        continue;
    return 0;
}

int listener_poll(struct listener *listener, int milliseconds)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(listener->poll, events, EVENTS, milliseconds), error = 0;
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count && !error; i++) {
        struct channel *channel = events[i].data.ptr;
        if (channel->descriptor >= 0)
            error = channel_hear(listener, channel);
    }
    return error;
}

const struct listener_counts *listener_counts(const struct listener *listener)
{
    return &listener->counts;
}

void listener_free(struct listener *listener)
{
    if (!listener)
        return;
    for (int i = 0; i < LISTENER_CLIENTS; i++)
        if (listener->clients[i].descriptor >= 0)
            client_end(listener, &listener->clients[i]);
    for (uint32_t i = 0; i < listener->socket_count; i++)
        close(listener->sockets[i].descriptor);
    if (listener->credentials)
        gnutls_certificate_free_credentials(listener->credentials);
    close(listener->poll);
    free(listener);
}
