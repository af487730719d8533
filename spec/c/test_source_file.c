/* SPDX-License-Identifier: Apache-2.0
 * Files as sources: every form, several connections and files in one input, damage,
 * back-pressure, and the recordings of SHARED/data with their known counts.
 * lint: allow column lines of recordings and plans */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "source_rig.h"
#include "../../src/source/file_impl.h"

#define PLAN HEAD_PLAN TRADE_PLAN CSV_PLAN
#define T(id, time) "{\"e\":\"t\",\"s\":\"A\",\"t\":" #time ",\"p\":\"1.5\",\"q\":\"2\",\"i\":" #id "}"
#define R(conn, ts, frame) "{\"t\":\"recv\",\"conn\":\"" conn "\",\"ts\":" #ts ",\"data\":\"" frame "\"}\n"
#define Q(s, id, time) \
    "{\\\"e\\\":\\\"t\\\",\\\"s\\\":\\\"" s "\\\",\\\"t\\\":" #time ",\\\"p\\\":\\\"1\\\",\\\"q\\\":\\\"1\\\",\\\"i\\\":" #id "}"

static struct {                                     /* of the running test */
    wick_stage *s;
    sink       *k;
    int         status;                             /* of EV_END */
    char        why[512];
    uint32_t    refused;
    uint64_t    lines[64];
} p;

static const char *file(const char *name, const char *text, size_t size)
{
    const char *path = rig_path(name);
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size ? size : strlen(text), f), size ? size : strlen(text));
    fclose(f);
    return path;
}

static void play_open(const char *plan, const char *path, const char *options)
{
    rig_shut();
    memset(&p, 0, sizeof p);
    rig_open(NULL, NULL);
    p.s = source_at(plan, "file:", path, options);
    p.k = sink_open();
    assert_int_equal(wick_link(w, p.s, &p.k->base), WICK_OK);
}

/* Poll until the end; kick: the sink says AGAIN so often and is then said to be ready. */
static void play_on(int kick)
{
    wick_event ev;
    int ended = 0, turns = 0;

    while (!ended) {
        assert_true(turns++ < 2000000);
        if (wick_poll(w, &ev, 1, kick ? 0 : 5000) < 1) {
            assert_true(kick);
            stage_ready(&p.k->base);
            continue;
        }
        if (kick && turns % 3 == 0)
            p.k->again = kick;
        if (ev.kind == WICK_EV_REFUSED)
            for (uint32_t i = 0; i < ev.count; i++)
                p.lines[p.refused++ % 64] = ((const wick_refusal *)ev.data)[i].offset;
        assert_int_not_equal(ev.kind, WICK_EV_CLOSED);
        if (ev.kind == WICK_EV_END) {
            ended = 1;
            p.status = ev.status;
            snprintf(p.why, sizeof p.why, "%s", (const char *)ev.data);
        }
    }
}

static void play_file(const char *name, const char *text, const char *expected)
{
    play_open(PLAN, file(name, text, 0), "");
    play_on(0);
    assert_int_equal(p.status, WICK_OK);
    expect_text(p.k, expected);
}

static void a_text_recording_covers_from_what_was_sent_to_its_last_frame(void **state)
{
    (void)state;
    play_file("a.txt",
              "wss://x <-> 99.5\n"
              "wss://x <- 100.0: {\"subscribe\":\"A\"}\n"
              "100.5: {\"e\":\"other\"}\n"
              "101.0: " T(1, 100900) "\n"
              "102.0: " T(2, 101950) "\n"
              "105.0: {\"e\":\"other\"}\n",
              "open/a A 99900 A1 A2 alive/a 104950 close/a * 104950");
}

static void without_a_sent_line_the_first_frame_counts(void **state)
{
    (void)state;
    play_file("a.txt", "100.5: {\"e\":\"other\"}\n101.0: " T(1, 100900) "\n",
              "open/a A 100400 A1 alive/a 100900 close/a * 100900");
}

static void a_market_is_covered_from_the_text_that_named_it(void **state)
{
    (void)state;
    play_file("a.txt",
              "wss://x <- 100: sub B\n"
              "wss://x <- 200: sub A\n"
              "wss://x <- 230: ping\n"
              "250.0: " T(1, 249900) "\n",
              "open/a A 199900 A1 alive/a 249900 close/a * 249900");
}

