/*
 * detect/darknet/classify.h -- what a source is, by rules that say why.
 *
 * One summary in, one verdict out; nothing is learned and nothing remembered.
 * The first rule that holds decides, in this order:
 *
 *  1. An address of a registered organisation is a member.
 *  2. More than half of the packets are answers: backscatter, or
 *     icmp_backscatter (errors, echo replies), whichever are more. Answers are
 *     RST; SYN-ACK, unless they ask (from a port where nothing serves, to few
 *     ports of several addresses, when theirs is a client's or the one looked for
 *     a service's); ACK from a service's port; UDP from a service's port to one
 *     that is none, or from one port to nearly as many ports and addresses as
 *     packets. Flags and ports are how NICT's backscatter papers and Moore et al.
 *     (2001) label what they learn. ACKs to one address and port alone are what a
 *     connection with its former owner left: other. Packets that are neither
 *     answers nor probes for the most part: other.
 *  3. Half of the SYNs or more bear Mirai's mark: mirai.
 *  4. What is left are probes. A survey is an investigation, whatever the tool:
 *     SURVEY_PORTS ports or more, SURVEY_PACKETS or more a day for a telescope
 *     of SURVEY_ADDRESSES, which is one packet a day and address of any
 *     telescope, and the whole range: half as many addresses as evenly drawn
 *     packets would have reached. This is how NICT's yearly observation reports
 *     leave surveys out (30 ports, 300,000 packets a day, 300,000 addresses),
 *     applied to a window's part of the day, never below SURVEY_LEAST packets;
 *     the dispersion criterion is that of "Aggressive Internet-Wide Scanners"
 *     (Anand et al., 2023). A source of a scanner list is one at any size, and so
 *     is one that several windows together showed to be one (`followed`: survey.h).
 *  5. Half of the probes or more with ZMap's or masscan's mark: zmap, masscan.
 *  6. The behaviour of ZMap since 4.1, whose IP id is random: never a second
 *     packet to an address; options in every SYN; source ports drawn from a
 *     range (its default: 32768 to 61000); addresses drawn evenly from all (the
 *     mean distance of two draws from N is N/3, its deviation N/√18); and a pace
 *     so steady that the telescope's part of it arrives like a Poisson process
 *     (intervals deviate by their mean).
 *  7. Who keeps knocking at one or two addresses for one or two ports does not
 *     search: a wrong configuration, a stale peer: other. More than STRAY_SYNS
 *     to each, which is what Linux sends for one connect (the first and six
 *     more), or STRAY_DATAGRAMS; or a datagram at all, to one address and a port
 *     where nothing is known to serve, as peers of others leave behind.
 *  8. UDP probes for the most part: udp_scan. TCP or ICMP probes: scan.
 *
 * The score is the chance that the source's next packet fits its class: the
 * mean of a beta distribution, (fitting + a) / (packets + a + b), whose prior
 * (a, b) is the rule's and stands in classify.c. One packet is little evidence,
 * but a mark that chance makes once in 2^32 is much, and so the priors differ.
 */
#ifndef DETECT_DARKNET_CLASSIFY_H
#define DETECT_DARKNET_CLASSIFY_H

#include "detect/darknet/source.h"

enum {
    SURVEY_PORTS = 30,
    SURVEY_PACKETS = 300000,   /* a day … */
    SURVEY_ADDRESSES = 300000, /* … at a telescope of so many */
    SURVEY_LEAST = 60,         /* packets: two to a port, or chance makes the ports */
    SPREAD_LEAST = 4,          /* packets or addresses: below, a spread can't be told */
    STRAY_SYNS = 7,
    STRAY_DATAGRAMS = 2,
    PERMUTATION_LEAST = 32, /* addresses: below, evenness can't be judged */
};

/* X(name, text) */
#define SOURCE_REASONS(X)                                                                          \
    X(member, "an address of a registered organisation")                                           \
    X(mirai, "the sequence number is the destination address, as in Mirai's scanner")              \
    X(tcp_answers, "TCP answers to packets it was not sent by us: SYN-ACK, RST, ACK")              \
    X(udp_answers, "UDP from a service's port to ports that offer none")                           \
    X(leftover, "the rest of a connection with who had the address before")                        \
    X(icmp_answers, "ICMP errors and replies to packets we did not send")                          \
    X(survey, "many ports, much traffic, the whole range")                                         \
    X(followed, "many ports and the whole range, over several windows")                            \
    X(listed, "on a list of scanners")                                                             \
    X(zmap_mark, "IP id 54321, as ZMap before 4.1 sends")                                          \
    X(masscan_mark, "IP id = destination address ^ port ^ sequence number, as masscan sends")      \
    X(permutation, "one packet an address, drawn evenly, at a steady pace, as ZMap since 4.1")     \
    X(stray, "keeps knocking at one place: a wrong configuration or a stale peer")                 \
    X(nmap_mark, "window and options of nmap's raw scan")                                          \
    X(probes, "looks for services")                                                                \
    X(udp_probes, "UDP to ports that may serve")                                                   \
    X(nothing, "none of the rules holds")

enum source_reason {
#define X(name, text) REASON_##name,
    SOURCE_REASONS(X)
#undef X
        SOURCE_REASON_COUNT
};

extern const char *const source_reason_names[SOURCE_REASON_COUNT];
extern const char *const source_reason_texts[SOURCE_REASON_COUNT];

struct source_verdict {
    enum source_class class;
    double score; /* in [0,1] */
    enum source_reason reason;
    bool surveys; /* rule 4 holds by behaviour, whether or not it is listed */
};

/*
 * `addresses` is how many the telescope has, 0: unknown -- then the coverage
 * tells it, and without one a survey must show SURVEY_PACKETS as they are.
 * `listed`: a scanner list names the source.
 */
struct source_verdict source_classify(const struct source_summary *source, double addresses,
                                      bool listed);

#endif
