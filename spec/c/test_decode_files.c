/* SPDX-License-Identifier: Apache-2.0
 * Recordings of every form, whole and cut at every byte, plain and gzip; CSV rows; compressed
 * frames. */
#include <zlib.h>

#include "../../src/decode/recording.h"
#include "decode_rig.h"

enum { OUT = 16384 };

/* What a recording says, a line a record. */
static void told(const uint8_t *bytes, size_t size, size_t piece, char *out)
{
    recording *r;
    record rec;
    size_t at = 0;
    int rc;

    assert_int_equal(recording_open(NULL, &r), WICK_OK);
    for (int over = 0; !over;) {
        size_t n = size < piece ? size : piece;

        over = n == 0;
        assert_int_equal(over ? recording_end(r) : recording_feed(r, bytes, n), WICK_OK);
        bytes += n;
        size -= n;
        while ((rc = recording_next(r, &rec)) > 0)
            at += (size_t)snprintf(out + at, OUT - at, "%d %d %llu %s %lld %s|%.*s\n", rec.kind,
                                   rec.form, (unsigned long long)rec.line, rec.conn,
                                   (long long)rec.recv_ns, rec.problem ? rec.problem : "",
                                   (int)rec.size, (const char *)rec.bytes);
        assert_int_equal(rc, 0);
    }
    out[at] = '\0';
    recording_close(r);
}

static size_t squeezed(const void *bytes, size_t size, int bits, uint8_t *out, size_t room)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void same_however_it_comes(const char *file, const char *want)
{
    static uint8_t gz[65536];
    char out[OUT];
    size_t size = strlen(file), n = squeezed(file, size, 31, gz, sizeof gz);

    told((const uint8_t *)file, size, size + 1, out);
    assert_string_equal(out, want);
    for (size_t piece = 1; piece < size; piece += piece / 8 + 1) {
        told((const uint8_t *)file, size, piece, out);
        assert_string_equal(out, want);
        told(gz, n, piece, out);
        assert_string_equal(out, want);
    }
}

static void a_recording_of_json_lines_is_read(void **state)
{
    (void)state;
    same_however_it_comes("{\"t\":\"header\",\"format\":2}\n"
                          "{\"t\":\"connect\",\"conn\":\"A.1\",\"ts\":1.5,\"addr\":\"wss://x\"}\n"
                          "{\"t\":\"send\",\"conn\":\"A.1\",\"ts\":1649290077.318636,\"addr\":"
                          "\"wss://x\",\"data\":\"{\\\"op\\\":1}\"}\n"
                          "{\"t\":\"recv\",\"conn\":\"A.1\",\"ts\":1649290077.123456789,\"data\":"
                          "\"{\\\"a\\\":\\\"\\u00e9\\\"}\"}\r\n"
                          "\n"
                          "{\"t\":\"recv\",\"conn\":\"B.2\",\"ts\":2,\"b64\":\"eyJhIjoxfQ==\"}\n"
                          "{\"t\":\"recv\",\"conn\":\"B.2\",\"ts\":2,\"b64\":\"e?J\"}\n"
                          "{\"t\":\"recv\",\"conn\":\"B.2\"\n"
                          "{\"t\":\"else\",\"conn\":\"B.2\"}\n"
                          "{\"t\":\"http\",\"conn\":\"C\",\"ts\":3,\"url\":\"u\",\"data\":\"[]\"}",
                          "0 0 1  0 |\n"
                          "2 0 2 A.1 1500000000 |wss://x\n"
                          "3 0 3 A.1 1649290077318636000 |{\"op\":1}\n"
                          "4 0 4 A.1 1649290077123456789 |{\"a\":\"\xc3\xa9\"}\n"
                          "4 3 6 B.2 2000000000 |{\"a\":1}\n"
                          "5 3 7 B.2 2000000000 broken "
                          "base64|{\"t\":\"recv\",\"conn\":\"B.2\",\"ts\":2,\"b64\":\"e?J\"}\n"
                          "5 0 8  0 not a line of this recording|{\"t\":\"recv\",\"conn\":\"B.2\"\n"
                          "5 0 9  0 a line of an unknown kind|{\"t\":\"else\",\"conn\":\"B.2\"}\n"
                          "1 0 10 C 3000000000 |[]\n");
}