/* As recorders write them: one connection whole, then the next; each with its own decoder and
 * end. */
static void connections_listed_one_after_another_are_taken_by_time(void **state)
{
    (void)state;
    play_file("b.jsonl",
              "{\"t\":\"header\",\"format\":2}\n"
              "{\"t\":\"connect\",\"conn\":\"c1\",\"ts\":99,\"addr\":\"wss://x\"}\n"
              "{\"t\":\"send\",\"conn\":\"c1\",\"ts\":100,\"data\":\"sub A\"}\n"
              R("c1", 101.0, Q("A", 1, 101000)) R("c1", 103.0, Q("A", 3, 103000))
              "{\"t\":\"connect\",\"conn\":\"c2\",\"ts\":99,\"addr\":\"wss://x\"}\n"
              "{\"t\":\"send\",\"conn\":\"c2\",\"ts\":100.5,\"data\":\"sub B\"}\n"
              R("c2", 102.0, Q("B", 2, 101990)) R("c2", 104.5, Q("B", 4, 104400)),
              "open/a A 100000 A1 alive/a 101000 open/b B 100490 B2 alive/b 101990 "
              "A3 alive/a 103000 close/a * 103000 B4 alive/b 104400 close/b * 104490");
}

static void a_second_connect_line_is_another_connection(void **state)
{
    (void)state;
    play_file("b.jsonl",
              "{\"t\":\"connect\",\"conn\":\"c1\",\"ts\":99,\"addr\":\"wss://x\"}\n"
              R("c1", 101.0, Q("A", 1, 101000)) R("c1", 102.0, "{}")
              "{\"t\":\"connect\",\"conn\":\"c1\",\"ts\":110,\"addr\":\"wss://x\"}\n"
              R("c1", 111.0, Q("A", 2, 111000)) R("c1", 112.0, Q("A", 3, 112000)),
              "open/a A 101000 A1 alive/a 102000 close/a * 102000 "
              "open/b A 111000 A2 A3 alive/b 112000 close/b * 112000");
}

static void files_of_one_call_are_one_input(void **state)
{
    char first[256], options[400];

    (void)state;
    snprintf(first, sizeof first, "%s", file("2.txt", "200.0: " T(3, 200000) "\n", 0));
    snprintf(options, sizeof options, "file=%s\n", file("1.txt", "100.0: " T(1, 100000) "\n300.0: " T(5, 300000) "\n", 0));
    play_open(PLAN, first, options);
    play_on(0);
    expect_text(p.k, "open/a A 100000 A1 alive/a 100000 open/b A 200000 A3 alive/b 200000 close/b * 200000 "
                     "A5 alive/a 300000 close/a * 300000");
}

#define ROW(s, t, id) #s "," #t ",1.5,2," #id "\n"
#define COLUMNS "symbol,time,price,qty,id\n"

static void rows_cover_from_a_first_trade_to_the_greatest_time_of_all(void **state)
{
    (void)state;
    play_file("a.csv", COLUMNS ROW(A, 1000, 1) ROW(A, 2000, 2) ROW(B, 1500, 1) ROW(A, 5000, 3),
              "open/a A 1000 A1 A2 open/a B 1500 B1 A3 alive/a 5000 alive/a 5000 close/a * 5000");
}

static void the_least_time_of_a_later_file_widens(void **state)
{
    char first[256], options[400];

    (void)state;
    snprintf(first, sizeof first, "%s", file("1.csv", COLUMNS ROW(A, 3000, 3) ROW(B, 9000, 1), 0));
    snprintf(options, sizeof options, "file=%s\n", file("2.csv", COLUMNS ROW(A, 2000, 2) ROW(A, 1000, 1), 0));
    play_open(PLAN, first, options);
    play_on(0);
    expect_text(p.k, "open/a A 3000 A3 open/a B 9000 B1 alive/a 9000 A2 A1 "
                     "open/a A 1000 alive/a 9000 close/a * 9000");
}

