/* SPDX-License-Identifier: Apache-2.0
 * Text to exact values: decimals, times, ids, the venue's digits; and symbols to markets. */
/* lint: allow function a table of symbols and their markets is read as one */
#include "../../src/core/dec.h"
#include "../../src/decode/names.h"
#include "decode_rig.h"

/* The padded and the safe reader must agree on every text. */
static int decimal(const char *text, int64_t *m, int *exp)
{
    uint8_t room[256 + PAD] = {0};
    int64_t other;
    int other_exp, rc, fast;

    memcpy(room, text, strlen(text));
    rc = value_decimal((const uint8_t *)text, strlen(text), m, exp);
    room[strlen(text)] = '"';
    fast = fast_decimal(room, strlen(text), &other, &other_exp);
    assert_int_equal(rc, fast);
    if (rc == DEC_OK) {
        assert_int_equal(*m, other);
        assert_int_equal(*exp, other_exp);
    }
    return rc;
}

static void decimals_are_exact(void **state)
{
    static const struct { const char *text; int64_t m; int exp;
    } GOOD[] = {{"0", 0, 0},
                {"0.00", 0, 0},
                {"1", 1, 0},
                {"10", 1, 1},
                {"1000000", 1, 6},
                {"58001.03000000", 5800103, -2},
                {"0.08620500", 86205, -6},
                {"9.2E-7", 92, -8},
                {"1e3", 1, 3},
                {"1.5e+2", 15, 1},
                {"-0.19346843", -19346843, -8},
                {"9223372036854775807", INT64_MAX, 0},
                {"922337203685477580.7", INT64_MAX, -1},
                {"-5.10", -51, -1},
                {"0.000000000000000001", 1, -18},
                {"123456789012345.678", 123456789012345678, -3},
                {"100.0", 1, 2},
                {"0.00000000000000000000000000000001", 1, -32},
                {"1234567890123456", 1234567890123456, 0},
                {"12345678901234567", 12345678901234567, 0},
                {"1.2345678901234567", 12345678901234567, -16},
                {"7.000000000000000000000000000", 7, 0},
                {"1e-8", 1, -8}};
    static const char *const BAD[] = {"",   ".",  "-",    "e5",  "1e",       "1.2.3", "1,5",
                                      " 1", "1 ", "0x10", "NaN", "Infinity", "--1"};
    static const char *const OVER[] = {"9223372036854775808", "99999999999999999999", "1e200",
                                       "1e-200", "1234567890.12345678901"};
    int64_t m;
    int exp;

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_int_equal(decimal(GOOD[i].text, &m, &exp), DEC_OK);
        assert_int_equal(m, GOOD[i].m);
        assert_int_equal(exp, GOOD[i].exp);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(decimal(BAD[i], &m, &exp), DEC_NOT);
    for (size_t i = 0; i < sizeof OVER / sizeof *OVER; i++)
        assert_int_equal(decimal(OVER[i], &m, &exp), DEC_OVERFLOW);
}

/* Many decimals of every width, read fast, safe and by the core. */
static void fast_and_safe_decimals_agree(void **state)
{
    uint64_t dice = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int64_t m, core;
        int exp, core_exp, rc, whole, fine;

        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        whole = (int)(dice % 20);
        fine = (int)(dice / 20 % 20);
        snprintf(text, sizeof text, "%s%.*s%s%.*s", dice >> 60 ? "" : "-", whole,
                 "90071992547409910000", fine ? "." : "", fine,
                 dice & 64 ? "00000123000000000000" : "98700650430021000000");
        rc = decimal(text, &m, &exp);
        assert_int_equal(rc, dec_parse(text, strlen(text), &core, &core_exp));
        if (rc == DEC_OK) {
            assert_int_equal(m, core);
            assert_int_equal(exp, core_exp);
        }
    }
}

