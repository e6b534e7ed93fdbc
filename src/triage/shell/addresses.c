#include "triage/shell/addresses.h"

#include "triage/shell/regex.h"

/* A connection somewhere in the program: an address or name beside a port. */
bool program_connects(struct machine *machine, struct bytes text)
{
    static const char *const shapes[] = {
        "[\"']([\\w.:-]+)[\"']\\s*,\\s*(\\d{1,5})", /* ("192.0.2.1",4444) */
        "\\$i\\s*=\\s*[\"']([\\w.-]+)[\"']\\s*;\\s*\\$p\\s*=\\s*(\\d{1,5})", /* perl's */
        "PeerAddr[\"']?\\s*(?:=>|,)\\s*[\"']([\\w.-]+):(\\d{1,5})[\"']",
        "(?:tcp://|/inet/tcp/0/)([\\w.-]+)[:/](\\d{1,5})",
        "[\"']([\\w.-]+):(\\d{1,5})[\"']",
    };
    static const char *const signs[] = {"socket", "Socket", "fsockopen", "INET", "connect"};
    bool networked = false;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        networked |= text_find(text, 0, bytes_of(signs[i])) < text.len;
    for (size_t i = 0; networked && i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct regex_groups groups;
        struct regex *regex = regex_compile(machine, bytes_of(shapes[i]), REGEX_perl, false);
        int64_t port;
        if (!regex || !regex_find(regex, text, 0, &groups) ||
            !text_integer(groups.group[2], &port) || port < 1 || port > 65535)
            continue;
        effect_connect(machine, groups.group[1], (uint16_t)port, 6);
        machine->result->guessed = true;
        return true;
    }
    return false;
}

bool program_requests(struct machine *machine, struct bytes text)
{
    struct regex_groups groups;
    struct regex *regex =
        regex_compile(machine,
                      BYTES("(?:urlopen|file_get_contents|urlretrieve|requests\\.get|open|get)\\s*"
                            "\\(?\\s*[\"'](https?)://([\\w.-]+)(?::(\\d{1,5}))?([^\"']*)[\"']"),
                      REGEX_perl, false);
    int64_t port;
    if (!regex || !regex_find(regex, text, 0, &groups))
        return false;
    if (!groups.group[3].at || !text_integer(groups.group[3], &port))
        port = groups.group[1].len == 5 ? 443 : 80;
    effect_resolve(machine, groups.group[2]);
    struct shell_effect *effect = effect_add(machine, SHELL_request);
    if (effect) {
        effect->host = groups.group[2];
        effect->port = (uint16_t)port;
        effect->protocol = 6;
        effect->text = groups.group[4].len ? groups.group[4] : BYTES("/");
    }
    return true;
}