static void newest_first_rows_are_turned_round(void **state)
{
    (void)state;
    play_open(HEAD_PLAN CSV_PLAN "order 0 newest\n",
              file("a.csv", COLUMNS ROW(A, 3000, 3) "A,oops,1,1,9\n" ROW(A, 2000, 2) ROW(A, 1000, 1), 0), "");
    play_on(0);
    expect_text(p.k, "open/a A 1000 A1 A2 A3 alive/a 3000 alive/a 3000 close/a * 3000");
    assert_int_equal(p.refused, 1);
    assert_int_equal(p.lines[0], 3);
}

static void bare_messages_are_rows(void **state)
{
    (void)state;
    play_file("a.ndjson", T(1, 1000) "\n" T(2, 2000) "\n",
              "open/a A 1000 A1 A2 alive/a 2000 alive/a 2000 close/a * 2000");
}

static void damaged_lines_are_refused_one_by_one_with_their_place(void **state)
{
    (void)state;
    play_open(PLAN, file("a.txt", "100.0: " T(1, 100000) "\nwhat is this\n100.5: {\"e\":\n101.0: " T(2, 101000) "\n", 0), "");
    play_on(0);
    assert_int_equal(p.status, WICK_OK);
    assert_int_equal(p.refused, 2);
    assert_int_equal(p.lines[0], 2);
    assert_int_equal(p.lines[1], 3);
    expect_text(p.k, "open/a A 100000 A1 A2 alive/a 101000 close/a * 101000");
}

static size_t gzipped(const char *text, uint8_t *out, size_t room)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)(uintptr_t)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void a_cut_gzip_stream_keeps_what_was_read_and_says_so(void **state)
{
    static char text[400000];
    uint8_t zipped[400000];
    size_t n = (size_t)sprintf(text, COLUMNS), size;
    (void)state;
    for (int i = 1; i <= 5000; i++)
        n += (size_t)sprintf(text + n, "A,%d,%d.5,%d,%d\n", 1000 + i * 7, i * 31 % 977, i, i);
    size = gzipped(text, zipped, sizeof zipped);
    play_open(PLAN, file("a.csv.gz", (char *)zipped, size), "");
    p.k->quiet = 1;
    play_on(0);
    assert_int_equal(p.status, WICK_OK);
    assert_int_equal(p.k->ticks, 5000);
    play_open(PLAN, file("a.csv.gz", (char *)zipped, size / 2), "");
    p.k->quiet = 1;
    play_on(0);
    assert_int_equal(p.status, WICK_E_DATA);
    assert_non_null(strstr(p.why, "a.csv.gz"));
    assert_non_null(strstr(p.why, "gzip"));
    assert_true(p.k->ticks > 1000 && p.k->ticks < 4000);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    wick_feed *f;
    wick_stage *s = NULL;
    char url[300];
    (void)state;
    rig_open(NULL, NULL);
    f = feed_of(PLAN);
    assert_int_equal(wick_source_open(w, f, "file:/no/such.csv", NULL, 0, &s), WICK_E_IO);
    assert_string_equal(wick_error(w), "open /no/such.csv: No such file or directory");
    snprintf(url, sizeof url, "file:%s", dir);
    assert_int_equal(wick_source_open(w, f, url, NULL, 0, &s), WICK_E_IO);
    assert_non_null(strstr(wick_error(w), "is a directory"));
    assert_int_equal(wick_source_open(w, f, "file:", NULL, 0, &s), WICK_E_ARG);
    snprintf(url, sizeof url, "file:%s", file("x.csv", COLUMNS, 0));
    assert_int_equal(wick_source_open(w, f, url, "file=/no/other.csv", 0, &s), WICK_E_IO);
    assert_non_null(strstr(wick_error(w), "/no/other.csv"));
    wick_feed_unref(f);
    play_open(PLAN, file("empty.csv", "\n", 0), "");
    play_on(0);
    assert_int_equal(p.status, WICK_E_DATA);
    assert_non_null(strstr(p.why, "empty.csv"));
}

static void a_pipe_is_a_file_too(void **state)
{
    int ends[2];
    char path[64];
    const char *text = "100.0: " T(1, 100000) "\n";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    play_open(PLAN, path, "");
    close(ends[0]);
    play_on(0);
    expect_text(p.k, "open/a A 100000 A1 alive/a 100000 close/a * 100000");
}

/* 3 connections one after another, 3000 frames; kept at once, streamed, collected: the same
 * comes out. */