static void times_of_every_unit_are_exact(void **state)
{
    static const struct { const char *text; int unit; int64_t ns;
    } GOOD[] = {{"1617566591", UNIT_NUMBER_S, 1617566591000000000},
                {"1617566591314", UNIT_NUMBER_MS, 1617566591314000000},
                {"1617654353577000", UNIT_NUMBER_US, 1617654353577000000},
                {"1625323774580255942", UNIT_NUMBER_NS, 1625323774580255942},
                {"1618678142.557535", UNIT_NUMBER_S, 1618678142557535000},
                {"1513419963.7833", UNIT_NUMBER_S, 1513419963783300000},
                {"1618678142.123456789", UNIT_NUMBER_S, 1618678142123456789},
                {"1618678142.1234567899", UNIT_NUMBER_S, 1618678142123456789},
                {"1.6e12", UNIT_NUMBER_MS, 1600000000000000000},
                {"1617566591314.5", UNIT_NUMBER_MS, 1617566591314500000},
                {"0", UNIT_NUMBER_S, 0},
                {"1970-01-01T00:00:00Z", UNIT_ISO, 0},
                {"2021-07-13T11:07:53.658Z", UNIT_ISO, 1626174473658000000},
                {"2021-07-13T11:07:53.6Z", UNIT_ISO, 1626174473600000000},
                {"2021-07-13T11:07:53Z", UNIT_ISO, 1626174473000000000},
                {"2021-07-13T11:07:53.123456789Z", UNIT_ISO, 1626174473123456789},
                {"2021-07-13T11:07:53.1234567899Z", UNIT_ISO, 1626174473123456789},
                {"2021-07-13 11:07:53", UNIT_ISO, 1626174473000000000},
                {"2021-07-13T13:07:53+02:00", UNIT_ISO, 1626174473000000000},
                {"2021-07-13T05:37:53-0530", UNIT_ISO, 1626174473000000000},
                {"2023-02-02 09:20:00.138000+00:00", UNIT_ISO, 1675329600138000000},
                {"2020-02-29", UNIT_ISO, 1582934400000000000},
                {"2021-07-13T11:07:53.658 UTC", UNIT_ISO, 1626174473658000000}};
    static const struct { const char *text; int unit;
    } BAD[] = {{"", UNIT_NUMBER_S},
               {"-1", UNIT_NUMBER_S},
               {"x", UNIT_NUMBER_MS},
               {"7289654400", UNIT_NUMBER_S},
               {"1617566591314", UNIT_NUMBER_S},
               {"99999999999999999999999", UNIT_NUMBER_NS},
               {"2021-02-29", UNIT_ISO},
               {"2021-13-01", UNIT_ISO},
               {"1969-12-31T23:59:59Z", UNIT_ISO},
               {"2021-07-13T24:00:00Z", UNIT_ISO},
               {"2021-07-13T11:07:53.Z", UNIT_ISO},
               {"2021-07-13T11:07:53.658Zx", UNIT_ISO},
               {"20210713", UNIT_ISO},
               {"2021-07-13T11:07:53+25:00", UNIT_ISO},
               {"1617566591", UNIT_ISO},
               {"1e400", UNIT_NUMBER_S}};
    int64_t ns;

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        if (!value_time((const uint8_t *)GOOD[i].text, strlen(GOOD[i].text), GOOD[i].unit, &ns) ||
            ns != GOOD[i].ns)
            fail_msg("%s: %lld", GOOD[i].text, (long long)ns);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (value_time((const uint8_t *)BAD[i].text, strlen(BAD[i].text), BAD[i].unit, &ns))
            fail_msg("taken: %s", BAD[i].text);
}

static void digits_are_the_venues_own(void **state)
{
    static const scale FOUR = {.m = 1, .exp = -4}, TENTH = {.m = 5, .exp = -1},
                       UP = {.m = 1, .exp = 2};
    static const struct { const char *text; const scale *by; const char *want;
    } CASES[] = {{"23.00000000", NULL, "23.00000000"},
                 {"9.2E-7", NULL, "0.00000092"},
                 {"1.50e2", NULL, "150"},
                 {"1.5e3", NULL, "1500"},
                 {"117770", &FOUR, "11.7770"},
                 {"5", &FOUR, "0.0005"},
                 {"12", &UP, "1200"},
                 {"3", &TENTH, "1.5"},
                 {"-0.1900", NULL, "0.1900"},
                 {"007", NULL, "7"},
                 {".5", NULL, "0.5"},
                 {"5.", NULL, "5"},
                 {"0.10", NULL, "0.10"},
                 {"1.00E-2", NULL, "0.0100"}};
    char out[512];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        value_digits((const uint8_t *)CASES[i].text, strlen(CASES[i].text), CASES[i].by, out,
                     sizeof out);
        assert_string_equal(out, CASES[i].want);
    }
}

static void keys_of_ids_are_monotone(void **state)
{
    static const char *const RISING[] = {
        "0", "7", "42", "1000", "9223372036854775806", "9223372036854775807", "1522115995.8158",
        "a", "b", "ba"};

    (void)state;
    for (size_t i = 1; i < sizeof RISING / sizeof *RISING; i++)
        assert_true(wick_id_key(RISING[i - 1], strlen(RISING[i - 1])) <
                    wick_id_key(RISING[i], strlen(RISING[i])));
    assert_true(wick_id_key("007", 3) == 7);
    assert_true(wick_id_key("99999999999999999999", 20) == INT64_MAX);
    assert_true(wick_id_key("00000000000000000000000007", 26) == 7);
    assert_true(wick_id_key("", 0) == (uint64_t)1 << 63);
}

