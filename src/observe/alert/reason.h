/* observe/alert/reason.h -- why a record gave no alert; the sentences are what a user reads. */
#ifndef OBSERVE_ALERT_REASON_H
#define OBSERVE_ALERT_REASON_H

#define ALERT_REASONS(X)                                                                           \
    X(none, "")                                                                                    \
    X(other, "a record that is no alert")                                                          \
    X(unknown, "in no format known here")                                                          \
    X(unexpected, "not in the format that was asked for")                                          \
    X(not_object, "not a JSON object")                                                             \
    X(broken_json, "broken JSON")                                                                  \
    X(incomplete, "the record ends in the middle")                                                 \
    X(not_utf8, "not UTF-8")                                                                       \
    X(too_long, "longer than 16 MiB")                                                              \
    X(stray, "something between the records that is none")                                         \
    X(columns, "not the columns its heading names")                                                \
    X(header, "a broken header")                                                                   \
    X(no_name, "says nothing that could be its name")                                              \
    X(no_time, "no time in the record")                                                            \
    X(time_unreadable, "the time of the record cannot be read")                                    \
    X(no_memory, "no memory for this record")

enum alert_reason {
#define X(name, sentence) ALERT_REASON_##name,
    ALERT_REASONS(X)
#undef X
        ALERT_REASON_COUNT
};

#endif