static void a_recording_of_text_lines_is_read(void **state)
{
    (void)state;
    same_however_it_comes("configuration: {\"trades\":[]}\n"
                          "wss://ws.x.net/ <-> 1617654351.706686\n"
                          "wss://ws.x.net/ <- 1617654352.175102: {\"event\":\"s\"}\n"
                          "1617654352.175103: {\"a\":\"x -> y\"}\n"
                          "https://x/depth?a=1 -> 1617566592.1065369: {\"l\":1}\n"
                          "what is this\n"
                          "1617654353.5: [1]\n",
                          "0 0 1  0 |{\"trades\":[]}\n"
                          "2 0 2  1617654351706686000 |wss://ws.x.net/\n"
                          "3 0 3  1617654352175102000 |{\"event\":\"s\"}\n"
                          "4 0 4  1617654352175103000 |{\"a\":\"x -> y\"}\n"
                          "1 0 5  1617566592106536900 |{\"l\":1}\n"
                          "5 0 6  0 not a line of this recording|what is this\n"
                          "4 0 7  1617654353500000000 |[1]\n");
}

/* Recorders in Python print binary frames so. */
static void binary_frames_may_stand_as_python_prints_them(void **state)
{
    (void)state;
    same_however_it_comes("1.5: b'{\\x22a\\\\\\'\\x41\\r}'\n"
                          "2: b\"it's\"\n"
                          "3: b'\\x4'\n"
                          "4: b'a'b'\n"
                          "5: b'open\n"
                          "6: b'\n",
                          "4 3 1  1500000000 |{\"a\\'A\r}\n"
                          "4 3 2  2000000000 |it's\n"
                          "5 3 3  3000000000 broken bytes|\n"
                          "5 3 4  4000000000 broken bytes|\n"
                          "5 3 5  5000000000 broken bytes|\n"
                          "4 0 6  6000000000 |b'\n");
}

static void json_comes_as_lines_or_as_one_body(void **state)
{
    (void)state;
    same_however_it_comes("{\"a\":1}\n  [2] \nbroken\n\"0~A~\\u0042\"\n\n{\"b\":",
                          "4 0 1  0 |{\"a\":1}\n4 0 2  0 |[2]\n4 0 3  0 |broken\n4 0 4  0 "
                          "|0~A~B\n4 0 6  0 |{\"b\":\n");
    same_however_it_comes("{\n \"a\": [\n  1,\n  2]\n}\n",
                          "4 0 1  0 |{\n \"a\": [\n  1,\n  2]\n}\n\n");
    same_however_it_comes("0~A~B~1\n999~HEARTBEAT\n",
                          "4 0 1  0 |0~A~B~1\n4 0 2  0 |999~HEARTBEAT\n");
    same_however_it_comes("\xef\xbb\xbf{\"a\":1}", "4 0 1  0 |{\"a\":1}\n");
}

static void a_csv_comes_row_by_row(void **state)
{
    (void)state;
    same_however_it_comes("a,b\r\n1,\"x\ny\"\r\n\r\n2,\"q\"\"q,\"\n3,un\"quoted\n4,z",
                          "4 1 1  0 |a,b\n4 2 2  0 |1,\"x\ny\"\n4 2 5  0 |2,\"q\"\"q,\"\n4 2 6  0 "
                          "|3,un\"quoted\n4 2 7  0 |4,z\n");
    same_however_it_comes("a,b\n1,\"open\n2,3\n",
                          "4 1 1  0 |a,b\n4 2 2  0 |1,\"open\n4 2 3  0 |2,3\n");
    same_however_it_comes("", "");
}

