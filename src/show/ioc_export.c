/* hinomi ioc export: indicators as rules of other tools. */
#include <errno.h>
#include <stdio.h>

#include "share/exporter.h"
#include "show/ioc_input.h"
#include "show/verb.h"
#include "show/whole_file.h"

static const char verb[] = "ioc export";

static int set_export(const char *path, const struct exporter *exporter, const char *out)
{
    struct indicator_set set;
    struct buffer text = {0};
    uint32_t left;
    if (!ioc_set_read(verb, path, &set))
        return EXIT_FAILED;
    int error = exporter->write(&set, &text, &left);
    if (!error && out)
        error = whole_file_write(out, &text);
    else if (!error && text.len)
        fwrite(text.at, 1, text.len, stdout);
    if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, out ? out : "the output", strerror(-error));
    else if (left)
        fprintf(stderr, "hinomi %s: %u of %u indicators speak of what %s cannot look for\n", verb,
                left, set.count, exporter->name);
    buffer_finish(&text);
    indicator_set_finish(&set);
    return error ? EXIT_FAILED : EXIT_OK;
}

int ioc_export(int argc, char **argv)
{
    const char *format = NULL, *out = NULL;
    const struct option_entry options[] = {
        {"--format", OPTION_TEXT, &format, "NAME", "sigma, yara, stix, openioc or osquery"},
        {"-o", OPTION_TEXT, &out, "FILE", "write it there"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "FILE",
        .does =
            "Writes indicators (as hinomi ioc make does) as rules of other tools: Sigma, YARA,\n"
            "a STIX 2.1 bundle, OpenIOC 1.1, osquery SQL.",
        .example = "hinomi ioc export emotet.ioc --format sigma -o emotet.yml",
        .options = options,
        .least = 1,
        .most = 1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    const struct exporter *exporter = format ? share_exporter_find(bytes_of(format)) : NULL;
    if (!exporter) {
        fprintf(stderr, "hinomi %s: --format takes sigma, yara, stix, openioc or osquery\n", verb);
        return EXIT_USAGE;
    }
    return set_export(argv[1], exporter, out);
}
