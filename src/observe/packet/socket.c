#include "observe/packet/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/packet.h"
#include "observe/packet/live.h"

enum { LINK_ETHERNET = 1, LINK_RAW = 101 };

int interface_look_up(const char *name, int *ret_index, uint32_t *ret_link, bool *ret_loopback)
{
    struct ifreq request = {0};
    if (strlen(name) >= sizeof(request.ifr_name))
        return -ENODEV;
    memcpy(request.ifr_name, name, strlen(name));
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    int error = ioctl(descriptor, SIOCGIFHWADDR, &request) ? -errno : 0, link = 0;
    bool loopback = request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
    if (!error)
        switch (request.ifr_hwaddr.sa_family) {
        case ARPHRD_ETHER:
        case ARPHRD_LOOPBACK:
            link = LINK_ETHERNET;
            break;
        case ARPHRD_NONE: /* tun, WireGuard */
        case ARPHRD_PPP:
        case ARPHRD_TUNNEL:
        case ARPHRD_SIT:
            link = LINK_RAW;
            break;
        default:
            error = -EPROTONOSUPPORT;
        }
    if (!error && ioctl(descriptor, SIOCGIFINDEX, &request))
        error = -errno;
    close(descriptor);
    if (!error) {
        *ret_index = request.ifr_ifindex;
        *ret_link = (uint32_t)link;
        *ret_loopback = loopback;
    }
    return error;
}

static int option_set(const struct packet_socket *socket, int level, int name, const void *value,
                      socklen_t size)
{
    return setsockopt(socket->descriptor, level, name, value, size) ? -errno : 0;
}

static int ring_map(struct packet_socket *socket, size_t ring)
{
    int version = TPACKET_V3;
    unsigned blocks = (unsigned)(ring / LIVE_BLOCK);
    struct tpacket_req3 request = {.tp_block_size = LIVE_BLOCK,
                                   .tp_block_nr = blocks,
                                   .tp_frame_size = 2048,
                                   .tp_frame_nr = blocks * (LIVE_BLOCK / 2048),
                                   .tp_retire_blk_tov = LIVE_RETIRE};
    int error = option_set(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof(version));
    if (!error)
        error = option_set(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request));
    if (error)
        return error;
    void *mapped = mmap(NULL, (size_t)blocks * LIVE_BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED,
                        socket->descriptor, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    socket->ring = mapped;
    socket->blocks = blocks;
    return 0;
}

static int interface_bind(struct packet_socket *socket, int interface, bool outgoing)
{
    static const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog stop = {1, (struct sock_filter *)(uintptr_t)nothing};
    struct packet_mreq promiscuous = {.mr_ifindex = interface, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = interface};
    int yes = 1, received = SOF_TIMESTAMPING_SOFTWARE;
    int error = option_set(socket, SOL_SOCKET, SO_ATTACH_FILTER, &stop, sizeof(stop));
    if (!error) /* times of reception, not of the copy into this ring */
        error = option_set(socket, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
    if (!error)
        error = option_set(socket, SOL_PACKET, PACKET_TIMESTAMP, &received, sizeof(received));
    if (!error && !outgoing)
        error = option_set(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
    if (!error && bind(socket->descriptor, (struct sockaddr *)&address, sizeof(address)))
        error = -errno;
    if (!error)
        error = option_set(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                           sizeof(promiscuous));
    return error;
}

int socket_open(struct packet_socket *ret_socket, int interface, size_t ring, bool outgoing)
{
    *ret_socket = (struct packet_socket){socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), NULL, 0};
    if (ret_socket->descriptor < 0)
        return -errno;
    int error = ring_map(ret_socket, ring);
    if (!error)
        error = interface_bind(ret_socket, interface, outgoing);
    if (error)
        socket_finish(ret_socket);
    return error;
}

/* The partition of the source, as packet_partition_of() has it; 0 for what is not IP. The kernel
 * takes the remainder by the number of sockets. */
static int partition_program(struct packet_socket *socket)
{
#define NETWORK(offset) ((uint32_t)SKF_NET_OFF + (offset))
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETWORK(12)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xffff),
        BPF_JUMP(BPF_JMP | BPF_JA, 12, 0, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETWORK(8)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETWORK(12)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETWORK(16)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETWORK(20)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, PACKET_PARTITION_FACTOR),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 28),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    return option_set(socket, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program));
}

int sockets_fan_out(struct packet_socket *const *sockets, unsigned count)
{
    int group = 0, error = 0;
    for (unsigned i = 0; i < count && !error; i++) {
        unsigned flags = PACKET_FANOUT_CBPF | (i == 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
        int request = (int)((flags << 16) | (unsigned)group);
        socklen_t size = sizeof(request);
        error = option_set(sockets[i], SOL_PACKET, PACKET_FANOUT, &request, size);
        if (!error && i == 0) { /* the kernel chose a number nobody else has */
            if (getsockopt(sockets[0]->descriptor, SOL_PACKET, PACKET_FANOUT, &request, &size))
                error = -errno;
            group = request & 0xffff;
        }
    }
    return error ? error : partition_program(sockets[0]);
}

int socket_start(struct packet_socket *socket, const struct sock_fprog *filter)
{
    int unused = 0;
    return filter ? option_set(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof(*filter))
                  : option_set(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
}

uint64_t socket_drops(struct packet_socket *socket)
{
    struct tpacket_stats_v3 statistics = {0};
    socklen_t size = sizeof(statistics);
    if (getsockopt(socket->descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size))
        return 0;
    return statistics.tp_drops;
}

void socket_finish(struct packet_socket *socket)
{
    if (socket->ring)
        munmap(socket->ring, socket->blocks * LIVE_BLOCK);
    if (socket->descriptor >= 0)
        close(socket->descriptor);
    *socket = (struct packet_socket){-1, NULL, 0};
}