/* A recorder that was cut off, or a tail of a file: the lines behind it tell what it is. */
static void a_first_line_that_is_broken_does_not_hide_a_recording(void **state)
{
    (void)state;
    same_however_it_comes("\"ts\":2,\"data\":\"[]\"}\n\n"
                          "{\"t\":\"recv\",\"conn\":\"A\",\"ts\":2,\"data\":\"[1]\"}\n",
                          "5 0 1  0 not a line of this recording|\"ts\":2,\"data\":\"[]\"}\n"
                          "4 0 3 A 2000000000 |[1]\n");
    same_however_it_comes("{\"t\":\"recv\",\"conn\":\"A\",\"ts\":2,\"da\n"
                          "{\"t\":\"recv\",\"conn\":\"A\",\"ts\":2,\"data\":\"[1]\"}",
                          "5 0 1  0 not a line of this "
                          "recording|{\"t\":\"recv\",\"conn\":\"A\",\"ts\":2,\"da\n"
                          "4 0 2 A 2000000000 |[1]\n");
    same_however_it_comes("recorded by me, for you\n3: [1]\n",
                          "5 0 1  0 not a line of this recording|recorded by me, for you\n"
                          "4 0 2  3000000000 |[1]\n");
    same_however_it_comes("# from a, b\r\n{\"p\":1}\r\n",
                          "4 0 1  0 |# from a, b\n4 0 2  0 |{\"p\":1}\n");
    same_however_it_comes("{\"p\":\n1}\n{\"q\"", "4 0 1  0 |{\"p\":\n1}\n{\"q\"\n");
    same_however_it_comes("a,b\n1,{\n", "4 1 1  0 |a,b\n4 2 2  0 |1,{\n");
}

static void a_cut_gzip_gives_what_it_held(void **state)
{
    static uint8_t gz[4096];
    static const char FILE_TEXT[] = "a,b\n1,2\n3,4\n";
    size_t n = squeezed(FILE_TEXT, strlen(FILE_TEXT), 31, gz, sizeof gz);
    recording *r;
    record rec;

    (void)state;
    assert_int_equal(recording_open(NULL, &r), WICK_OK);
    assert_int_equal(recording_feed(r, gz, n - 9), WICK_OK);
    recording_end(r);
    while (recording_next(r, &rec) > 0)
        continue;
    assert_true(recording_broken(r));
    recording_close(r);
    memcpy(gz + n, gz, n);                      /* two members behind each other are one file */
    assert_int_equal(recording_open(NULL, &r), WICK_OK);
    assert_int_equal(recording_feed(r, gz, 2 * n), WICK_OK);
    recording_end(r);
    for (int i = 0; i < 6; i++)
        assert_int_equal(recording_next(r, &rec), 1);
    assert_int_equal(recording_next(r, &rec), 0);
    assert_false(recording_broken(r));
    recording_close(r);
}

static void csv_columns_are_found_in_any_order(void **state)
{
    static const char *const FILES[][3] = {{"s,T,p,q,a,m", "BTCUSDT,1617566591314,5.10,2,7,true",
                                            "BTCUSDT,1617566591314000000,7,5.10,2,sell,live\n"},
                                           {"x,q,a,p,m,y,T", "?,2,7,\"5.10\",false,,1617566591314",
                                            "DEFAULT,1617566591314000000,7,5.10,2,buy,live\n"},
                                           {"\xef\xbb\xbf\"a\",\"m\",\"p\",\"q\",T",
                                            "\"i\"\"d\",,1,1,0",
                                            "DEFAULT,0,\"i\"\"d\",1,1,,live\n"}};
    rig *r = rig_open(PLAN_JOINED, "DEFAULT");

    (void)state;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        rig_bytes(r, FILES[i][0], strlen(FILES[i][0]), WICK_FORM_CSV_HEAD);
        assert_int_equal(r->rc, 0);
        assert_string_equal(rig_bytes(r, FILES[i][1], strlen(FILES[i][1]), WICK_FORM_CSV_ROW),
                            FILES[i][2]);
    }
    rig_bytes(r, "BTCUSDT,1,1", 11, WICK_FORM_CSV_ROW);
    assert_string_equal(wick_decoder_reason(r->d), "bad-row");
    rig_bytes(r, "i,,1,1,\"0", 9, WICK_FORM_CSV_ROW);
    assert_string_equal(wick_decoder_reason(r->d), "bad-row");
    rig_bytes(r, "i,,0,1,0", 8, WICK_FORM_CSV_ROW);
    assert_string_equal(wick_decoder_reason(r->d), "bad-price");
    rig_bytes(r, "p,q", 3, WICK_FORM_CSV_HEAD);
    assert_string_equal(wick_decoder_reason(r->d), "unknown-columns");
    rig_bytes(r, "1,1", 3, WICK_FORM_CSV_ROW);
    assert_int_equal(r->rc, WICK_E_DATA);
    rig_close(r);
}

