#include "observe/list/kdd_file.h"

const char *const kdd_class_names[KDD_CLASSES] = {"normal", "dos", "probe", "r2l", "u2r"};

/* The labels of training and test set, as the competition classed them. */
static const struct {
    const char *name;
    uint8_t class;
} labels[] = {
    {"normal", 0},      {"back", 1},
    {"land", 1},        {"neptune", 1},
    {"pod", 1},         {"smurf", 1},
    {"teardrop", 1},    {"apache2", 1},
    {"mailbomb", 1},    {"processtable", 1},
    {"udpstorm", 1},    {"ipsweep", 2},
    {"nmap", 2},        {"portsweep", 2},
    {"satan", 2},       {"mscan", 2},
    {"saint", 2},       {"ftp_write", 3},
    {"imap", 3},        {"guess_passwd", 3},
    {"multihop", 3},    {"phf", 3},
    {"spy", 3},         {"warezclient", 3},
    {"warezmaster", 3}, {"named", 3},
    {"sendmail", 3},    {"snmpgetattack", 3},
    {"snmpguess", 3},   {"worm", 3},
    {"xlock", 3},       {"xsnoop", 3},
    {"httptunnel", 3},  {"buffer_overflow", 4},
    {"loadmodule", 4},  {"perl", 4},
    {"rootkit", 4},     {"ps", 4},
    {"sqlattack", 4},   {"xterm", 4},
};

static bool label_read(struct bytes text, uint8_t *ret_class)
{
    if (text.len > 0 && text.at[text.len - 1] == '.')
        text.len--;
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
        if (bytes_equal(text, bytes_of(labels[i].name))) {
            *ret_class = labels[i].class;
            return true;
        }
    return false;
}

/* "0.05", "181": digits and a point, nothing else. */
static bool number_read(struct bytes text, double *ret_number)
{
    double number = 0, scale = 0;
    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.' && scale == 0) {
            scale = 1;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
        scale *= 10;
    }
    *ret_number = scale > 0 ? number / scale : number;
    return true;
}

/* The next field of a line, which gets shorter by it. */
static struct bytes field_take(struct bytes *line)
{
    const char *comma = line->len ? memchr(line->at, ',', line->len) : NULL;
    struct bytes field = {line->at, comma ? (size_t)(comma - line->at) : line->len};
    *line = bytes_from(*line, field.len + 1);
    return field;
}

bool kdd_line_read(struct bytes line, struct kdd_line *ret_line)
{
    struct kdd_line read = {0};
    uint32_t number = 0;
    for (uint32_t i = 0; i < KDD_NUMBERS + KDD_NOMINALS; i++) {
        struct bytes field = field_take(&line);
        bool nominal = i >= 1 && i <= KDD_NOMINALS;
        if (nominal && (field.len == 0 || field.len > KDD_NOMINAL_LIMIT))
            return false;
        if (nominal)
            read.nominals[i - 1] = field;
        else if (!number_read(field, &read.numbers[number++]))
            return false;
    }
    if (!label_read(field_take(&line), &read.class) || line.len > 0)
        return false;
    *ret_line = read;
    return true;
}
