/* Any bytes as a model: refused, or one that judges, and is saved as one that judges the same. */
#include <math.h>
#include <stdlib.h>

#include "analyse/android/app_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const struct bytes names[] = {{"permission:android.permission.SEND_SMS", 38},
                                         {"api:android/telephony/SmsManager;->sendTextMessage", 50},
                                         {"string:/system/bin/su -c mount", 30}};
    static const struct app_facts facts = {names, 3, {"free sms ringtones free", 24}, {"GAME", 4}};
    struct app_model *model, *again;
    struct app_judgement one, other;
    struct app_reason reasons[4];
    uint32_t count;
    struct buffer saved = {0};
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (app_model_load(&from, &model) != 0)
        return 0;
    app_model_save(model, &saved);
    from = cursor_over(buffer_bytes(&saved));
    if (saved.failed || app_model_load(&from, &again) != 0)
        abort();
    if (app_model_judge(model, &facts, &one) != 0 || app_model_judge(again, &facts, &other) != 0 ||
        app_model_explain(model, &facts, 4, reasons, &count) != 0)
        abort();
    if (isnan(one.probability) || one.known != other.known ||
        fabs(one.log_odds - other.log_odds) > 0 || count > 4)
        abort();
    app_model_close(model);
    app_model_close(again);
    buffer_finish(&saved);
    return 0;
}
