/* Fetching: curl, wget, fetch, tftp, ftpget. What comes back nobody knows. */
#include "triage/shell/call.h"

struct address {
    struct bytes scheme, host, path;
    uint16_t port;
};

/* scheme://user@host:port/path?query; the scheme may be missing. */
static struct address address_parse(struct machine *machine, struct bytes text)
{
    struct address address = {.scheme = BYTES("http")};
    size_t colon = text_find(text, 0, BYTES("://"));
    if (colon < text.len) {
        address.scheme = (struct bytes){text.at, colon};
        text = bytes_from(text, colon + 3);
    }
    size_t end = 0;
    while (end < text.len && text.at[end] != '/' && text.at[end] != '?' && text.at[end] != '#')
        end++;
    struct bytes host = {text.at, end}, path = bytes_from(text, end);
    path.len = text_find(path, 0, BYTES("#"));
    for (size_t i = host.len; i > 0; i--)
        if (host.at[i - 1] == '@') {
            host = bytes_from(host, i);
            break;
        }
    bool secure = bytes_equal(address.scheme, BYTES("https"));
    address.port = secure ? 443 : bytes_start(address.scheme, BYTES("ftp")) ? 21 : 80;
    for (size_t i = host.len; i > 0 && host.at[i - 1] != ']'; i--) {
        int64_t port;
        if (host.at[i - 1] != ':')
            continue;
        if (text_integer(bytes_from(host, i), &port) && port > 0 && port < 65536)
            address.port = (uint16_t)port;
        host.len = i - 1;
        break;
    }
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = (struct bytes){host.at + 1, host.len - 2};
    address.host = host;
    address.path = path.len == 0 ? BYTES("/")
                   : path.at[0] != '/'
                       ? text_format(machine->arena, "/%.*s", (int)path.len, path.at)
                       : path;
    return address;
}

static void address_fetch(struct machine *machine, struct address address, struct bytes data)
{
    effect_resolve(machine, address.host);
    struct shell_effect *effect = effect_add(machine, SHELL_request);
    if (!effect)
        return;
    effect->host = address.host;
    effect->port = address.port;
    effect->protocol = 6;
    effect->text = address.path;
    if (data.len) {
        struct text *text = effect_text(machine, effect);
        if (text)
            text_add(text, data);
    }
}

static void file_fill(struct call *call, struct bytes path)
{
    const char *why;
    struct text *text = file_write(call->machine, path, false, &why);
    if (text)
        text_add(text, BYTES("\x0f"));
}

static struct bytes last_part(struct bytes path)
{
    path.len = text_find(path, 0, BYTES("?"));
    struct bytes name = bytes_base_name(path);
    return name.len ? name : BYTES("index.html");
}

static struct bytes upload_of(struct call *call, struct bytes value)
{
    struct bytes content = BYTES("");
    if (value.len && value.at[0] == '@')
        return file_read(call->machine, call->name, bytes_from(value, 1), &content) ? content
                                                                                    : BYTES("");
    return value;
}

static int curl_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(
        call,
        "#0123469aBfgGhiIjJkKlLMnNOpqRsSvVZA:b:c:C:d:D:e:E:F:H:K:m:o:P:Q:r:t:T:u:U:w:x:X:y:Y:z:",
        "data=d data-binary=d data-raw=d data-urlencode=d form=F header=H output=o request=X "
        "silent=s user=u user-agent=A "
        "insecure=k location=L max-time=m connect-timeout=m proxy=x upload-file=T include=i head=I "
        "remote-name=O referer=e "
        "cookie=b fail=f show-error=S verbose=v compressed=s json=d url=K url-query=d retry=m "
        "get=G output-dir=o path-as-is=s noproxy=m resolve=m");
    if (arguments.failed)
        return 2;
    if (arguments.count['K'] && !arguments.operand_count)
        arguments.operands[arguments.operand_count++] = arguments.value['K'];
    if (arguments.operand_count == 0) {
        machine_put_format(machine, 2, "curl: try 'curl --help'%c\n", SHELL_HOLE_line);
        return 2;
    }
    struct bytes data = arguments.count['d'] ? upload_of(call, arguments.value['d']) : BYTES("");
    if (arguments.count['T'])
        data = upload_of(call, text_format(machine->arena, "@%.*s", (int)arguments.value['T'].len,
                                           arguments.value['T'].at));
    if (arguments.count['F']) {
        size_t equals = text_find(arguments.value['F'], 0, BYTES("="));
        data = upload_of(call, bytes_from(arguments.value['F'], equals + 1));
    }
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct address address = address_parse(machine, arguments.operands[i]);
        if (bytes_equal(address.scheme, BYTES("file"))) {
            struct bytes content;
            if (file_read(machine, call->name, address.path, &content))
                call_put(call, content);
            continue;
        }
        address_fetch(machine, address, data);
        bool to_output = arguments.count['o'] && bytes_equal(arguments.value['o'], BYTES("-"));
        if (arguments.count['o'] && !to_output)
            file_fill(call, arguments.value['o']);
        else if (arguments.count['O'])
            file_fill(call, last_part(address.path));
        else
            call_put(call, BYTES("\x0f"));
    }
    return 0;
}

