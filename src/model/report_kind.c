#include "model/report_kind.h"

struct bytes report_kind_name(enum report_kind kind)
{
    static const char *const names[] = {
#define X(name, doc) #name,
        REPORT_KINDS(X)
#undef X
    };
    return bytes_of((unsigned)kind < REPORT_KIND_COUNT ? names[kind] : "");
}

enum report_kind report_kind_find(struct bytes name)
{
    int kind = 0;
    while (kind < REPORT_KIND_COUNT && !bytes_equal(report_kind_name((enum report_kind)kind), name))
        kind++;
    return (enum report_kind)kind;
}
