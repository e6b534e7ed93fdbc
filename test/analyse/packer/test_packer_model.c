/*
 * Packers made up here, of a routine each: told apart, also with junk in front and bytes
 * overwritten; one that was never learned is unknown; what comes back from its bytes judges the
 * same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "analyse/packer/mutate.h"
#include "analyse/packer/training.h"

enum { PACKERS = 8, EACH = 12, CLEAN = 24, ROUTINE = 300 };

/* Packer p's routine: the same bytes always but four that differ from file to file. */
static void packed_make(struct specimen *specimen, uint32_t packer, struct random *random)
{
    struct random routine = {packer + 100};
    *specimen = (struct specimen){.format = IMAGE_PE,
                                  .machine = 0x14c,
                                  .bits = 32,
                                  .size = 90000,
                                  .entry = 0x3000 + packer,
                                  .entry_section = 1,
                                  .section_count = 2,
                                  .sections = 2,
                                  .imports = 4,
                                  .libraries = 2,
                                  .entropy = 7.8F,
                                  .entry_size = ROUTINE};
    for (uint32_t i = 0; i < ROUTINE; i++)
        specimen->entry_bytes[i] = (uint8_t)(random_next(&routine) >> 56);
    for (int i = 0; i < 4; i++)
        specimen->entry_bytes[20 + i] = (uint8_t)(random_next(random) >> 56);
    for (int i = 0; i < 2; i++) {
        specimen->section[i] = (struct specimen_section){
            .memory = 0x9000, .declared = 0x8000, .flags = 0xe0000060, .entropy = 7.9F};
        memcpy(specimen->section[i].name,
               (char[]){'.', 'p', (char)('A' + packer % 16), (char)('0' + i)}, 4);
    }
}

static void clean_make(struct specimen *specimen, struct random *random)
{
    *specimen = (struct specimen){.format = IMAGE_PE,
                                  .machine = 0x14c,
                                  .bits = 32,
                                  .size = 70000,
                                  .entry = 0x1000 + random_below(random, 0x4000),
                                  .section_count = 2,
                                  .sections = 2,
                                  .libraries = 5,
                                  .imports = 60 + random_below(random, 90),
                                  .entropy = 5.9F,
                                  .entry_size = SPECIMEN_ENTRY};
    for (uint32_t i = 0; i < SPECIMEN_ENTRY; i++)
        specimen->entry_bytes[i] =
            (uint8_t)(random_below(random, 3) ? random_below(random, 40) : 0);
    specimen->section[0] = (struct specimen_section){".text", 0x8000, 0x8000, 0x60000020, 6.2F};
    specimen->section[1] = (struct specimen_section){".data", 0x3000, 0x1000, 0xc0000040, 3.1F};
}

static struct collection {
    struct table_row rows[PACKERS * EACH + CLEAN];
    char names[PACKERS][8], groups[PACKERS * EACH + CLEAN][8];
    struct packer_table table;
    struct extractor extractor;
    struct packer_model model;
} all;

static int collection_make(void **state)
{
    struct random random = {5};
    (void)state;
    all.table.rows = all.rows;
    for (uint32_t packer = 0; packer < PACKERS; packer++)
        snprintf(all.names[packer], sizeof(all.names[packer]), "pack%u", packer);
    for (uint32_t i = 0; i < PACKERS * EACH + CLEAN; i++) {
        struct table_row *row = &all.rows[i];
        snprintf(all.groups[i], sizeof(all.groups[i]), "g%u", i);
        row->group = row->path = bytes_of(all.groups[i]);
        row->packer = i < CLEAN ? BYTES("none") : bytes_of(all.names[i % PACKERS]);
        if (i < CLEAN)
            clean_make(&row->specimen, &random);
        else
            packed_make(&row->specimen, i % PACKERS, &random);
    }
    all.table.count = PACKERS * EACH + CLEAN;
    int error = extractor_open(&all.extractor);
    return error ? error : packer_model_fit(&all.table, 1, &all.model);
}

static int collection_drop(void **state)
{
    (void)state;
    packer_model_finish(&all.model);
    extractor_close(&all.extractor);
    return 0;
}

