/* Digests of bytes that are known: md5sum, sha*sum, cksum, sum. Of anything else, hex digits. */
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>

#include "triage/shell/call.h"
#include "triage/shell/digest.h"

static const struct {
    const char *name;
    const struct nettle_hash *hash;
} digests[] = {
    {"md5sum", &nettle_md5},       {"sha1sum", &nettle_sha1},     {"sha224sum", &nettle_sha224},
    {"sha256sum", &nettle_sha256}, {"sha384sum", &nettle_sha384}, {"sha512sum", &nettle_sha512},
};

void digest_put(struct machine *machine, const struct nettle_hash *hash, struct bytes content,
                struct text *out)
{
    enum { CONTEXT = 1024, DIGEST = 64 };
    uint8_t digest[DIGEST];
    void *context = machine_take(machine, CONTEXT);
    if (!context || hash->context_size > CONTEXT || hash->digest_size > DIGEST)
        return;
    hash->init(context);
    hash->update(context, content.len, (const uint8_t *)content.at);
    hash->digest(context, hash->digest_size, digest);
    for (unsigned i = 0; i < hash->digest_size; i++)
        text_add_format(out, "%02x", digest[i]);
}

const struct nettle_hash *digest_find(struct bytes name)
{
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
        if (bytes_equal(name, bytes_of(digests[i].name)))
            return digests[i].hash;
    return NULL;
}

static int digest_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "btcwz", "binary=b text=t check=c");
    const struct nettle_hash *hash = digest_find(bytes_base_name(call->name));
    int status = 0;
    if (arguments.failed || !hash)
        return 1;
    for (uint32_t i = 0; i < call_inputs(&arguments); i++) {
        struct bytes content, name = arguments.operand_count ? arguments.operands[i] : BYTES("-");
        struct text out = {.arena = machine->arena};
        if (!call_input(call, &arguments, i, &content)) {
            status = 1;
            continue;
        }
        if (text_has_hole(content))
            text_add_char(&out, SHELL_HOLE_hex);
        else
            digest_put(machine, hash, content, &out);
        text_add_format(&out, " %s", arguments.count['b'] ? "*" : " ");
        text_add(&out, name);
        text_add_char(&out, '\n');
        call_put(call, text_bytes(&out));
    }
    return status;
}

/* CRC of POSIX cksum: polynomial 0x04c11db7, the length behind the data. */
static uint32_t crc_step(uint32_t crc, unsigned char byte)
{
    crc ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
    return crc;
}

static uint32_t cksum_of(struct bytes content)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < content.len; i++)
        crc = crc_step(crc, (unsigned char)content.at[i]);
    for (size_t length = content.len; length; length >>= 8)
        crc = crc_step(crc, (unsigned char)length);
    return ~crc;
}

/* The checksum of BSD sum: rotate right, add. */
static unsigned sum_of(struct bytes content)
{
    unsigned sum = 0;
    for (size_t i = 0; i < content.len; i++)
        sum = ((sum >> 1) + ((sum & 1) << 15) + (unsigned char)content.at[i]) & 0xffff;
    return sum;
}

static int checksum_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "rs", "");
    bool crc = bytes_equal(call->name, BYTES("cksum"));
    int status = 0;
    for (uint32_t i = 0; i < call_inputs(&arguments); i++) {
        struct bytes content, name = arguments.operand_count ? arguments.operands[i] : BYTES("");
        if (!call_input(call, &arguments, i, &content)) {
            status = 1;
            continue;
        }
        if (text_has_hole(content))
            machine_put_format(machine, 1, "%c%s%c", SHELL_HOLE_number, crc ? " " : "\x10",
                               SHELL_HOLE_number);
        else if (crc)
            machine_put_format(machine, 1, "%u %zu", cksum_of(content), content.len);
        else
            machine_put_format(machine, 1, "%05u %5zu", sum_of(content),
                               (content.len + 1023) / 1024);
        machine_put_format(machine, 1, "%s%.*s\n", name.len ? " " : "", (int)name.len,
                           name.len ? name.at : "");
    }
    return status;
}

static const struct applet applets[] = {
    {"md5sum", digest_applet, 0},
    {"sha1sum", digest_applet, 0},
    {"sha224sum", digest_applet, 0},
    {"sha256sum", digest_applet, 0},
    {"sha384sum", digest_applet, 0},
    {"sha512sum", digest_applet, 0},
    {"cksum", checksum_applet, APPLET_no_busybox},
    {"sum", checksum_applet, 0},
};

const struct applet_table applets_digest = APPLET_TABLE(applets);
