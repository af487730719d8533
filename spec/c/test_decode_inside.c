/* SPDX-License-Identifier: Apache-2.0
 * Messages that hold more than they show: JSON in texts, base64, parts with a separator, arrays of
 * messages, what stands in front of the JSON, the connection's address; and what of it is hostile.
 * lint: allow column messages stand as they are. */
#include <zlib.h>

#include "decode_rig.h"
#include "../../src/decode/inside.h"

static void said(rig *r, const char *message, const char *rows)
{
    for (int i = 0; i < 3; i++) {               /* a shape that was learnt would say it again */
        assert_string_equal(rig_text(r, message), rows);
        assert_true(r->rc >= 0);
    }
}

static void refused(rig *r, const char *message, const char *why)
{
    for (int i = 0; i < 3; i++) {
        rig_text(r, message);
        assert_int_equal(r->rc, WICK_E_DATA);
        assert_string_equal(wick_decoder_reason(r->d), why);
    }
}

static void a_text_of_json_is_opened_where_it_stands(void **state)
{
    static const char ROW[] = "A-B,1700000000123000000,7,1.50,2,,live\n";
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    said(r, "{\"ev\":\"t\",\"data\":\"{\\\"s\\\":\\\"A-B\\\",\\\"t\\\":1700000000123,"
            "\\\"p\\\":\\\"1.50\\\",\\\"q\\\":2,\\\"i\\\":7}\"}", ROW);
    said(r, "{\"x\":[[1]],\"data\":\" {\\\"\\u0069\\\":\\\"7\\\",\\\"s\\\":\\\"\\\\u0041-B\\\","
            "\\\"t\\\":1700000000123,\\\"p\\\":1.50,\\\"q\\\":2,\\\"y\\\":[{}]} \",\"z\":{\"a\":{}},"
            "\"ev\":\"t\"}", ROW);
    said(r, "{\"ev\":\"t\",\"data\":{\"s\":\"A-B\",\"t\":1700000000123,\"p\":\"1.50\",\"q\":2,"
            "\"i\":7}}", ROW);
    said(r, "\"{\\\"data\\\":\\\"{\\\\\\\"s\\\\\\\":\\\\\\\"A-B\\\\\\\",\\\\\\\"t\\\\\\\":"
            "1700000000123,\\\\\\\"p\\\\\\\":\\\\\\\"1.50\\\\\\\",\\\\\\\"q\\\\\\\":2,"
            "\\\\\\\"i\\\\\\\":7}\\\",\\\"ev\\\":\\\"t\\\"}\"", ROW);
    said(r, "{\"ev\":\"other\",\"data\":\"no JSON\"}", "");
    refused(r, "{\"ev\":\"t\",\"data\":\"no JSON\"}", "bad-shape");
    refused(r, "{\"ev\":\"other\",\"data\":\"{\"}", "malformed: a key is missing");
    refused(r, "{\"ev\":\"other\",\"data\":\"[1] 2\"}", "malformed: something stands behind the value");
    rig_close(r);
}

static void what_is_in_a_list_is_opened_one_by_one(void **state)
{
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    assert_int_equal(wick_decoder_address(r->d, "wss://h:1/a/X%2dY?n=1&id=q%409#f"), WICK_OK);
    said(r, "{\"data\":{\"more\":[\"{\\\"t\\\":\\\"20231114T221320.1Z\\\",\\\"p\\\":1,\\\"q\\\":2}\","
            "{\"t\":\"20231114 221321\",\"p\":3,\"q\":4},"
            "\"{\\\"q\\\":5,\\\"t\\\":\\\"20231114221320\\\",\\\"p\\\":6}\"]},\"ev\":\"m\"}",
         "X-Y,1700000000100000000,q@9,1,2,,live\nX-Y,1700000001000000000,q@9,3,4,,live\n"
         "X-Y,1700000000000000000,q@9,6,5,,live\n");
    rig_close(r);
}

static void parts_of_a_text_are_a_list(void **state)
{
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    said(r, "{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"A-B\"},{\"name\":\"C-D\",\"id\":2}]}", "");
    said(r, "{\"ev\":\"o\",\"map\":{\"3\":\"E-F\"}}", "");
    said(r, "{\"rows\":[\"b:1700000000123:1:2:9\",\"s:1700000000124:3:4:\"],\"ev\":\"r\",\"no\":2}",
         "C-D,1700000000123000000,9,1,2,buy,live\nC-D,1700000000124000000,,3,4,sell,live\n");
    said(r, "{\"no\":3,\"rows\":[\"\\u0062:1700000000123:1:2:9:x\"],\"ev\":\"r\"}",
         "E-F,1700000000123000000,9,1,2,buy,live\n");
    refused(r, "{\"no\":4,\"rows\":[\"b:1700000000123:1:2:9\"],\"ev\":\"r\"}", "no-symbol");
    refused(r, "{\"no\":1,\"rows\":[\"\"],\"ev\":\"r\"}", "bad-price");
    rig_close(r);
}

