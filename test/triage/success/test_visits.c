/* Which harmless pages say that a place shows something, and which that it shows nothing. */
#include "../request.h"

#include "base/hash.h"
#include "triage/success/verdict.h"

static struct visit visit_of(struct arena *arena, const char *target, const char *page)
{
    struct request request;
    struct visit visit;
    request_make(&request, "GET", target, NULL, NULL, page);
    assert_int_equal(visit_make(&request.exchange, bytes_of(page), arena, &visit), 0);
    return visit;
}

static uint64_t place(const char *label)
{
    return hash_bytes(bytes_of(label));
}

/* Numbers and the width of blanks are no difference, words are. */
static void shapes_pass_over_numbers(void **state)
{
    (void)state;
    assert_true(page_shape(BYTES("at 12:30, 7 rows")) == page_shape(BYTES("at 9:05,   131 rows")));
    assert_true(page_shape(BYTES("queued")) != page_shape(BYTES("refused")));
    assert_true(page_shape(BYTES("")) != page_shape(BYTES("0")));
}

/* A page that changes with the place shows it; with another place or a cookie of choice, not. */
static void places_vary_by_themselves_only(void **state)
{
    struct arena arena = {0};
    struct visits visits = {0};
    (void)state;
    visits.items[visits.count++] = visit_of(&arena, "/p?host=a&lang=en", "<p>found</p>");
    visits.items[visits.count++] = visit_of(&arena, "/p?host=b&lang=en", "<p>found</p>");
    visits.items[visits.count++] = visit_of(&arena, "/p?host=b&lang=ja", "<p>aru</p>");
    struct visit now = visit_of(&arena, "/p?host=c&lang=en", "<p>found</p>");
    assert_false(visits_vary(&visits, &now, place("query:host")));
    assert_true(visits_same(&visits, &now, place("query:host")));
    assert_true(visits_vary(&visits, &visits.items[2], place("query:lang")));
    visits.items[visits.count++] = visit_of(&arena, "/p?host=d&lang=en", "<p>no such</p>");
    assert_true(visits_vary(&visits, &now, place("query:host")));
    assert_false(visits_same(&visits, &now, place("query:host")));
    arena_finish(&arena);
}

/* Numbers count when the page is known to hold them still. */
static void steady_pages_vary_by_numbers(void **state)
{
    struct arena arena = {0};
    struct visits visits = {0};
    (void)state;
    visits.items[visits.count++] = visit_of(&arena, "/p?n=1", "worth 10");
    visits.items[visits.count++] = visit_of(&arena, "/p?n=2", "worth 20");
    assert_false(visits_vary(&visits, &visits.items[0], place("query:n")));
    visits.items[visits.count++] = visit_of(&arena, "/p?n=1", "worth 10");
    assert_true(visits_vary(&visits, &visits.items[0], place("query:n")));
    visits.items[visits.count++] = visit_of(&arena, "/p?n=1", "worth 11"); /* it was a clock */
    assert_false(visits_vary(&visits, &visits.items[0], place("query:n")));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_pass_over_numbers),
        cmocka_unit_test(places_vary_by_themselves_only),
        cmocka_unit_test(steady_pages_vary_by_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