static char *long_recording(int sorted)
{
    char *text = malloc(1 << 21), pad[200];         /* padded: it takes several turns of the loop */
    size_t n = 0;

    memset(pad, 'x', sizeof pad - 1);
    pad[sizeof pad - 1] = '\0';
    for (int i = 0; i < 3000; i++) {
        int conn = sorted ? i % 3 : i / 1000, t = sorted ? i : i % 1000 * 3 + conn;

        n += (size_t)sprintf(text + n, "{\"t\":\"recv\",\"conn\":\"c%d\",\"ts\":%d.%03d,\"data\":\"{"
                             "\\\"e\\\":\\\"t\\\",\\\"s\\\":\\\"S%d\\\",\\\"t\\\":%d,\\\"p\\\":\\\"1\\\",\\\"q\\\":\\\"1\\\","
                             "\\\"i\\\":%d,\\\"x\\\":\\\"%s\\\"}\"}\n",
                             conn, 100 + t / 100, t % 100 * 10, conn, 100000 + t * 10, t, pad);
    }
    return text;
}

static void play_long(int sorted, size_t keep, int kick, char *out)
{
    char *text = long_recording(sorted);
    play_open(PLAN, file("long.jsonl", text, 0), "");
    if (keep)
        ((file_transport *)((source *)p.s)->t)->order.keep = keep;
    play_on(kick);
    assert_int_equal(p.status, WICK_OK);
    assert_int_equal(p.k->ticks, 3000);
    p.k->text[p.k->size] = '\0';
    strcpy(out, p.k->text);
    free(text);
}

static void a_recording_comes_out_the_same_however_it_is_read(void **state)
{
    static char kept[1 << 16], other[1 << 16];

    (void)state;
    play_long(0, 0, 0, kept);
    play_long(0, 10000, 0, other);                  /* collected by a second survey */
    assert_string_equal(kept, other);
    play_long(1, 0, 0, other);                      /* in order already */
    assert_string_equal(kept, other);
    play_long(1, 10000, 0, other);                  /* and streamed */
    assert_string_equal(kept, other);
    play_long(0, 0, 2, other);                      /* with a stage behind that is full again and again */
    assert_string_equal(kept, other);
    play_long(1, 10000, 3, other);
    assert_string_equal(kept, other);
}

static void a_recording_can_keep_its_own_pace(void **state)
{
    int64_t begin;

    (void)state;
    play_open(PLAN, file("a.txt", "100.000: " T(1, 100000) "\n100.040: " T(2, 100040) "\n", 0), "pace=1");
    begin = wick_now_ns(w);
    play_on(0);
    assert_true(wick_now_ns(w) - begin >= 39 * MS);
    assert_int_equal(p.k->ticks, 2);
}

static void a_recording_can_follow_the_wall_clock(void **state)
{
    char text[400];
    int64_t due;

    (void)state;
    play_open(PLAN, file("a.txt", "100.0: " T(1, 100000) "\n", 0), "");
    due = wick_now_ns(w) / MS + 40;
    snprintf(text, sizeof text, "100.000: " T(1, 100000) "\n%lld.%03lld: " T(2, 100000) "\n",
             (long long)(due / 1000), (long long)(due % 1000));
    play_open(PLAN, file("a.txt", text, 0), "follow=1");
    p.k->quiet = 1;
    play_on(0);
    assert_true(wick_now_ns(w) >= due * MS);
    assert_int_equal(p.k->ticks, 2);
}

static void a_file_closed_in_the_middle_leaks_nothing(void **state)
{
    char *text = long_recording(0);
    wick_event ev;
    (void)state;
    for (int i = 0; i < 8; i++) {
        play_open(PLAN, file("long.jsonl", text, 0), "");
        p.k->again = i;
        for (int turn = 0; turn < i; turn++)
            wick_poll(w, &ev, 1, 0);
    }
    free(text);
}