static void symbols_become_markets(void **state)
{
    static const char PLAN[] =
        "wick-plan 1\nname n\nvenue V\nids none\nalias XBT BTC\nalias XDG DOGE\nquote USDT\nquote "
        "USD\nquote BTC\n"
        "kind sp %\nkind mc PERP\npattern {base}-{quote}-SWAP PERP %\npattern "
        "{base}-{quote}-{date} % %\n"
        "pattern {base}-{quote}-{kind} % %\npattern {base}/{quote} % %\npattern {base}-{quote} % "
        "%\n"
        "pattern X{base:3}Z{quote:3} % %\npattern t{base:3}{quote:3} % %\npattern "
        "{venue}~{base}~{quote} % %\n"
        "pattern {base}-{quote}-{date}-{strike}-{kind} % %\n"
        "pattern C_{base}_{strike}_{date:DDMMYY} CALL %\npatternquote USD\n"
        "pattern {base}/{quote}:{any} PERP %\n"
        "pattern {pair}_{date} % %\npattern {pair} INV inv\npattern {pair} % %\n"
        "rule trade\n>trades .\nfield price\n>from ./kp\nfield qty\n>from ./kq\nfield time\n>from "
        "./kt\nunit s\n";
    static const char *const CASES[][3] = {
        {"BTC-USD-SWAP", "", "V:BTC-USD.PERP"},
        {"BTC-USD-220527", "", "V:BTC-USD.220527"},
        {"BTC-USD-20220527", "", "V:BTC-USD.220527"},
        {"BTC-USD-27MAY22", "", "V:BTC-USD.220527"},
        {"BTC-USD-5may22", "", "V:BTC-USD.220505"},
        {"BTC-USD-U23", "", "V:BTC-USD.U23"},
        {"XBT/EUR", "", "V:BTC-EUR"},
        {"xdg/usd", "", "V:DOGE-USD"},
        {"XXBTZEUR", "", "V:BTC-EUR"},
        {"tETHEUR", "", "V:ETH-EUR"},
        {"Coinbase~BTC~USD", "", "Coinbase:BTC-USD"},
        {"BTCUSDT", "", "V:BTC-USDT"},
        {"BTCUSDT", "sp", "V:BTC-USDT"},
        {"BTCUSDT", "mc", "V:BTC-USDT.PERP"},
        {"BTCUSDT", "inv", "V:BTC-USDT.INV"},
        {"ethbtc", "", "V:ETH-BTC"},
        {"BTCUSDT_230929", "", "V:BTC-USDT.230929"},
        {"BTC-USD-220514-22000-C", "", "V:BTC-USD.220514-22000-C"},
        {"BTC-USD-14MAY2022-23000-p", "", "V:BTC-USD.220514-23000-P"},
        {"C_ETH_3200_140522", "", "V:ETH-USD.220514-3200-CALL"},
        {"C_ETH_3200_143122", "", "V:C_ETH_3200_143122"},
        {"BTC/USDT:USDT", "", "V:BTC-USDT.USDT-PERP"},
        {"BTC/USDT:USDT-230929", "", "V:BTC-USDT.USDT-230929-PERP"},
        {"BTCUSDT_231329", "", "V:BTCUSDT_231329"},
        {"USDT", "", "V:USDT"},
        {"NOSUCH", "mc", "V:NOSUCH.PERP"},
        {"1000SATSUSDT", "", "V:1000SATS-USDT"},
        {"A.B/C", "", "V:A.B-C"},
        {"KNC**USD", "", "V:KNC**-USD"}};
    rig *r = rig_open(PLAN, NULL);
    char out[NAME_MAX_BYTES + 1];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        view symbol = view_text(CASES[i][0], strlen(CASES[i][0])), none = {0}, kind = {0};
        size_t n;

        if (*CASES[i][1])
            kind = view_text(CASES[i][1], strlen(CASES[i][1]));
        n = names_market(r->f, symbol, none, kind, out);
        out[n] = '\0';
        assert_string_equal(out, CASES[i][2]);
    }
    rig_close(r);
}

static void a_plan_is_refused_with_its_line(void **state)
{
    static const char *const BAD[] = {"",
                                      "wick-plan 2\n",
                                      "wick-plan 1\nnonsense\n",
                                      "wick-plan 1\nids maybe\n",
                                      "wick-plan 1\nname\n",
                                      "wick-plan 1\nname a b\n",
                                      "wick-plan 1\nrepeats -1\n",
                                      "wick-plan 1\nrule t\n>trades .\n",
                                      "wick-plan 1\nrule t\n>when x is\n",
                                      "wick-plan 1\nrule t\n>when ./i0 is\n",
                                      "wick-plan 1\nvalue x\n",
                                      "wick-plan 1\nrule t\nfield price\nfield price\n",
                                      "wick-plan 1\nrule t\nfield nothing\n",
                                      "wick-plan 1\nname %4\n",
                                      "wick-plan 1\npacked ab\n",
                                      "wick-plan 1\nrule t\nfield price\nfactor * 0\n",
                                      "wick-plan 1\nrule t\n>trades ./*/*/*/*\n"};
    wick *w;
    wick_feed *f;

    (void)state;
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        if (wick_feed_new(w, BAD[i], strlen(BAD[i]), &f) != WICK_E_DATA)
            fail_msg("taken: %s", BAD[i]);
        assert_int_equal(strncmp(wick_error(w), "plan line ", 10), 0);
    }
    wick_close(w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(fast_and_safe_decimals_agree),
        cmocka_unit_test(times_of_every_unit_are_exact),
        cmocka_unit_test(digits_are_the_venues_own),
        cmocka_unit_test(keys_of_ids_are_monotone),
        cmocka_unit_test(symbols_become_markets),
        cmocka_unit_test(a_plan_is_refused_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