static void arrays_of_messages_are_taken_apart(void **state)
{
    static const char ONE[] = "{\"ev\":\"t\",\"data\":{\"s\":\"A-B\",\"t\":1700000000123,\"p\":1,"
                              "\"q\":2,\"i\":%d}}";
    char one[128], two[512];
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    snprintf(one, sizeof one, ONE, 1);
    snprintf(two, sizeof two, "[%s,{\"ev\":\"x\"},%s,[],5]", one, one);
    said(r, two, "A-B,1700000000123000000,1,1,2,,live\nA-B,1700000000123000000,1,1,2,,live\n");
    snprintf(two, sizeof two, "[%s]", one);
    said(r, two, "A-B,1700000000123000000,1,1,2,,live\n");
    said(r, one, "A-B,1700000000123000000,1,1,2,,live\n");
    snprintf(two, sizeof two, "a%s", one);
    said(r, two, "A-B,1700000000123000000,1,1,2,,live\n");
    said(r, "[]", "");
    assert_string_equal(wick_decoder_payload(r->d), "other");
    snprintf(two, sizeof two, "[%s,{\"ev\":\"m\"}]", one);
    refused(r, two, "bad-shape");               /* all of it */
    rig_close(r);
}

static void several_confirmations_in_one_message_are_all_told(void **state)
{
    static const struct { const char *message, *symbols; } CASES[] = {
        {"[{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"A-B\"},{\"id\":2,\"name\":\"C-D\"}]},"
         "{\"ev\":\"n\",\"list\":[{\"id\":3,\"name\":\"E-F\"}]}]", "A-B\nC-D\nE-F"},
        {"[{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"A-B\"}]},{\"ev\":\"n\"}]", "A-B"},
        {"[{\"ev\":\"n\"},{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"A-B\"}]}]", "A-B"},
        {"[{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"A-B\"}]},\"pong\"]", ""}};
    rig *r = rig_open(PLAN_INSIDE, NULL);
    wick_control c;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        said(r, CASES[i].message, "");
        assert_int_equal(wick_decoder_control(r->d, &c), WICK_OK);
        assert_string_equal(c.symbol, CASES[i].symbols);
    }
    rig_close(r);
}

static void text_that_is_no_json_is_known_or_refused(void **state)
{
    rig *r = rig_open(PLAN_INSIDE, NULL);
    wick_control c;

    (void)state;
    said(r, "pong", "");
    assert_int_equal(wick_decoder_control(r->d, &c), WICK_OK);
    assert_string_equal(c.kind, "heartbeat");
    assert_int_equal(c.text_len, 4);
    said(r, "h\n", "");
    said(r, "\"pong\"", "");
    assert_string_equal(wick_decoder_payload(r->d), "session");
    refused(r, "pong\x01", "malformed: not a value");
    refused(r, "ping", "malformed: not a value");
    said(r, "42", "");
    refused(r, "42pong", "malformed: something stands behind the value");
    refused(r, "{pong", "malformed: a key is missing");
    rig_close(r);
}

static void an_address_is_parts(void **state)
{
    static const struct { const char *url, *rows; } CASES[] = {
        {"wss://h/x/A-B?id=1", "A-B,1700000000000000000,1,1,1,,live\n"},
        {"wss://h//x//A-B//?id=", "A-B,1700000000000000000,,1,1,,live\n"},
        {"h/A-B", "A-B,1700000000000000000,,1,1,,live\n"},
        {"wss://h/A-B?id=1&id=2", "A-B,1700000000000000000,2,1,1,,live\n"},
        {"wss://h/A%2DB%zz%2", NULL},           /* as it stands: "A-B%zz%2" fits no pattern, but is one */
        {"wss://h?id=1", ""}, {"wss://h/?id=1", ""}, {"", ""}, {"?", ""}, {"://", ""}, {"a b/A-B", ""}};
    static const char MESSAGE[] =
        "{\"ev\":\"m\",\"data\":{\"more\":[{\"t\":\"20231114221320\",\"p\":1,\"q\":1}]}}";
    char far[ADDRESS_MAX + 16];
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    refused(r, MESSAGE, "no-symbol");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        wick_decoder_address(r->d, CASES[i].url);
        if (!CASES[i].rows)
            said(r, MESSAGE, "A-B%zz%2,1700000000000000000,,1,1,,live\n");
        else if (*CASES[i].rows)
            said(r, MESSAGE, CASES[i].rows);
        else
            refused(r, MESSAGE, "no-symbol");
    }
    memset(far, 'x', sizeof far);
    far[sizeof far - 1] = '\0';
    assert_int_equal(wick_decoder_address(r->d, far), WICK_E_DATA);
    refused(r, MESSAGE, "no-symbol");
    assert_int_equal(wick_decoder_address(r->d, NULL), WICK_E_ARG);
    rig_close(r);
}

