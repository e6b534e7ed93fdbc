#include "detect/attack.h"

struct named_technique {
    struct bytes name; /* lower case */
    const char *technique;
};

static const struct named_technique programs[] = {
    {BYTES("powershell.exe"), "T1059.001"},
    {BYTES("pwsh.exe"), "T1059.001"},
    {BYTES("cmd.exe"), "T1059.003"},
    {BYTES("wscript.exe"), "T1059.005"},
    {BYTES("cscript.exe"), "T1059.005"},
    {BYTES("bash"), "T1059.004"},
    {BYTES("sh"), "T1059.004"},
    {BYTES("python.exe"), "T1059.006"},
    {BYTES("mshta.exe"), "T1218.005"},
    {BYTES("rundll32.exe"), "T1218.011"},
    {BYTES("regsvr32.exe"), "T1218.010"},
    {BYTES("msiexec.exe"), "T1218.007"},
    {BYTES("wmic.exe"), "T1047"},
    {BYTES("wmiprvse.exe"), "T1047"},
    {BYTES("schtasks.exe"), "T1053.005"},
    {BYTES("at.exe"), "T1053.002"},
    {BYTES("sc.exe"), "T1543.003"},
    {BYTES("reg.exe"), "T1112"},
    {BYTES("whoami.exe"), "T1033"},
    {BYTES("quser.exe"), "T1033"},
    {BYTES("systeminfo.exe"), "T1082"},
    {BYTES("hostname.exe"), "T1082"},
    {BYTES("net.exe"), "T1087"},
    {BYTES("net1.exe"), "T1087"},
    {BYTES("nltest.exe"), "T1482"},
    {BYTES("dsquery.exe"), "T1087.002"},
    {BYTES("tasklist.exe"), "T1057"},
    {BYTES("ipconfig.exe"), "T1016"},
    {BYTES("route.exe"), "T1016"},
    {BYTES("arp.exe"), "T1018"},
    {BYTES("ping.exe"), "T1018"},
    {BYTES("netstat.exe"), "T1049"},
    {BYTES("netsh.exe"), "T1562.004"},
    {BYTES("procdump.exe"), "T1003.001"},
    {BYTES("procdump64.exe"), "T1003.001"},
    {BYTES("ntdsutil.exe"), "T1003.003"},
    {BYTES("vssadmin.exe"), "T1490"},
    {BYTES("wbadmin.exe"), "T1490"},
    {BYTES("bcdedit.exe"), "T1490"},
    {BYTES("wevtutil.exe"), "T1070.001"},
    {BYTES("certutil.exe"), "T1105"},
    {BYTES("bitsadmin.exe"), "T1197"},
    {BYTES("curl.exe"), "T1105"},
    {BYTES("scp.exe"), "T1021.004"},
    {BYTES("ssh.exe"), "T1021.004"},
    {BYTES("psexec.exe"), "T1569.002"},
    {BYTES("psexesvc.exe"), "T1569.002"},
    {BYTES("winrs.exe"), "T1021.006"},
    {BYTES("wsmprovhost.exe"), "T1021.006"},
    {BYTES("mstsc.exe"), "T1021.001"},
    {BYTES("tar.exe"), "T1560.001"},
    {BYTES("makecab.exe"), "T1560.001"},
    {BYTES("rar.exe"), "T1560.001"},
    {BYTES("7z.exe"), "T1560.001"},
    {BYTES("esentutl.exe"), "T1003.003"},
    {BYTES("comsvcs.dll"), "T1003.001"},
};

static const char *technique_of_program(struct bytes path)
{
    struct canonical lower;
    canonical_exact(path, &lower);
    struct bytes name = bytes_base_name(canonical_bytes(&lower));
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (bytes_equal(programs[i].name, name))
            return programs[i].technique;
    return NULL;
}

static const char *technique_of_start(const struct evidence *evidence)
{
    const char *technique = technique_of_program(bytes_of(evidence->object));
    if (!technique && evidence->facts & FACT_DROP_PLACE)
        technique = "T1204.002";
    return technique;
}

static const char *technique_of_door(const struct evidence *evidence)
{
    if (!evidence->inner)
        return "T1071";
    switch (evidence->port) {
    case 22:
        return "T1021.004";
    case 135:
        return "T1047";
    case 139:
    case 445:
        return "T1021.002";
    case 3389:
        return "T1021.001";
    case 5985:
    case 5986:
        return "T1021.006";
    default:
        return evidence->port == 80 || evidence->port == 443 ? "T1071.001" : "T1071";
    }
}

static const char *technique_of_key(const struct evidence *evidence)
{
    struct canonical lower;
    canonical_exact(bytes_of(evidence->object), &lower);
    struct bytes key = canonical_bytes(&lower);
    if (!(evidence->facts & FACT_AUTOSTART))
        return NULL;
    if (memmem(key.at, key.len, "\\run", 4))
        return "T1547.001";
    if (memmem(key.at, key.len, "\\services\\", 10))
        return "T1543.003";
    if (memmem(key.at, key.len, "taskcache", 9))
        return "T1053.005";
    if (memmem(key.at, key.len, "image file execution", 20))
        return "T1546.012";
    return "T1547";
}

const char *attack_of(const struct evidence *evidence)
{
    switch (evidence->type) {
    case RELATION_START:
    case RELATION_COMMAND:
        return technique_of_start(evidence);
    case RELATION_ORIGIN:
    case RELATION_SCRIPT:
        return "T1059";
    case RELATION_DROP:
        return evidence->facts & FACT_AUTOSTART ? "T1547.001" : "T1105";
    case RELATION_FILE:
        return evidence->facts & FACT_CREDENTIALS ? "T1003" : NULL;
    case RELATION_MODULE:
        return evidence->facts & FACT_DROP_PLACE ? "T1574.002" : NULL;
    case RELATION_NETWORK:
    case RELATION_HOST:
        return technique_of_door(evidence);
    case RELATION_REGISTRY:
        return technique_of_key(evidence);
    case RELATION_SERVICE:
        return evidence->category == CATEGORY_task ? "T1053.005" : "T1543.003";
    case RELATION_PROCESS:
        if (evidence->action == ACTION_inject)
            return "T1055";
        return evidence->facts & FACT_CREDENTIALS ? "T1003.001" : NULL;
    default:
        return NULL;
    }
}
