/* Every coding, codings in codings, and every place a sender controls. */
#include "../request.h"

#include "triage/decode/layer.h"
#include "triage/decode/place.h"

static bool unfolds_to(struct bytes raw, const char *text)
{
    struct arena arena = {0};
    struct layers layers;
    bool found = false;
    assert_int_equal(layers_unfold(raw, &arena, &layers), 0);
    assert_true(bytes_equal(layers.items[0].text, raw));
    for (uint32_t i = 0; i < layers.count; i++)
        found = found || bytes_equal(layers.items[i].text, bytes_of(text));
    arena_finish(&arena);
    return found;
}

static void each_coding_is_undone(void **state)
{
    (void)state;
    static const struct {
        struct bytes raw;
        const char *text;
    } rows[] = {
        {BYTES("a%3Bid"), "a;id"},
        {BYTES("a%u003bid"), "a;id"},
        {BYTES("cat+/etc%2Fpasswd"), "cat /etc/passwd"},
        {BYTES("Y2F0IC9ldGMvcGFzc3dk"), "cat /etc/passwd"},
        {BYTES("PHNjcmlwdD4_Pj4-"), "<script>?>>>"}, /* the URL alphabet */
        {BYTES("d2hvYW1pIC9hbGw"), "whoami /all"},   /* no padding */
        {BYTES("dwBoAG8AYQBtAGkA"), "whoami"},       /* UTF-16, as PowerShell has it */
        {BYTES("0x636174202f657463"), "cat /etc"},
        {BYTES("\\x63\\x61\\x74\\x20\\x2f"), "cat /"},
        {BYTES("&lt;b&#62;&#x41;"), "<b>A"},
        {BYTES("\\u003cb\\u003e\\n"), "<b>\n"},
        {BYTES("+ADw-b+AD4-"), "<b>"},
        {BYTES("..\xc0\xaf..\xe0\x80\xaf"), "../../"},
        {BYTES("%253Cb%253E"), "<b>"},
        {BYTES("JTNDc2NyaXB0JTNF"), "<script>"},
        {BYTES("%26lt%3Bb%26gt%3B"), "<b>"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (!unfolds_to(rows[i].raw, rows[i].text))
            fail_msg("%.*s is not %s", (int)rows[i].raw.len, rows[i].raw.at, rows[i].text);
}

static void broken_codings_stay_what_they_are(void **state)
{
    (void)state;
    static const struct bytes rows[] = {BYTES("100%"),  BYTES("%zz%4"), BYTES("&nothing;&#0;&#x;"),
                                        BYTES("\\q\\"), BYTES("a-b"),   BYTES("+AD"),
                                        BYTES("\xc0")};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena arena = {0};
        struct layers layers;
        assert_int_equal(layers_unfold(rows[i], &arena, &layers), 0);
        for (uint32_t j = 1; j < layers.count; j++)
            assert_int_equal(layers.items[j].coding, CODING_form); /* a plus is a space */
        arena_finish(&arena);
    }
}

/* Percent signs around percent signs, deeper than anybody follows. */
static void nesting_is_bounded_and_said(void **state)
{
    (void)state;
    char text[LAYER_DEPTH * 4 + 16] = "%";
    struct arena arena = {0};
    struct layers layers;
    for (int i = 0; i < LAYER_DEPTH + 4; i++)
        strcat(text, "25");
    strcat(text, "3b");
    assert_int_equal(layers_unfold(bytes_of(text), &arena, &layers), 0);
    assert_true(layers.cut);
    assert_true(layers.count <= LAYERS);
    arena_finish(&arena);
}

static void the_way_to_a_layer_is_told(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct layers layers;
    bool found = false;
    assert_int_equal(layers_unfold(BYTES("JTNDc2NyaXB0JTNF"), &arena, &layers), 0);
    for (uint32_t i = 0; i < layers.count; i++)
        found = found || bytes_equal(layer_path(&layers, i, &arena), BYTES("base64 > percent"));
    assert_true(found);
    arena_finish(&arena);
}

static void places_expect(const struct request *request, const char *text)
{
    struct arena arena = {0};
    struct places places;
    struct buffer out = {0};
    assert_int_equal(places_find(&request->exchange, &arena, &places), 0);
    for (uint32_t i = 0; i < places.count; i++) {
        buffer_put(&out, place_label(&places.items[i], &arena));
        buffer_put_char(&out, '=');
        buffer_put(&out, places.items[i].value);
        buffer_put_char(&out, '\n');
    }
    buffer_put_char(&out, 0);
    assert_string_equal(out.at, text);
    buffer_finish(&out);
    arena_finish(&arena);
}

static void every_place_is_found(void **state)
{
    (void)state;
    struct request request;
    request_make(&request, "GET", "/a/b.php?x=1&y=%3B&&z", "Cookie: s=1; t=a=b", NULL, NULL);
    places_expect(&request, "path=/a/b.php\nquery:x=1\nquery:y=%3B\nquery=z\ncookie:s=1\n"
                            "cookie:t=a=b\n");
    request_make(&request, "POST", "/f", "Content-Type: application/x-www-form-urlencoded",
                 "a=1&b=2", NULL);
    places_expect(&request, "path=/f\nform:a=1\nform:b=2\nbody=a=1&b=2\n");
    request_make(&request, "POST", "/j", "Content-Type: application/json",
                 "{\"a\": \"x\\u003by\", \"b\": [\"c\", \"d\\\"e\"], \"broken", NULL);
    places_expect(&request, "path=/j\njson:a=x;y\njson:b=c\njson:b=d\"e\njson:b=broken\n");
    request_make(
        &request, "POST", "/m", "Content-Type: multipart/form-data; boundary=\"X\"",
        "--X\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n"
        "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g.png\"\r\n\r\nw\r\n"
        "--X--\r\n",
        NULL);
    places_expect(&request, "path=/m\npart:n=v\npart:f=w\npart:filename=g.png\n");
    request_make(&request, "GET", "/", "Authorization: Basic YTpi", NULL, NULL);
    places_expect(&request, "path=/\nheader:Authorization=YTpi\n");
    request_make(&request, "GET", "/", "X-Api: $(id)", NULL, NULL);
    places_expect(&request, "path=/\nheader:X-Api=$(id)\n");
    request_make(&request, "", "", NULL, "raw", NULL);
    request.exchange.protocol = EXCHANGE_other;
    places_expect(&request, "stream=raw\n");
    request_make(&request, "", NULL, NULL, NULL, NULL);
    places_expect(&request, "");
}

static void too_many_places_are_counted(void **state)
{
    (void)state;
    struct buffer target = {0};
    struct places places;
    struct request request;
    struct arena arena = {0};
    buffer_put(&target, BYTES("/?"));
    for (int i = 0; i < 2 * PLACES; i++)
        buffer_put(&target, BYTES("a=b&"));
    buffer_put_char(&target, 0);
    request_make(&request, "GET", target.at, NULL, NULL, NULL);
    assert_int_equal(places_find(&request.exchange, &arena, &places), 0);
    assert_int_equal(places.count, PLACES);
    assert_int_equal(places.dropped, PLACES + 1);
    buffer_finish(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coding_is_undone),
        cmocka_unit_test(broken_codings_stay_what_they_are),
        cmocka_unit_test(nesting_is_bounded_and_said),
        cmocka_unit_test(the_way_to_a_layer_is_told),
        cmocka_unit_test(every_place_is_found),
        cmocka_unit_test(too_many_places_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
