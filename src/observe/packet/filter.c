#include "observe/packet/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILTER_LINKS = 16, /* link layers in one run; the least lately compiled goes */
    FILTER_WHY = 256,
    LINK_RAW = 101, /* in files; inside libpcap DLT_RAW has a number of the system's */
};

struct filter_program {
    uint32_t link;
    bool compiled;
    struct bpf_program program;
};

struct filter {
    char *text;
    struct filter_program programs[FILTER_LINKS];
    unsigned count, next, last;
};

static int program_compile(struct filter_program *program, const char *text, uint32_t link,
                           char *ret_why)
{
    pcap_t *handle = pcap_open_dead(link == LINK_RAW ? DLT_RAW : (int)link, 1 << 18);
    program->link = link;
    if (!handle)
        return -ENOMEM;
    program->compiled = pcap_compile(handle, &program->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!program->compiled && ret_why)
        snprintf(ret_why, FILTER_WHY, "%s", pcap_geterr(handle));
    pcap_close(handle);
    return program->compiled ? 0 : -EINVAL;
}

int filter_create(const char *text, struct filter **ret_filter, char *ret_why)
{
    struct filter *filter = calloc(1, sizeof(*filter));
    if (!filter || !(filter->text = strdup(text))) {
        free(filter);
        return -ENOMEM;
    }
    /* What Ethernet knows nothing of may still mean something to another link layer. */
    int error = program_compile(&filter->programs[0], text, DLT_EN10MB, ret_why);
    filter->count = 1;
    if (error == -EINVAL) {
        struct filter_program other = {0};
        if (program_compile(&other, text, LINK_RAW, NULL) == 0) {
            pcap_freecode(&other.program);
            error = 0;
        }
    }
    if (error)
        filter_destroy(filter);
    else
        *ret_filter = filter;
    return error;
}

static struct filter_program *program_find(struct filter *filter, uint32_t link)
{
    for (unsigned i = 0; i < filter->count; i++)
        if (filter->programs[i].link == link) {
            filter->last = i;
            return &filter->programs[i];
        }
    unsigned i = filter->count < FILTER_LINKS ? filter->count++ : filter->next++ % FILTER_LINKS;
    if (filter->programs[i].compiled)
        pcap_freecode(&filter->programs[i].program);
    filter->programs[i] = (struct filter_program){0};
    (void)!program_compile(&filter->programs[i], filter->text, link, NULL);
    filter->last = i;
    return &filter->programs[i];
}

enum filter_result filter_frame(struct filter *filter, const struct frame *frame)
{
    struct filter_program *program = &filter->programs[filter->last];
    if (program->link != frame->link)
        program = program_find(filter, frame->link);
    if (!program->compiled)
        return FILTER_no_meaning;
    return bpf_filter(program->program.bf_insns, frame->at, frame->wire, frame->captured)
               ? FILTER_pass
               : FILTER_stop;
}

int filter_program(const char *text, uint32_t link, struct sock_fprog *ret_program)
{
    /* The same instructions by another name, says libpcap itself. */
    _Static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn), "classic BPF is one");
    struct filter_program program = {0};
    int error = program_compile(&program, text, link, NULL);
    if (error)
        return error;
    size_t size = program.program.bf_len * sizeof(struct bpf_insn);
    struct sock_filter *code = malloc(size);
    if (code) {
        memcpy(code, program.program.bf_insns, size);
        *ret_program = (struct sock_fprog){(unsigned short)program.program.bf_len, code};
    }
    pcap_freecode(&program.program);
    return code ? 0 : -ENOMEM;
}

void filter_destroy(struct filter *filter)
{
    if (!filter)
        return;
    for (unsigned i = 0; i < filter->count; i++)
        if (filter->programs[i].compiled)
            pcap_freecode(&filter->programs[i].program);
    free(filter->text);
    free(filter);
}