/* ---- base64 and what is pressed into it ---- */

static size_t base64(const uint8_t *p, size_t n, char *out)
{
    static const char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;

    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? p[i + 2] : 0);

        out[at++] = names[v >> 18];
        out[at++] = names[v >> 12 & 63];
        out[at++] = i + 1 < n ? names[v >> 6 & 63] : '=';
        out[at++] = i + 2 < n ? names[v & 63] : '=';
    }
    out[at] = '\0';
    return at;
}

static size_t gzip(const void *p, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void base64_is_undone_and_inflated(void **state)
{
    static const char LIST[] = "{\"list\":[{\"t\":1700000000,\"p\":\"5\",\"q\":\"6\"}]}";
    static const char ROW[] = "X-Y,1700000000000000000,,5,6,,live\n";
    uint8_t flat[512];
    char text[1024], message[2048];
    rig *r = rig_open(PLAN_INSIDE, NULL);

    (void)state;
    base64((const uint8_t *)LIST, strlen(LIST), text);
    snprintf(message, sizeof message, "{\"ev\":\"b\",\"no\":17,\"pack\":\"%s\"}", text);
    said(r, message, ROW);
    base64(flat, gzip(LIST, strlen(LIST), flat, sizeof flat), text);
    snprintf(message, sizeof message, "{\"pack\":\"%s\",\"no\":\"17\",\"ev\":\"b\"}", text);
    said(r, message, ROW);
    text[20] = text[20] == 'A' ? 'B' : 'A';
    snprintf(message, sizeof message, "{\"pack\":\"%s\",\"no\":\"17\",\"ev\":\"b\"}", text);
    refused(r, message, "malformed: broken compression");
    refused(r, "{\"pack\":\"?\"}", "malformed: broken base64 inside");
    refused(r, "{\"pack\":\"aGk=\"}", "malformed: no JSON inside");
    refused(r, "{\"pack\":\"\"}", "malformed: no JSON inside");
    said(r, "{\"pack\":5}", "");
    rig_close(r);
}

static void what_swells_inside_is_refused(void **state)
{
    enum { BIG = 3 << 20, TIMES = 8 };
    uint8_t *flat = malloc(BIG);
    char *json = malloc(BIG + 1), *text = malloc(BIG), *message = malloc(BIG);
    rig *r = rig_open(PLAN_INSIDE, NULL);
    size_t at = 0;

    (void)state;
    assert_true(flat && json && text && message);
    memset(json, ' ', BIG);
    json[0] = '[';
    json[BIG - 1] = ']';
    base64(flat, gzip(json, BIG, flat, BIG), text);
    at += (size_t)sprintf(message, "[");
    for (int i = 0; i < TIMES; i++)
        at += (size_t)sprintf(message + at, "%s{\"pack\":\"%s\"}", i ? "," : "", text);
    sprintf(message + at, "]");
    refused(r, message, "malformed: too long inside");  /* each fits, all of them do not */
    memset(message, '[', 400);
    snprintf(message + 70, 100, "%s", "");
    sprintf(json, "{\"data\":\"%s\"}", message);
    refused(r, json, "malformed: too deep");
    rig_close(r);
    free(flat);
    free(json);
    free(text);
    free(message);
}

/* 400 000 texts of which each becomes three tokens: too many together. */
static void too_many_tokens_inside_are_refused(void **state)
{
    enum { MANY = 400000 };
    char *message = malloc(MANY * 6 + 64);
    rig *r = rig_open(PLAN_INSIDE, NULL);
    size_t at = (size_t)sprintf(message, "{\"rows\":[\"::\"");

    (void)state;
    for (int i = 0; i < MANY; i++)
        at += (size_t)sprintf(message + at, ",\"::\"");
    sprintf(message + at, "]}");
    rig_text(r, message);
    assert_int_equal(r->rc, WICK_E_DATA);
    rig_close(r);
    free(message);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_of_json_is_opened_where_it_stands),
        cmocka_unit_test(what_is_in_a_list_is_opened_one_by_one),
        cmocka_unit_test(parts_of_a_text_are_a_list),
        cmocka_unit_test(arrays_of_messages_are_taken_apart),
        cmocka_unit_test(several_confirmations_in_one_message_are_all_told),
        cmocka_unit_test(text_that_is_no_json_is_known_or_refused),
        cmocka_unit_test(an_address_is_parts),
        cmocka_unit_test(base64_is_undone_and_inflated),
        cmocka_unit_test(what_swells_inside_is_refused),
        cmocka_unit_test(too_many_tokens_inside_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