/* Every allocation fails once: the source ends with a reason, or each line is accounted for. */
static void memory_that_ends_is_told_and_nothing_leaks(void **state)
{
    char url[300];

    (void)state;
    snprintf(url, sizeof url, "file:%s", file("b.jsonl",
        R("c1", 101.0, Q("A", 1, 101000)) R("c2", 100.5, Q("A", 2, 100500)) "broken\n", 0));
    for (int n = 0; n < 150; n++) {
        wick_event ev;
        wick_stage *s = NULL;
        wick_feed *f;
        sink *k;

        rig_open(&RIG_HOST, NULL);
        f = feed_of(PLAN);
        k = sink_open();
        k->quiet = 1;
        shortage = (struct rig_shortage){.left = n, .on = 1, .once = 1};
        if (wick_source_open(w, f, url, "", 1, &s) == WICK_OK) {
            wick_link(w, s, &k->base);
            if (event_end(&ev, 200) == WICK_EV_END && ev.status == WICK_OK)     /* three lines, one broken */
                assert_true((int64_t)k->ticks + wick_stage_stat(s, "refused") >= 3);
        }
        shortage.on = 0;
        wick_feed_unref(f);
        rig_shut();
    }
}

/* ---- real recordings ---- */

#define FIELDS(symbol, time, unit, price, qty) \
    "field symbol\n>from " symbol "\nfield time\n>from " time "\nunit " unit "\nfield price\n>from " price \
    "\nfield qty\n>from " qty "\n"

static const struct { const char *file, *plan, *market; uint64_t trades; int conns; } REAL[] = {
    {"ws/binance_spot_2021-04-04.frames.txt.gz",
     HEAD_PLAN "rule trade\n>when ./kdata/ke is\nvalue aggTrade\n>trades ./kdata\n"
     FIELDS("./ks", "./kT", "ms", "./kp", "./kq") "field id\n>from ./ka\n", NULL, 1910, 1},
    {"ws/kraken_2021-04-17.frames.jsonl.gz",
     "wick-plan 1\nname test\nvenue Test\nids none\nrule trade\n>when ./i3 is\nvalue trade\n>trades ./i2/*\n"
     FIELDS("$/i-1", "./i3", "s", "./i1", "./i2"), NULL, 10, 1},
    {"ws/upbit_2021-04-17.frames.jsonl.gz",
     HEAD_PLAN "rule trade\n>when ./kty is\nvalue trade\n>trades .\n"
     FIELDS("./kcd", "./kttms", "ms", "./ktp", "./ktv") "field id\n>from ./ksid\n", NULL, 304, 1},
    {"ws/hitbtc_2021-07-15.frames.txt.gz",
     HEAD_PLAN "rule trade\n>when ./kmethod is\nvalue snapshotTrades\n>trades ./kparams/kdata/*\nsnapshot always\n"
     FIELDS("$/kparams/ksymbol", "./ktimestamp", "iso", "./kprice", "./kquantity") "field id\n>from ./kid\n",
     NULL, 1000, 1},
    {"trades/binance_spot_XRPETH_2019-10-11_12.aggtrades.csv.gz",
     HEAD_PLAN "csv trade\nfield time\n>from ./kT\nunit ms\nfield price\n>from ./kp\nfield qty\n>from ./kq\n"
     "field id\n>from ./ka\nfield symbol\n>from ./ks\nflag optional\n", "XRPETH", 10063, 1},
    {"trades/gemini_BTCUSD_2020-06-06.trades.csv.gz",
     HEAD_PLAN "csv trade\norder 0 newest\nfield time\n>from ./ktimestampms\nunit ms\nfield price\n>from ./kprice\n"
     "field qty\n>from ./kamount\nfield id\n>from ./ktid\nfield symbol\n>from ./ks\nflag optional\n", "BTCUSD", 500, 1},
};

static void the_recordings_of_real_venues_give_their_known_counts(void **state)
{
    const char *shared = getenv("SHARED");
    char path[512], options[100];
    (void)state;
    shared = shared ? shared : "../shared";
    if (access(shared, R_OK) != 0) {
        print_message("SKIPPED: no recordings at SHARED=%s\n", shared);
        skip();
    }
    for (size_t i = 0; i < sizeof REAL / sizeof *REAL; i++) {
        snprintf(path, sizeof path, "%s/data/%s", shared, REAL[i].file);
        snprintf(options, sizeof options, "%s%s", REAL[i].market ? "market=" : "", REAL[i].market ? REAL[i].market : "");
        play_open(REAL[i].plan, path, options);
        p.k->quiet = 1;
        play_on(0);
        if (p.status || p.refused || p.k->ticks != REAL[i].trades)
            fail_msg("%s: status %d %s, %u refused, %d trades", path, p.status, p.why, p.refused, (int)p.k->ticks);
    }
}

