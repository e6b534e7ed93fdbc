/*
 * A model learned from a table tells rows it has not seen, judges an application by its reader's
 * names as the row that says the same, gives the reasons, and comes back bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "analyse/android/app_evaluate.h"
#include "base/random.h"

enum { ROWS = 240 };

/* Malicious ones mostly send messages, run commands and promise what is free. */
static void table_write(struct buffer *out)
{
    struct random random = {9};
    buffer_put(out, BYTES("Signature\tdescription\tpermissions\tlabel\n"));
    for (uint32_t i = 0; i < ROWS; i++) {
        bool bad = i % 3 == 0;
        buffer_put_format(out, "signer%u\t%s wallpaper number%u\tINTERNET", i / 2 * 2 + bad,
                          random_unit(&random) < (bad ? 0.8 : 0.2) ? "free ringtones" : "nice",
                          random_below(&random, 9));
        if (random_unit(&random) < (bad ? 0.9 : 0.1))
            buffer_put(out, BYTES(",SEND_SMS"));
        if (random_unit(&random) < (bad ? 0.8 : 0.15))
            buffer_put(out, BYTES(",READ_LOGS"));
        if (random_unit(&random) < 0.5)
            buffer_put(out, BYTES(",VIBRATE"));
        buffer_put_format(out, "\t%s\n", bad ? "malware" : "benignware");
    }
}

static struct app_table table;
static struct app_model *model;

static int model_make(void **state)
{
    struct buffer text = {0};
    struct fault fault;
    (void)state;
    table_write(&text);
    int error = app_table_add(&table, buffer_bytes(&text), &fault);
    buffer_finish(&text);
    return error ? error : app_model_fit(&table, 1, NULL, &model);
}

static int model_drop(void **state)
{
    (void)state;
    app_model_close(model);
    app_table_finish(&table);
    return 0;
}

static void rows_not_seen_are_told(void **state)
{
    static struct app_judged judged[ROWS];
    struct app_figures figures;
    (void)state;
    assert_int_equal(app_evaluate_folds(&table, 1, NULL, judged), 0);
    assert_int_equal(app_evaluate_figures(&table, judged, 0, LEARNERS, &figures), 0);
    assert_int_equal(figures.rows, ROWS);
    assert_int_equal(figures.malicious, ROWS / 3);
    assert_true(figures.area > 0.9);
    assert_true(figures.right > ROWS * 85 / 100);
    assert_true(figures.brier < 0.13);
}

static void chance_teaches_nothing(void **state)
{
    static struct app_judged judged[ROWS];
    struct app_figures figures;
    struct app_table mixed = {0};
    struct random random = {4};
    (void)state;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct bytes names[4], all[] = {BYTES("permission:A"), BYTES("permission:B"),
                                        BYTES("permission:C"), BYTES("permission:D")};
        uint32_t count = 0;
        for (uint32_t j = 0; j < 4; j++)
            if (random_unit(&random) < 0.5)
                names[count++] = all[j];
        assert_int_equal(app_table_put(&mixed, names, count, i % 2, i + 1), 0);
    }
    assert_int_equal(app_evaluate_folds(&mixed, 1, NULL, judged), 0);
    assert_int_equal(app_evaluate_figures(&mixed, judged, 0, LEARNERS, &figures), 0);
    assert_true(figures.area > 0.35 && figures.area < 0.65);
    app_table_finish(&mixed);
}

static const struct bytes bad_names[] = {BYTES("permission:android.permission.SEND_SMS"),
                                         BYTES("permission:android.permission.READ_LOGS"),
                                         BYTES("permission:android.permission.INTERNET"),
                                         BYTES("permission:never.heard.of.IT"),
                                         BYTES("permission:other.package.SEND_SMS")};
static const struct app_facts bad_facts = {
    bad_names, 5, BYTES("FREE ringtones, wallpaper"), {NULL, 0}};

