/*
 * analyse/android/app_model.h -- how likely an application is malicious, and what says so.
 *
 * A model is learned from tables of applications of which it is known (app_table.h): what each asks
 * for and calls, by name, and what its market says of it. Names that few have are left out, the
 * others ranked by what they tell (mutual information). Four learners look at the same rows: a
 * plane over all names and words of the description (learn/linear_svm.h), a support vector machine
 * with a radial kernel, a perceptron and boosted trees over the best names and the topics of the
 * description. Parts of the rows are judged by learners that saw none of their group; that makes
 * their scores probabilities, and decides which of the learners are heard: those whose mean finds
 * the most at few false alarms.
 *
 * An application itself is judged by the same model: what a reader found in it, by names such as
 *
 *     permission:android.permission.SEND_SMS              it asks for
 *     intent:android.intent.action.BOOT_COMPLETED         it listens to or sends
 *     api:android/telephony/SmsManager;->sendTextMessage  its code calls
 *     class:android/os/IBinder                            its code names
 *     method:onBind                                       it has
 *     string:/system/bin/su                               stands in its code
 *     market:Min_SDK=9                                    its market says
 *
 * A table's columns name the same things in other ways ("SEND_SMS", "SmsManager",
 * "TelephonyManager.getDeviceId", "chmod"): app_names.h says how they meet.
 */
#ifndef ANALYSE_ANDROID_APP_MODEL_H
#define ANALYSE_ANDROID_APP_MODEL_H

#include "base/buffer.h"
#include "base/cursor.h"

enum {
    APP_MODEL_REASONS = 64,   /* most, of one explanation */
    APP_MODEL_NAMES = 1 << 18 /* of one application that are looked at; what is beyond counts not */
};

/* What is known of one application. Names in any order, any number of times. */
struct app_facts {
    const struct bytes *names;
    uint32_t count;
    struct bytes description, category; /* of its market, UTF-8; empty: not known */
};

struct app_judgement {
    double probability; /* that it is malicious, [0,1] */
    double log_odds;    /* the same, without being rounded near 0 and 1 */
    uint32_t known;     /* names and words that the model knows */
};

/* What the log odds would lose were this not there; below 0: what it holds down. */
struct app_reason {
    struct bytes name; /* as the facts gave it, or a word; a part of the facts */
    bool word;
    double weight;
};

struct app_model;

/* -ENOMEM. */
int app_model_judge(const struct app_model *model, const struct app_facts *facts,
                    struct app_judgement *ret_judgement) __attribute__((warn_unused_result));

/*
 * What decided: at most `most` (<= APP_MODEL_REASONS) reasons, the heaviest first, of either sign.
 * Each is found by judging again without it and all that the model knows it for; what the model
 * knows by several names is told by the first. -ENOMEM.
 */
int app_model_explain(const struct app_model *model, const struct app_facts *facts, uint32_t most,
                      struct app_reason *ret_reasons, uint32_t *ret_count)
    __attribute__((warn_unused_result));

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void app_model_save(const struct app_model *model, struct buffer *out);
int app_model_load(struct cursor *from, struct app_model **ret_model)
    __attribute__((warn_unused_result));

void app_model_close(struct app_model *model);

#endif
