/*
 * observe/packet/filter.h -- a filter in tcpdump's language (pcap-filter(7)).
 *
 * Compiled by libpcap to classic BPF, once for each link layer that turns up.
 */
#ifndef OBSERVE_PACKET_FILTER_H
#define OBSERVE_PACKET_FILTER_H

#include <stdbool.h>

#include "observe/packet/frame.h"

struct filter;

enum filter_result { FILTER_pass, FILTER_stop, FILTER_no_meaning };

/* -EINVAL: not a filter, `ret_why` (of 256 bytes) says why; -ENOMEM. */
int filter_create(const char *text, struct filter **ret_filter, char *ret_why)
    __attribute__((warn_unused_result));

/* NO_MEANING: the filter asks for what this link layer does not have. */
enum filter_result filter_frame(struct filter *filter, const struct frame *frame);

/*
 * The filter as the program the kernel takes: its `filter` is the caller's to
 * free. -EINVAL: it has no meaning on that link layer; -ENOMEM.
 */
struct sock_fprog;
int filter_program(const char *text, uint32_t link, struct sock_fprog *ret_program)
    __attribute__((warn_unused_result));

void filter_destroy(struct filter *filter);

#endif
