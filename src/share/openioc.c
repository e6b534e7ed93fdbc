/* OpenIOC 1.1 (Mandiant's schema): one document, an Indicator of OR over all. */
#include <errno.h>

#include "share/exporter.h"
#include "share/text.h"

static const struct term {
    const char *document, *search, *type;
} terms[REPORT_KIND_COUNT] = {
    [REPORT_file] = {"FileItem", "FileItem/FullPath", "string"},
    [REPORT_file_write] = {"FileItem", "FileItem/FullPath", "string"},
    [REPORT_file_delete] = {"FileItem", "FileItem/FullPath", "string"},
    [REPORT_key] = {"RegistryItem", "RegistryItem/Path", "string"},
    [REPORT_key_write] = {"RegistryItem", "RegistryItem/Path", "string"},
    [REPORT_key_delete] = {"RegistryItem", "RegistryItem/Path", "string"},
    [REPORT_mutex] = {"ProcessItem", "ProcessItem/HandleList/Handle/Name", "string"},
    [REPORT_command] = {"ProcessItem", "ProcessItem/arguments", "string"},
    [REPORT_process] = {"ProcessItem", "ProcessItem/path", "string"},
    [REPORT_service] = {"ServiceItem", "ServiceItem/name", "string"},
    [REPORT_domain] = {"DnsEntryItem", "DnsEntryItem/RecordName", "string"},
    [REPORT_address] = {"PortItem", "PortItem/remoteIP", "IP"},
    [REPORT_url] = {"UrlHistoryItem", "UrlHistoryItem/URL", "string"},
    [REPORT_library] = {"ProcessItem", "ProcessItem/SectionList/MemorySection/Name", "string"},
    [REPORT_pipe] = {"ProcessItem", "ProcessItem/HandleList/Handle/Name", "string"},
    [REPORT_api] = {"FileItem", "FileItem/PEInfo/ImportedModules/Module/ImportedFunctions/string",
                    "string"},
};

static void item_put(struct buffer *out, const struct indicator *indicator, uint32_t part,
                     const char *indent)
{
    const struct term *term = &terms[indicator->parts[part].kind];
    buffer_put_format(out, "%s<IndicatorItem id=\"", indent);
    share_put_uuid(out, part ? "item2" : "item1", indicator->id);
    buffer_put_format(out,
                      "\" condition=\"matches\" preserve-case=\"false\" negate=\"false\">\n"
                      "%s  <Context document=\"%s\" search=\"%s\" type=\"mir\"/>\n"
                      "%s  <Content type=\"%s\">",
                      indent, term->document, term->search, indent, term->type);
    share_put_xml(out, indicator->parts[part].regex);
    buffer_put_format(out, "</Content>\n%s</IndicatorItem>\n", indent);
}

static bool known(const struct indicator *indicator)
{
    bool all = true;
    for (uint32_t i = 0; i < indicator->part_count; i++)
        all = all && terms[indicator->parts[i].kind].document;
    return all;
}

static void indicator_put(struct buffer *out, const struct indicator *indicator)
{
    if (indicator->part_count == 1) {
        item_put(out, indicator, 0, "      ");
        return;
    }
    buffer_put(out, BYTES("      <Indicator id=\""));
    share_put_uuid(out, "both", indicator->id);
    buffer_put(out, BYTES("\" operator=\"AND\">\n"));
    for (uint32_t i = 0; i < indicator->part_count; i++)
        item_put(out, indicator, i, "        ");
    buffer_put(out, BYTES("      </Indicator>\n"));
}

static int openioc_write(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left)
{
    struct buffer ids = {0};
    uint32_t left = 0;
    for (uint32_t i = 0; i < set->count; i++)
        buffer_put(&ids, set->items[i].id);
    struct bytes name = set->count ? buffer_bytes(&ids) : BYTES("");
    buffer_put(out, BYTES("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                          "<OpenIOC xmlns=\"http://openioc.org/schemas/OpenIOC_1.1\" id=\""));
    share_put_uuid(out, "openioc", name);
    buffer_put(out, BYTES("\">\n  <metadata>\n    <short_description>"));
    share_put_xml(out, set->count ? set->items[0].family : BYTES("none"));
    buffer_put(out, BYTES("</short_description>\n    <authored_by>Hinomi</authored_by>\n"
                          "  </metadata>\n  <criteria>\n    <Indicator id=\""));
    share_put_uuid(out, "any", name);
    buffer_put(out, BYTES("\" operator=\"OR\">\n"));
    for (uint32_t i = 0; i < set->count; i++) {
        if (known(&set->items[i]))
            indicator_put(out, &set->items[i]);
        else
            left++;
    }
    buffer_put(out, BYTES("    </Indicator>\n  </criteria>\n</OpenIOC>\n"));
    out->failed |= ids.failed;
    buffer_finish(&ids);
    *ret_left = left;
    return out->failed ? -ENOMEM : 0;
}

const struct exporter share_openioc = {"openioc", "an OpenIOC 1.1 document (XML)", openioc_write};