static void a_csv_without_a_header_is_known_by_its_width(void **state)
{
    rig *r = rig_open(PLAN_JOINED, "BTCUSDT");

    (void)state;
    assert_string_equal(rig_bytes(r, "1513419963.7833,15000.0,0.5", 27, WICK_FORM_CSV_HEAD),
                        "BTCUSDT,1513419963783300000,,15000.0,0.5,,live\n");
    assert_string_equal(rig_bytes(r, "1513419964,15001,1", 18, WICK_FORM_CSV_ROW),
                        "BTCUSDT,1513419964000000000,,15001,1,,live\n");
    rig_close(r);
}

static void binary_frames_are_inflated_and_bounded(void **state)
{
    static const char MESSAGE[] =
        "{\"data\":{\"e\":\"t\",\"s\":\"BTCUSDT\",\"T\":1,\"p\":1,\"q\":1,\"a\":1,\"m\":true}}";
    static const int BITS[] = {31, 15, -15};
    static const char *const NAMES[] = {"auto", "zlib", "deflate"};
    static uint8_t squeezed_bytes[65536];
    uint8_t *zeros = calloc(1, 20 << 20);

    (void)state;
    for (int i = 0; i < 3; i++) {
        char plan[sizeof PLAN_JOINED + 32];
        const char *at = strstr(PLAN_JOINED, "compression auto");
        size_t n =
            squeezed(MESSAGE, strlen(MESSAGE), BITS[i], squeezed_bytes, sizeof squeezed_bytes);
        rig *r;

        snprintf(plan, sizeof plan, "%.*scompression %s%s", (int)(at - PLAN_JOINED), PLAN_JOINED,
                 NAMES[i], at + 16);
        r = rig_open(plan, NULL);
        assert_string_equal(rig_bytes(r, squeezed_bytes, n, WICK_FORM_BINARY),
                            "BTCUSDT,1000000,1,1,1,sell,live\n");
        rig_bytes(r, squeezed_bytes, n / 2, WICK_FORM_BINARY);
        assert_int_equal(r->rc, WICK_E_DATA);
        n = squeezed(zeros, 20 << 20, BITS[i], squeezed_bytes, sizeof squeezed_bytes);
        rig_bytes(r, squeezed_bytes, n, WICK_FORM_BINARY);
        assert_string_equal(wick_decoder_reason(r->d), "malformed: too long when inflated");
        rig_close(r);
    }
    free(zeros);
    {
        rig *r = rig_open(PLAN_JOINED, NULL);   /* a binary frame that is plain text */

        assert_string_equal(rig_bytes(r, MESSAGE, strlen(MESSAGE), WICK_FORM_BINARY),
                            "BTCUSDT,1000000,1,1,1,sell,live\n");
        rig_close(r);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_of_json_lines_is_read),
        cmocka_unit_test(a_recording_of_text_lines_is_read),
        cmocka_unit_test(binary_frames_may_stand_as_python_prints_them),
        cmocka_unit_test(json_comes_as_lines_or_as_one_body),
        cmocka_unit_test(a_csv_comes_row_by_row),
        cmocka_unit_test(a_first_line_that_is_broken_does_not_hide_a_recording),
        cmocka_unit_test(a_cut_gzip_gives_what_it_held),
        cmocka_unit_test(csv_columns_are_found_in_any_order),
        cmocka_unit_test(a_csv_without_a_header_is_known_by_its_width),
        cmocka_unit_test(binary_frames_are_inflated_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
