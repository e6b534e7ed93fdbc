/*
 * observe/flow/sampling.h -- how many packets there were for each one an exporter looked at.
 *
 * It says so within a flow's record, or in records of options that are of a
 * sampler, an interface, or the whole observation domain: by an interval
 * (samplingInterval, samplerRandomInterval), packets looked at and passed over
 * in turn (samplingPacketInterval, samplingPacketSpace), so many of so many
 * (samplingSize, samplingPopulation), or a probability (RFC 5477; IANA, "IPFIX
 * Information Elements"). For export.c.
 */
#ifndef OBSERVE_FLOW_SAMPLING_H
#define OBSERVE_FLOW_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of `of` packets `seen` were looked at; `of` >= `seen` >= 1. */
struct sampling {
    uint64_t of, seen;
};

/* What one record says, all zero: nothing. Numbers wider than 32 bits are cut to that. */
struct sampling_words {
    uint32_t interval, packets, space, size, population;
    double probability;
    uint32_t sampler, interface; /* whose sampling this is; 0: not told */
};

/* Take a value of a record that had `len` bytes there; others than sampling's are passed over. */
void sampling_take(struct sampling_words *words, uint16_t element, uint64_t value, size_t len);

/* False: they say nothing, or nothing that makes sense. */
bool sampling_of(const struct sampling_words *words, struct sampling *ret_sampling);

/* An estimate of the packets or bytes there were, from those that were seen. */
uint64_t sampling_scale(struct sampling sampling, uint64_t count);

#endif