static const char *judge(const struct specimen *specimen, struct packer_verdict *verdict)
{
    struct features features;
    features_extract(&all.extractor, specimen, &features);
    assert_true(packer_judge(&all.model, specimen, &features, verdict));
    return packer_answer_name(&all.model.worlds[WORLD_PE], verdict);
}

static void packers_are_told_whatever_is_done_to_them(void **state)
{
    struct random random = {99};
    struct packer_verdict verdict;
    struct specimen specimen;
    (void)state;
    for (uint32_t packer = 0; packer < PACKERS; packer++)
        for (uint32_t junk = 0; junk <= 16; junk++) {
            packed_make(&specimen, packer, &random);
            specimen_junk(&specimen, junk, &random);
            specimen_mutate(&specimen, junk % 2 ? 0.3 : 0, &random);
            assert_string_equal(judge(&specimen, &verdict), all.names[packer]);
            assert_true(verdict.confidence > 0.5 && verdict.packed > 0.9);
        }
    for (int i = 0; i < 40; i++) {
        clean_make(&specimen, &random);
        assert_string_equal(judge(&specimen, &verdict), "none");
        assert_true(verdict.packed < 0.1);
    }
}

static void an_unknown_packer_is_unknown(void **state)
{
    struct random random = {123};
    struct packer_verdict verdict;
    struct specimen specimen;
    (void)state;
    for (uint32_t packer = PACKERS; packer < 2 * PACKERS; packer++) {
        packed_make(&specimen, packer + 1000, &random);
        specimen.section[0].name[0] = specimen.section[1].name[0] = 'q';
        assert_string_equal(judge(&specimen, &verdict), "unknown");
        assert_true(verdict.unknown > 0.5 && verdict.packed > 0.9);
    }
}

static void it_comes_back_bit_by_bit(void **state)
{
    struct packer_model again, same;
    struct buffer one = {0}, other = {0};
    struct packer_verdict verdict;
    struct features features;
    (void)state;
    packer_model_save(&all.model, &one);
    assert_int_equal(packer_model_fit(&all.table, 1, &same), 0);
    packer_model_save(&same, &other);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
    packer_model_finish(&same);
    struct cursor from = cursor_over(buffer_bytes(&one));
    assert_int_equal(packer_model_load(&from, &again), 0);
    buffer_clear(&other);
    packer_model_save(&again, &other);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
    packer_model_finish(&again);
    for (size_t len = 0; len < one.len; len += 1009) {
        from = cursor_over((struct bytes){one.at, len});
        assert_int_equal(packer_model_load(&from, &again), -EBADMSG);
    }
    buffer_finish(&one), buffer_finish(&other);
    struct specimen script = {.format = IMAGE_SCRIPT};
    features_extract(&all.extractor, &script, &features);
    assert_false(packer_judge(&all.model, &script, &features, &verdict));
}

/* A row said to be packed that is a clean one byte for byte teaches nothing. */
static void contradictions_are_left_out(void **state)
{
    struct arena arena = {0};
    struct training training;
    struct table_row kept = all.rows[CLEAN];
    (void)state;
    all.rows[CLEAN].specimen = all.rows[0].specimen;
    assert_int_equal(training_make(&all.table, WORLD_PE, 1, &all.extractor, &arena, &training), 0);
    all.rows[CLEAN] = kept;
    assert_true(training.contradictions == 1 && training.classes == PACKERS + 1);
    assert_int_equal(training.count, (all.table.count - 1) * (1 + TRAINING_COPIES));
    arena_finish(&arena);
    all.rows[CLEAN].packer = BYTES("");
    assert_int_equal(training_make(&all.table, WORLD_PE, 1, &all.extractor, &arena, &training),
                     -EINVAL);
    all.rows[CLEAN] = kept;
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packers_are_told_whatever_is_done_to_them),
        cmocka_unit_test(an_unknown_packer_is_unknown),
        cmocka_unit_test(it_comes_back_bit_by_bit),
        cmocka_unit_test(contradictions_are_left_out),
    };
    return cmocka_run_group_tests(tests, collection_make, collection_drop);
}