/* Read whole and from memory, or streamed: each connection knows where it leads. */
static void a_connection_knows_its_address(void **state)
{
    static const char PLAN_AT[] = HEAD_PLAN
        "rule trade\n>when @/khost is\nvalue h\n>trades .\nfield symbol\n>from @/kpath/i-1\n"
        "field time\n>from ./kt\nunit ms\nfield price\n>from ./kp\nfield qty\n>from ./kq\n"
        "field id\n>from ./ki\n";
    static const char TEXT[] =
        "ws://h/ws/B <-> 1.5\n2.0: {\"t\":1000,\"p\":1,\"q\":1,\"i\":1}\n"
        "ws://h/ws/C <-> 3.5\n3.6: {\"t\":1000,\"p\":1,\"q\":1,\"i\":2}\n"
        "ws://x/ws/D <-> 4.5\n4.6: {\"t\":1000,\"p\":1,\"q\":1,\"i\":3}\n";
    static const char LINES[] =
        "{\"t\":\"connect\",\"conn\":\"1\",\"ts\":1,\"addr\":\"ws://h/B\"}\n"
        "{\"t\":\"connect\",\"conn\":\"2\",\"ts\":1,\"addr\":\"ws://h/C\"}\n"
        "{\"t\":\"recv\",\"conn\":\"2\",\"ts\":3,\"data\":\"{\\\"t\\\":1000,\\\"p\\\":1,\\\"q\\\":1,\\\"i\\\":2}\"}\n"
        "{\"t\":\"recv\",\"conn\":\"1\",\"ts\":2,\"data\":\"{\\\"t\\\":1000,\\\"p\\\":1,\\\"q\\\":1,\\\"i\\\":1}\"}\n"
        "{\"t\":\"recv\",\"conn\":\"3\",\"ts\":4,\"data\":\"{\\\"t\\\":1000,\\\"p\\\":1,\\\"q\\\":1,\\\"i\\\":3}\"}\n";
    const char *const files[] = {TEXT, LINES};
    (void)state;
    for (int i = 0; i < 2; i++) {
        play_open(PLAN_AT, file("at", files[i], 0), NULL);
        play_on(0);
        assert_int_equal(p.status, WICK_OK);
        assert_int_equal(p.k->ticks, 2);
        assert_non_null(strstr(p.k->text, "B1"));
        assert_non_null(strstr(p.k->text, "C2"));
        assert_null(strstr(p.k->text, "D3"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_text_recording_covers_from_what_was_sent_to_its_last_frame),
        RIG_TEST(without_a_sent_line_the_first_frame_counts),
        RIG_TEST(a_market_is_covered_from_the_text_that_named_it),
        RIG_TEST(connections_listed_one_after_another_are_taken_by_time),
        RIG_TEST(a_second_connect_line_is_another_connection),
        RIG_TEST(files_of_one_call_are_one_input),
        RIG_TEST(rows_cover_from_a_first_trade_to_the_greatest_time_of_all),
        RIG_TEST(the_least_time_of_a_later_file_widens),
        RIG_TEST(newest_first_rows_are_turned_round),
        RIG_TEST(bare_messages_are_rows),
        RIG_TEST(damaged_lines_are_refused_one_by_one_with_their_place),
        RIG_TEST(a_cut_gzip_stream_keeps_what_was_read_and_says_so),
        RIG_TEST(files_that_cannot_be_read_are_named),
        RIG_TEST(a_pipe_is_a_file_too),
        RIG_TEST(a_recording_comes_out_the_same_however_it_is_read),
        RIG_TEST(a_recording_can_keep_its_own_pace),
        RIG_TEST(a_recording_can_follow_the_wall_clock),
        RIG_TEST(a_file_closed_in_the_middle_leaks_nothing),
        RIG_TEST(memory_that_ends_is_told_and_nothing_leaks),
        RIG_TEST(a_connection_knows_its_address),
        RIG_TEST(the_recordings_of_real_venues_give_their_known_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
