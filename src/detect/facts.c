#include "detect/facts.h"

static bool contains(struct bytes text, struct bytes part)
{
    return part.len <= text.len && memmem(text.at, text.len, part.at, part.len) != NULL;
}

static bool among(struct bytes name, const struct bytes *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name, list[i]))
            return true;
    return false;
}

static bool any_part(struct bytes text, const struct bytes *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (contains(text, list[i]))
            return true;
    return false;
}

#define AMONG(name, list)    among(name, list, sizeof(list) / sizeof((list)[0]))
#define ANY_PART(text, list) any_part(text, list, sizeof(list) / sizeof((list)[0]))

unsigned facts_of_file(struct bytes path)
{
    static const struct bytes drop_places[] = {
        BYTES("\\downloads\\"),  BYTES("\\desktop\\"), BYTES("c:\\users\\public\\"),
        BYTES("c:\\perflogs\\"), BYTES("c:\\temp\\"),  BYTES("c:\\$recycle.bin\\"),
        BYTES("\\dev\\shm\\"),
    };
    static const struct bytes temporary[] = {
        BYTES("\\appdata\\local\\temp\\"),
        BYTES("c:\\windows\\temp\\"),
        BYTES("\\tmp\\"),
    };
    static const struct bytes autostart[] = {
        BYTES("\\start menu\\programs\\startup\\"),
        BYTES("c:\\windows\\system#\\tasks\\"),
        BYTES("\\etc\\cron"),
        BYTES("\\systemd\\system\\"),
        BYTES("\\.ssh\\authorized_keys"),
    };
    static const struct bytes credentials[] = {
        BYTES("\\config\\sam"),
        BYTES("\\ntds.dit"),
        BYTES("\\etc\\shadow"),
        BYTES("lsass.dmp"),
    };
    return (ANY_PART(path, drop_places) ? FACT_DROP_PLACE : 0u) |
           (ANY_PART(path, temporary) ? FACT_TEMPORARY : 0u) |
           (ANY_PART(path, autostart) ? FACT_AUTOSTART : 0u) |
           (ANY_PART(path, credentials) ? FACT_CREDENTIALS : 0u);
}

unsigned facts_of_program(struct bytes program)
{
    static const struct bytes sessions[] = {
        BYTES("explorer.exe"),
        BYTES("services.exe"),
        BYTES("svchost.exe"),
        BYTES("wininit.exe"),
        BYTES("winlogon.exe"),
        BYTES("userinit.exe"),
        BYTES("smss.exe"),
        BYTES("system"),
        BYTES("csrss.exe"),
        BYTES("lsass.exe"),
        BYTES("sihost.exe"),
        BYTES("taskeng.exe"),
        BYTES("wmiprvse.exe"),
        BYTES("systemd"),
        BYTES("init"),
        BYTES("sshd"),
        BYTES("runtimebroker.exe"),
        BYTES("cron"),
        BYTES("launchd"),
    };
    static const struct bytes interpreters[] = {
        BYTES("powershell.exe"), BYTES("pwsh.exe"),  BYTES("cmd.exe"),     BYTES("wscript.exe"),
        BYTES("cscript.exe"),    BYTES("mshta.exe"), BYTES("rundll#.exe"), BYTES("regsvr#.exe"),
        BYTES("python.exe"),     BYTES("bash"),      BYTES("sh"),          BYTES("python#"),
        BYTES("perl"),           BYTES("wmic.exe"),
    };
    struct bytes name = bytes_base_name(program);
    return (AMONG(name, sessions) ? FACT_SESSION : 0u) |
           (AMONG(name, interpreters) ? FACT_INTERPRETER : 0u) |
           (bytes_equal(name, BYTES("lsass.exe")) ? FACT_CREDENTIALS : 0u) |
           (facts_of_file(program) & (FACT_DROP_PLACE | FACT_TEMPORARY));
}

unsigned facts_of_key(struct bytes key)
{
    static const struct bytes autostart[] = {
        BYTES("\\currentversion\\run\\"),
        BYTES("\\currentversion\\runonce\\"),
        BYTES("\\currentversion\\runservices"),
        BYTES("\\policies\\explorer\\run\\"),
        BYTES("\\winlogon\\shell"),
        BYTES("\\winlogon\\userinit"),
        BYTES("\\image file execution options"),
        BYTES("\\schedule\\taskcache\\tree"),
        BYTES("\\currentversion\\windows\\appinit_dlls"),
        BYTES("\\microsoft\\active setup\\installed components"),
        BYTES("\\control\\lsa\\security packages"),
        BYTES("\\control\\session manager\\bootexecute"),
    };
    return ANY_PART(key, autostart) ||
                   (contains(key, BYTES("\\services\\")) &&
                    (bytes_end(key, BYTES("\\imagepath")) || bytes_end(key, BYTES("\\servicedll"))))
               ? FACT_AUTOSTART
               : 0u;
}