static void an_application_is_judged_as_its_row(void **state)
{
    static struct app_judged judged[ROWS];
    struct app_judgement judgement;
    struct app_table one = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(app_table_add(&one,
                                   BYTES("Signature\tdescription\tpermissions\tlabel\n"
                                         "x\tFREE ringtones, wallpaper\tREAD_LOGS,INTERNET,"
                                         "SEND_SMS,never.heard.of.IT\tmalware\n"),
                                   &fault),
                     0);
    assert_int_equal(app_evaluate_model(&one, model, judged), 0);
    assert_int_equal(app_model_judge(model, &bad_facts, &judgement), 0);
    assert_true(fabs(judgement.log_odds - judged[0].odds) < 1e-4);
    assert_true(judgement.probability > 0.5);
    assert_int_equal(judgement.known, 6);
    app_table_finish(&one);
    static const struct bytes names[] = {BYTES("permission:android.permission.INTERNET"),
                                         BYTES("permission:android.permission.VIBRATE")};
    const struct app_facts good = {names, 2, BYTES("nice wallpaper"), {NULL, 0}};
    assert_int_equal(app_model_judge(model, &good, &judgement), 0);
    assert_true(judgement.probability < 0.5);
    const struct app_facts nothing = {NULL, 0, {NULL, 0}, {NULL, 0}};
    assert_int_equal(app_model_judge(model, &nothing, &judgement), 0);
    assert_true(isfinite(judgement.log_odds) && judgement.known == 0);
}

static void the_reasons_are_those_that_tell(void **state)
{
    struct app_reason reasons[3];
    uint32_t count;
    (void)state;
    assert_int_equal(app_model_explain(model, &bad_facts, 3, reasons, &count), 0);
    assert_int_equal(count, 3);
    assert_true(bytes_equal(reasons[0].name, bad_names[0]));
    assert_true(reasons[0].weight > 0 && !reasons[0].word);
    for (uint32_t i = 1; i < count; i++)
        assert_true(fabs(reasons[i].weight) <= fabs(reasons[i - 1].weight));
}

static void survives_saving(void **state)
{
    struct buffer saved = {0}, twice = {0};
    struct app_model *again, *none;
    struct app_judgement one, other;
    (void)state;
    app_model_save(model, &saved);
    struct cursor from = cursor_over(buffer_bytes(&saved));
    assert_int_equal(app_model_load(&from, &again), 0);
    app_model_save(again, &twice);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&twice)));
    assert_int_equal(app_model_judge(model, &bad_facts, &one), 0);
    assert_int_equal(app_model_judge(again, &bad_facts, &other), 0);
    assert_true(fabs(one.log_odds - other.log_odds) == 0);
    for (size_t len = 0; len < saved.len; len += 499) {
        from = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(app_model_load(&from, &none), -EBADMSG);
    }
    app_model_close(again);
    buffer_finish(&twice);
    assert_int_equal(app_model_fit(&table, 1, NULL, &again), 0);
    app_model_save(again, &twice);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&twice))); /* learned anew */
    app_model_close(again);
    buffer_finish(&saved);
    buffer_finish(&twice);
}

static void too_little_is_refused(void **state)
{
    struct app_table little = {0};
    struct app_model *none;
    struct fault fault;
    (void)state;
    assert_int_equal(app_model_fit(&little, 1, NULL, &none), -ENODATA);
    assert_int_equal(app_table_add(&little, BYTES("a,b,class\n1,0,S\n0,1,S\n1,1,B\n"), &fault), 0);
    assert_int_equal(app_model_fit(&little, 1, NULL, &none), -ENODATA);
    app_table_finish(&little);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_not_seen_are_told),
        cmocka_unit_test(chance_teaches_nothing),
        cmocka_unit_test(an_application_is_judged_as_its_row),
        cmocka_unit_test(the_reasons_are_those_that_tell),
        cmocka_unit_test(survives_saving),
        cmocka_unit_test(too_little_is_refused),
    };
    return cmocka_run_group_tests(tests, model_make, model_drop);
}
