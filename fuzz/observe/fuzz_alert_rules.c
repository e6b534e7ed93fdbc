/*
 * Lines against rules with every kind of part that looks far: what a rule says is no longer than
 * the line, and a line that no rule describes leaves the alert as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/alert/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static const char base[] = "version=2\n"
                           "type=@pair:%name:char-to:=%=%value:quoted-string%\n"
                           "rule=a:ip %src_ip:ipv4% %dst_ip:ipv6% %proto:char-sep:;%;%user:rest%\n"
                           "rule=b:date %date:date-rfc3164%: %msg:string-to:end%end\n"
                           "rule=c:date %date:date-rfc5424% %source_port:number%\n"
                           "rule=d:json %a:json%\n"
                           "rule=e:cef %a:cef%\n"
                           "rule=f:name %a:name-value-list%\n"
                           "rule=g:v2 %a:v2-iptables%\n"
                           "rule=h:quoted %rule_name:op-quoted-string% %severity:hexnumber%\n"
                           "rule=i:list %{\"name\":\"n\",\"type\":\"repeat\",\"parser\":{\"name\":"
                           "\"x\",\"type\":\"number\"},\"while\":{\"type\":\"literal\",\"text\":"
                           "\",\"}}%\n"
                           "rule=j:linfo %a:cisco-interface-spec% %b:duration% %c:mac48%\n"
                           "rule=k:checkpoint %a:checkpoint-lea%\n";

static struct alert_rules *rules_make(void)
{
    char path[64];
    struct alert_rules *rules;
    int descriptor = memfd_create("rules", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, base, sizeof(base) - 1) != (ssize_t)sizeof(base) - 1)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (alert_rules_load(path, &rules))
        abort();
    close(descriptor);
    return rules;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct alert_rules *rules;
    struct alert_batch batch = {0};
    if (!rules)
        rules = rules_make();
    struct alert *alert = alert_batch_add(&batch, (struct event_id){1, 0});
    if (!alert)
        abort();
    enum alert_reason reason =
        alert_rules_apply(rules, (struct bytes){(const char *)at, length}, &batch, alert, 0);
    if (reason == ALERT_REASON_unknown && (alert->category.len || alert->rule_name.len))
        abort();
    if (alert->severity > 4 || alert->message.len > length)
        abort();
    alert_batch_finish(&batch);
    return 0;
}
