/*
 * analyse/android/app_names.h -- one thing, as tables of applications and readers of them name it.
 *
 * Tables shorten: "SEND_SMS" is a permission, "TelephonyManager.getDeviceId" a call,
 * "Ljavax.crypto.Cipher" a class, "abortBroadcast" a method of whatever class, "/system/bin" a
 * text. Each such name has one key. What a reader found, told by its full name with its kind in
 * front (app_model.h), has every key that a table may have it under: the call of
 * android/telephony/TelephonyManager;->getDeviceId is
 * "android.telephony.TelephonyManager.getDeviceId", "TelephonyManager.getDeviceId",
 * "android.telephony.TelephonyManager", "TelephonyManager" and "getDeviceId".
 */
#ifndef ANALYSE_ANDROID_APP_NAMES_H
#define ANALYSE_ANDROID_APP_NAMES_H

#include "base/buffer.h"

enum { APP_NAME_KEYS = 16 /* of one name; a long text has more words than that */ };

/* The keys of a name, the most precise first, each a part of `text`. */
struct app_keys {
    struct buffer text;
    uint32_t starts[APP_NAME_KEYS], lengths[APP_NAME_KEYS];
    uint32_t count;
};

/* Overwrites `keys`, whose memory is kept; -ENOMEM. A name without a kind has the key of a table's
 * column. */
int app_keys_make(struct app_keys *keys, struct bytes name) __attribute__((warn_unused_result));

static inline struct bytes app_keys_at(const struct app_keys *keys, uint32_t i)
{
    return (struct bytes){keys->text.at + keys->starts[i], keys->lengths[i]};
}

void app_keys_finish(struct app_keys *keys);

#endif