static int wget_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "46bcdEFHhkKLmNpqrSVvxB:a:A:D:e:g:i:I:l:o:O:P:Q:R:t:T:U:w:X:Y:",
                        "output-document=O quiet=q post-data=d post-file=F user-agent=U header=e "
                        "timeout=T tries=t no-check-certificate=k "
                        "directory-prefix=P continue=c input-file=i spider=S method=e body-data=d "
                        "no-verbose=v recursive=r no-proxy=k");
    if (arguments.failed)
        return 2;
    if (arguments.operand_count == 0) {
        machine_put_format(machine, 2, "wget: missing URL\n%c", SHELL_HOLE_lines);
        return 1;
    }
    struct bytes data = BYTES("");
    for (uint32_t i = 1; i < call->count; i++) {
        struct bytes word = call->words[i];
        if (bytes_start(word, BYTES("--post-data=")))
            data = bytes_from(word, 12);
        else if (bytes_start(word, BYTES("--post-file=")))
            data = upload_of(
                call, text_format(machine->arena, "@%.*s", (int)word.len - 12, word.at + 12));
    }
    for (uint32_t i = 0; i < arguments.operand_count; i++) {
        struct address address = address_parse(machine, arguments.operands[i]);
        struct bytes into = arguments.value['O'];
        address_fetch(machine, address, data);
        if (arguments.count['O'] &&
            (bytes_equal(into, BYTES("-")) || bytes_equal(into, BYTES("/dev/stdout"))))
            call_put(call, BYTES("\x0f"));
        else if (arguments.count['O'])
            file_fill(call, into);
        else if (arguments.count['P'])
            file_fill(call, text_format(machine->arena, "%.*s/%.*s", (int)arguments.value['P'].len,
                                        arguments.value['P'].at, (int)last_part(address.path).len,
                                        last_part(address.path).at));
        else if (!arguments.count['S'])
            file_fill(call, last_part(address.path));
        if (!arguments.count['q'])
            machine_put_format(machine, 2, "%c", SHELL_HOLE_lines);
    }
    return 0;
}

static int tftp_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "gpl:r:b:m:vc:", "");
    struct bytes host = arguments.operand_count ? arguments.operands[0] : BYTES("");
    int64_t port = 69;
    if (host.len == 0)
        return 1;
    if (arguments.operand_count > 1 && text_integer(arguments.operands[1], &port) &&
        (port < 1 || port > 65535))
        port = 69;
    effect_resolve(machine, host);
    struct shell_effect *effect = effect_add(machine, SHELL_request);
    if (effect) {
        effect->host = host;
        effect->port = (uint16_t)port;
        effect->protocol = 17;
        effect->text = arguments.count['r'] ? arguments.value['r']
                       : arguments.operand_count > 2
                           ? arguments.operands[arguments.operand_count - 1]
                           : arguments.value['l'];
    }
    struct bytes into = arguments.count['l'] ? arguments.value['l'] : arguments.value['r'];
    if (!arguments.count['p'] && into.len)
        file_fill(call, into);
    return 0;
}

/* ftpget [options] HOST LOCAL [REMOTE] */
static int ftpget_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "cvu:p:P:", "");
    int64_t port = 21;
    if (arguments.operand_count < 2)
        return 1;
    if (arguments.count['P'] && !text_integer(arguments.value['P'], &port))
        port = 21;
    effect_resolve(machine, arguments.operands[0]);
    struct shell_effect *effect = effect_add(machine, SHELL_request);
    if (effect) {
        effect->host = arguments.operands[0];
        effect->port = (uint16_t)port;
        effect->protocol = 6;
        effect->text = arguments.operands[arguments.operand_count > 2 ? 2 : 1];
    }
    file_fill(call, arguments.operands[1]);
    return 0;
}

static const struct applet applets[] = {
    {"curl", curl_applet, 0},
    {"wget", wget_applet, 0},
    {"fetch", wget_applet, APPLET_no_busybox},
    {"tftp", tftp_applet, 0},
    {"ftpget", ftpget_applet, APPLET_only_busybox},
};

const struct applet_table applets_transfer = APPLET_TABLE(applets);
