/* SPDX-License-Identifier: Apache-2.0
 * The log: one contract for every driver, then what the file adds: restarts, damage, locks, kills,
 * full disks. */
#include "file_rig.h"

#include "../../src/bus/record_batch.h"

#define T0 1700000000000000000LL
static const char *url;                     /* of the driver that is tested */

/* ---- a reader that keeps what it gets, and a source that is told when there is room ---------- */

typedef struct reader {
    wick_stage stage;
    wick_tick *ticks;
    wick_mark *marks;                       /* at: place among all ticks */
    char     (*ids)[48];
    uint32_t *partitions;                   /* of each tick */
    uint64_t *offsets;
    const char **sources;                   /* of each tick */
    uint32_t count, mark_count, cap, refuse_from;
    uint64_t last_offset;
    int64_t  last_recv_ns;
    int      descending;
} reader;

enum { READER_CAP = 400000 };

static int reader_take(wick_stage *s, const wick_batch *b)
{
    reader *r = (reader *)s;

    if (r->refuse_from && r->count >= r->refuse_from)
        return WICK_E_AGAIN;
    r->descending |= b->offset <= r->last_offset && r->last_offset != 0;
    r->last_offset = b->offset;
    r->last_recv_ns = b->recv_ns;
    for (uint32_t i = 0, m = 0; i <= b->tick_count; i++) {
        for (; m < b->mark_count && b->marks[m].at <= i; m++) {
            assert_true(r->mark_count < 1000);
            r->marks[r->mark_count] = b->marks[m];
            r->marks[r->mark_count].at = r->count;
            r->marks[r->mark_count++].repeats |= b->partition << 16;
        }
        if (i == b->tick_count)
            break;
        assert_true(r->count < READER_CAP && b->ticks[i].id_len < 48);
        r->ticks[r->count] = b->ticks[i];
        r->ticks[r->count].id_at = 0;
        memset(r->ids[r->count], 0, 48);
        memcpy(r->ids[r->count], b->bytes + b->ticks[i].id_at, b->ticks[i].id_len);
        r->offsets[r->count] = b->offset;
        r->sources[r->count] = b->source;
        r->partitions[r->count++] = b->partition;
    }
    return WICK_OK;
}

static void reader_close(wick_stage *s)
{
    reader *r = (reader *)s;

    free(r->ticks);
    free(r->marks);
    free(r->ids);
    free(r->partitions);
    free(r->offsets);
    free(r->sources);
}

static const stage_ops READER = {.kind = "agg", .take = reader_take, .close = reader_close};

static reader *reader_open(wick_stage *bus)
{
    reader *r = stage_new(w, &READER, sizeof *r, 0, NULL);

    r->ticks = calloc(READER_CAP, sizeof *r->ticks);
    r->marks = calloc(1000, sizeof *r->marks);
    r->ids = calloc(READER_CAP, sizeof *r->ids);
    r->partitions = calloc(READER_CAP, sizeof *r->partitions);
    r->offsets = calloc(READER_CAP, sizeof *r->offsets);
    r->sources = calloc(READER_CAP, sizeof *r->sources);
    assert_int_equal(wick_link(w, bus, &r->stage), WICK_OK);
    return r;
}

static void seek(wick_stage *bus, reader *r, const commit_offset *from, uint32_t count)
{
    assert_int_equal(bus->ops->seek(bus, &r->stage, from, count), WICK_OK);
}

typedef struct feed { wick_stage stage; int told; } feed;
static void feed_ready(wick_stage *s) { ((feed *)s)->told++; }
static void feed_close(wick_stage *s) { (void)s; }
static const stage_ops FEED = {.kind = "source", .ready = feed_ready, .close = feed_close};

/* The log of the running test, on a context with settings as "key", "value", ..., NULL. */
static wick_stage *bus_open(const wick_host *host, ...)
{
    va_list settings;
    wick_stage *bus;

    va_start(settings, host);
    w = rig_context(host, settings);
    va_end(settings);
    if (wick_bus_open(w, url, 3, &bus) != WICK_OK)
        fail_msg("%s", wick_error(w));
    return bus;
}

static int take(wick_stage *bus, const wick_tick *t, uint32_t n, const wick_mark *m, uint32_t marks,
                const char *bytes)
{
    wick_batch b = {.ticks = t,
                    .marks = m,
                    .bytes = (const uint8_t *)bytes,
                    .tick_count = n,
                    .mark_count = marks,
                    .byte_count = bytes ? (uint32_t)strlen(bytes) : 0,
                    .recv_ns = T0 + 5};

    return bus->ops->take(bus, &b);
}

static void drain(wick_stage *bus)
{
    assert_int_equal(wick_stage_drain(bus, 4), WICK_OK);
    rig_await(WICK_EV_DRAINED, 4);
}

/* Tick number n of a market: everything about it follows from both. */
static wick_tick tick(uint32_t market, uint32_t n)
{
    return (wick_tick){.time_ns = T0 + n * 1000000LL,
                       .price = 100 + n % 13,
                       .price_exp = -2,
                       .qty = n + 1,
                       .qty_exp = -3,
                       .market = market,
                       .trades = 1,
                       .flags = n % 2 ? WICK_TICK_BUY : WICK_TICK_SELL,
                       .nth = (uint16_t)(n % 3)};
}

static void give(wick_stage *bus, uint32_t market, uint32_t from, uint32_t count)
{
    wick_tick t[500];

    for (uint32_t n = from; n < from + count;) {
        uint32_t k = 0;

        for (; k < 500 && n < from + count; k++)
            t[k] = tick(market, n++);
        while (take(bus, t, k, NULL, 0, NULL) == WICK_E_AGAIN)
            rig_poll(NULL, NULL, 1);
    }
}

static void check(const reader *r, uint32_t at, uint32_t market, uint32_t n)
{
    wick_tick want = tick(market, n);

    assert_memory_equal(&r->ticks[at], &want, sizeof want);
}

/* ---- the contract ---------------------------------------------------------------------------- */

static const char ODD_IDS[] = "42" "007" "18446744073709551615" "5f0c-uuid" "9223372036854775806"
                              "0";
enum { ODD_TICKS = 7, ODD_MARKS = 3 };

/* The ends of every field's range, and every form of id. */
static void odd_ticks(wick_tick t[ODD_TICKS], uint32_t a, uint32_t b)
{
    static const struct { uint32_t at, len; uint64_t key; } ID[ODD_TICKS] = {
        {0, 2, 42}, {2, 3, 7}, {5, 20, INT64_MAX}, {25, 9, 1ull << 63}, {34, 19, INT64_MAX - 1},
        {53, 1, 0}, {0, 0, 99},
    };

    for (uint32_t i = 0; i < ODD_TICKS; i++)
        t[i] = (wick_tick){.time_ns = i, .market = i % 2 ? b : a, .trades = 1, .id_at = ID[i].at,
                           .id_len = ID[i].len, .id_key = ID[i].key};
    t[0].time_ns = T0;
    t[0].price = 5;
    t[0].qty = 7;
    t[1].time_ns = t[1].price = INT64_MIN;
    t[1].qty = INT64_MAX;
    t[1].trades = 0;
    t[1].seq = UINT64_MAX;
    t[1].flags = UINT32_MAX;
    t[1].price_exp = -128;
    t[1].qty_exp = 127;
    t[1].nth = 65535;
    t[2].time_ns = INT64_MAX;
    t[2].price = -1;
    t[2].trades = UINT32_MAX;
    t[2].seq = 1;
}

static void every_field_comes_back(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.partitions", "1", NULL);
    reader *r = reader_open(bus);
    uint32_t b = rig_market("X:\xc3\xa4 \"~\x01"), s = rig_market("kraken");
    wick_tick t[ODD_TICKS];
    wick_mark m[ODD_MARKS] = {
        {WICK_MARK_OPEN, b, UINT64_MAX, -1, INT64_MAX, 0, s, 20, WICK_MARK_F_OPEN_PREV,
         wick_market_name(w, rig_market("XBT/EUR"))},
        {WICK_MARK_ALIVE, WICK_NO_MARKET, UINT64_MAX, 0, 5, 3, s, 0, 0, NULL},
        {WICK_MARK_CLOSE, WICK_NO_MARKET, UINT64_MAX, 0, INT64_MIN, 7, s, 0, UINT32_MAX, NULL},
    };

    (void)state;
    odd_ticks(t, rig_market("Kraken:BTC-EUR"), b);
    seek(bus, r, NULL, 0);
    assert_int_equal(take(bus, t, ODD_TICKS, m, ODD_MARKS, ODD_IDS), WICK_OK);
    drain(bus);
    assert_int_equal(r->count, ODD_TICKS);
    for (uint32_t i = 0; i < ODD_TICKS; i++) {
        wick_tick want = t[i];

        want.id_at = 0;
        assert_memory_equal(&r->ticks[i], &want, sizeof want);
        assert_memory_equal(r->ids[i], ODD_IDS + t[i].id_at, t[i].id_len);
    }
    assert_int_equal(r->mark_count, ODD_MARKS);
    assert_memory_equal(r->marks, m, sizeof m);
    assert_int_equal(r->last_recv_ns, T0 + 5);
}

/* Two sources that take turns, and one that says nothing, in one partition. */
static void trades_keep_the_name_of_their_source(void **state)
{
    enum { N = 30 };
    wick_stage *bus = bus_open(NULL, "bus.partitions", "1", NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("Kraken:BTC-EUR");
    const char *sources[] = {wick_market_name(w, rig_market("kraken")), NULL,
                             wick_market_name(w, rig_market("cryptocompare"))};

    (void)state;
    seek(bus, r, NULL, 0);
    for (uint32_t n = 0; n < N; n++) {
        wick_tick t = tick(m, n);
        wick_batch b = {.ticks = &t, .tick_count = 1, .recv_ns = T0, .source = sources[n / 4 % 3]};

        assert_int_equal(bus->ops->take(bus, &b), WICK_OK);
    }
    drain(bus);
    assert_int_equal(r->count, N);
    for (uint32_t n = 0; n < N; n++) {
        check(r, n, m, n);
        assert_ptr_equal(r->sources[n], sources[n / 4 % 3]);
    }
    assert_int_equal(wick_stage_stat(bus, "records"), (N + 3) / 4);  /* no more than needed */
}

static void ticks_go_to_the_partition_of_their_market_in_order(void **state)
{
    enum { MARKETS = 40, EACH = 300 };
    char name[32];
    wick_stage *bus = bus_open(NULL, "bus.partitions", "7", "bus.pack", "64", NULL);
    reader *r = reader_open(bus);
    uint32_t m[MARKETS], next[MARKETS] = {0};

    (void)state;
    for (int i = 0; i < MARKETS; i++) {
        snprintf(name, sizeof name, "V:M%d-USD", i);
        m[i] = rig_market(name);
    }
    seek(bus, r, NULL, 0);
    for (uint32_t n = 0; n < EACH; n += 10)
        for (int i = 0; i < MARKETS; i++)
            give(bus, m[i], n, 10);
    drain(bus);
    assert_int_equal(r->count, MARKETS * EACH);
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t k = r->ticks[i].market - m[0];
        const char *text = wick_market_name(w, m[k]);

        assert_int_equal(r->partitions[i], market_partition(text, strlen(text), 7));
        check(r, i, m[k], next[k]++);
    }
    assert_false(r->descending);
    assert_true(wick_stage_stat(bus, "records") >= MARKETS * EACH / 64);
    assert_int_equal(wick_stage_stat(bus, "ticks"), MARKETS * EACH);
    assert_int_equal(wick_stage_stat(bus, "waiting"), 0);
}

static void marks_of_a_connection_go_where_it_has_markets(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.partitions", "64", NULL);
    reader *r = reader_open(bus);
    uint32_t a = rig_market("V:A-B"), b = rig_market("V:C-D"), all = 0;
    wick_mark m[] = {
        {.kind = WICK_MARK_OPEN, .market = a, .conn = 1, .source = b},
        {.kind = WICK_MARK_OPEN, .market = b, .conn = 1, .source = b},
        {.kind = WICK_MARK_ALIVE, .market = WICK_NO_MARKET, .conn = 1, .source = b},
        {.kind = WICK_MARK_ALIVE,
         .market = WICK_NO_MARKET,
         .conn = 2,
         .source = b}, /* known to nobody */
    };

    (void)state;
    assert_int_not_equal(market_partition("V:A-B", 5, 64), market_partition("V:C-D", 5, 64));
    seek(bus, r, NULL, 0);
    assert_int_equal(take(bus, NULL, 0, m, 4, NULL), WICK_OK);
    drain(bus);
    for (uint32_t i = 0; i < r->mark_count; i++)
        all += r->marks[i].conn == 2;
    assert_int_equal(r->mark_count - all, 4);
    assert_int_equal(all, 64);
}

static void readers_stand_where_they_like(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.partitions", "1", "bus.pack", "100", NULL);
    reader *a = reader_open(bus), *b = reader_open(bus);
    uint32_t m = rig_market("V:A-B");
    uint64_t middle;

    (void)state;
    give(bus, m, 0, 1000);
    for (int i = 0; i < 10; i++)
        rig_poll(NULL, NULL, 2);
    assert_int_equal(a->count + b->count, 0);               /* nothing before the first seek */
    assert_int_equal(bus->ops->log_end(bus), 0);
    seek(bus, a, NULL, 0);
    RIG_UNTIL(a->count == 1000);
    assert_int_equal(bus->ops->log_end(bus), a->last_offset);
    middle = a->offsets[500];
    seek(bus, b, &(commit_offset){.next_offset = middle, .window_offset = middle}, 1);
    RIG_UNTIL(b->count == 500);
    check(b, 0, m, 500);
    give(bus, m, 1000, 50);
    drain(bus);
    assert_int_equal(a->count, 1050);
    assert_int_equal(b->count, 550);
    a->count = 0;
    a->last_offset = 0;
    seek(bus, a, &(commit_offset){.next_offset = middle, .window_offset = a->offsets[200]}, 1);
    RIG_UNTIL(a->count == 850);             /* from the window on */
    check(a, 0, m, 200);
    assert_false(a->descending | b->descending);
    assert_int_equal(a->mark_count + b->mark_count, 0);
    wick_stage_close(&b->stage);                            /* a reader that goes holds nobody up */
    give(bus, m, 1050, 10);
    drain(bus);
    assert_int_equal(a->count, 860);
}

/* A power cut, or an old copy put back: what the store holds was at offsets that are free again.
 * New records there would be taken for those. */
static void a_log_that_lost_its_end_goes_on_behind_what_was_read(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.partitions", "1", "bus.pack", "100", NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("V:A-B");

    (void)state;
    give(bus, m, 0, 30);                    /* before anybody has said where */
    rig_poll(NULL, NULL, 2);
    seek(bus, r, &(commit_offset){.next_offset = 700, .window_offset = 600}, 1);
    drain(bus);
    assert_int_equal(r->count, 30);
    assert_int_equal(r->offsets[0], 700);
    check(r, 0, m, 0);
    give(bus, m, 30, 200);
    drain(bus);
    assert_int_equal(r->count, 230);
    assert_true(r->last_offset > 700);
    assert_false(r->descending);
}

static void a_full_reader_stops_and_goes_on_when_told(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.pack", "10", NULL);
    reader *a = reader_open(bus), *b = reader_open(bus);
    uint32_t m = rig_market("V:A-B");

    (void)state;
    seek(bus, a, NULL, 0);
    seek(bus, b, NULL, 0);
    b->refuse_from = 30;
    give(bus, m, 0, 100);
    RIG_UNTIL(a->count == 100);
    assert_int_equal(b->count, 30);
    assert_int_equal(wick_stage_hold(bus), WICK_OK);
    b->refuse_from = 0;
    bus->ops->ready(bus);
    assert_int_equal(b->count, 30);                         /* held */
    assert_int_equal(wick_stage_flow(bus), WICK_OK);
    RIG_UNTIL(b->count == 100);
    for (uint32_t i = 0; i < 100; i++)
        check(b, i, m, i);
}

static void a_script_reads_the_log_as_events(void **state)
{
    wick_stage *bus = bus_open(NULL, NULL);

    (void)state;
    give(bus, rig_market("V:A-B"), 0, 5);
    assert_int_equal(wick_link(w, bus, NULL), WICK_OK);
    assert_int_equal(rig_await(WICK_EV_BATCH, 3).status, WICK_OK);
}

static void an_append_that_fails_is_tried_again(void **state)
{
    wick_stage *bus = bus_open(NULL, NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("V:A-B");

    (void)state;
    seek(bus, r, NULL, 0);
    assert_int_equal(wick_fault(w, "bus.append", 1), WICK_OK);
    give(bus, m, 0, 20);
    assert_int_equal(rig_await(WICK_EV_FULL, 3).status, WICK_E_IO);
    assert_int_equal(r->count, 0); /* only what is in the log is handed on */
    give(bus, m, 20, 20);
    assert_int_equal(rig_await(WICK_EV_READY, 3).status, WICK_OK);
    drain(bus);
    assert_int_equal(r->count, 40);
    for (uint32_t i = 0; i < 40; i++)
        check(r, i, m, i);
    assert_int_equal(wick_stage_stat(bus, "errors"), 1);
}

static void a_log_that_is_full_says_so_and_tells_when_not(void **state)
{
    wick_stage *bus = bus_open(NULL, NULL);
    feed *f = stage_new(w, &FEED, sizeof *f, 0, NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("V:A-B"), n = 0;
    static char id[60001];
    wick_tick t = tick(m, 0);

    (void)state;
    assert_int_equal(wick_link(w, &f->stage, bus), WICK_OK);
    f->told = 0;
    r->refuse_from = 1;
    r->count = 1;                                           /* takes nothing */
    seek(bus, r, NULL, 0);
    memset(id, 'x', sizeof id - 1);
    t.id_len = 60000;
    while (take(bus, &t, 1, NULL, 0, id) == WICK_OK && n < 4000)
        n++; /* never run: the file cannot keep up, memory is full */
    assert_true(n > 300 && n < 4000);
    wick_stage_close(&r->stage);                            /* with nobody left to wait for */
    RIG_UNTIL(f->told > 0);
    assert_int_equal(take(bus, &t, 1, NULL, 0, id), WICK_OK);
    drain(bus);
    assert_int_equal(wick_stage_stat(bus, "ticks"), n + 1);
}

static void a_batch_that_points_outside_itself_is_an_error(void **state)
{
    wick_stage *bus = bus_open(NULL, NULL);
    wick_tick t = tick(99, 0);

    (void)state;
    assert_int_equal(take(bus, &t, 1, NULL, 0, NULL), WICK_E_ARG);
    t = tick(rig_market("V:A-B"), 0);
    t.id_at = 3;
    t.id_len = 5;
    assert_int_equal(take(bus, &t, 1, NULL, 0, "1234567"), WICK_E_ARG);
    assert_int_equal(take(bus, &t, 1, NULL, 0, "12345678"), WICK_OK);
}

/* ---- memory that runs out -------------------------------------------------------------------- */

static void opening_fails_cleanly_at_every_allocation(void **state)
{
    int rc = WICK_E_NOMEM, tries = 0;
    wick_stage *bus;

    (void)state;
    rig_open(&RIG_HOST, NULL);
    for (; rc < 0; tries++) {
        shortage = (struct rig_shortage){.on = 1, .left = tries};
        rc = wick_bus_open(w, url, 3, &bus);
        shortage.on = 0;
        assert_true(rc == WICK_OK || (rc < 0 && tries < 100 && *wick_error(w)));
    }
    assert_true(tries > 3);
}

static void a_batch_is_taken_whole_or_not_at_all(void **state)
{
    wick_stage *bus =
        bus_open(&RIG_HOST, "bus.pack", "20", "bus.partitions", "5", "bus.linger", "1h", NULL);
    reader *r = reader_open(bus);
    uint32_t m[9], next[9] = {0}, taken = 0, failures = 0;
    wick_tick t[90];

    (void)state;
    for (int i = 0; i < 9; i++) {
        char name[16];

        snprintf(name, sizeof name, "V:%d-X", i);
        m[i] = rig_market(name);
    }
    for (long fail = 0; fail < 400; fail++) {
        uint32_t k = 0;
        int rc;

        for (uint32_t n = 0; n < 10; n++)
            for (int i = 0; i < 9; i++)
                t[k++] = tick(m[i], taken * 10 + n);
        shortage.on = 1;
        shortage.left = fail % 23;
        rc = take(bus, t, k, NULL, 0, NULL);
        shortage.on = 0;
        assert_true(rc == WICK_OK || rc == WICK_E_NOMEM);
        taken += rc == WICK_OK;
        failures += rc != WICK_OK;
    }
    assert_true(failures > 20 && taken > 20);
    seek(bus, r, NULL, 0);
    drain(bus);
    assert_int_equal(r->count, taken * 90);
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t k = r->ticks[i].market - m[0];

        check(r, i, m[k], next[k]++);
    }
}

/* ---- records --------------------------------------------------------------------------------- */

/* A record of six ticks and six marks, as it would come from the file. */
static bus_record *six(void)
{
    struct record_name rows[8] = {{0}};
    record_names names = {.rows = rows, .cap = 8};
    record_pack p = {0};
    uint32_t m = rig_market("V:A-B");
    bus_record *r;

    for (uint32_t i = 0; i < 6; i++) {
        wick_tick t = tick(m, i);
        wick_mark k = {.kind = WICK_MARK_ALIVE, .market = i % 2 ? m : WICK_NO_MARKET, .conn = i};

        k.source = m;
        t.id_len = i;
        t.id_key = i == 1 ? 7 : 0;
        assert_int_equal(record_tick(w, &names, &p, &t, (const uint8_t *)"7abcdef"), WICK_OK);
        assert_int_equal(record_mark(w, &names, &p, &k), WICK_OK);
    }
    p.r->recv_ns = 5;
    r = record_seal(&p);
    mem_free(w, p.slots);
    return r;
}

static void a_record_that_is_cut_or_changed_anywhere_is_refused(void **state)
{
    record_batch b = {0};
    const char *why;
    bus_record *r;

    (void)state;
    rig_open(NULL, NULL);
    r = six();
    assert_int_equal(record_decode(w, r, &b, &why), WICK_OK);
    assert_int_equal(b.b.tick_count, 6);
    assert_int_equal(b.b.mark_count, 6);
    for (uint32_t cut = 0, size = r->size; cut < size; cut++) {
        r->size = cut;
        assert_int_equal(record_decode(w, r, &b, &why), WICK_E_DATA);
        r->size = size;
        for (int bit = 0; bit < 8; bit++) {
            r->data[cut] ^= (uint8_t)(1 << bit);
            assert_int_equal(record_decode(w, r, &b, &why), WICK_E_DATA);
            r->data[cut] ^= (uint8_t)(1 << bit);
        }
    }
    r->partition++;                         /* its place is hashed too */
    assert_int_equal(record_decode(w, r, &b, &why), WICK_E_DATA);
    record_free(w, r);
    record_batch_fini(w, &b);
}

/* Damage whose hash is right: the bounds alone hold. */
static void a_record_that_lies_is_read_within_its_bounds(void **state)
{
    record_batch b = {0};
    uint32_t seed = 1;
    const char *why;
    bus_record *r;

    (void)state;
    rig_open(NULL, NULL);
    r = six();
    for (uint32_t at = 0; at < 20000; at++) {
        uint32_t place = (seed = seed * 1664525 + 1013904223) % (r->size - RECORD_HEAD);
        uint8_t was = r->data[RECORD_HEAD + place];
        uint64_t hash;

        r->data[RECORD_HEAD + place] = (uint8_t)(seed >> 24);
        if (at % 3 == 0)
            r->data[4 + at % 12] ^= (uint8_t)(seed >> 16);
        hash = record_hash(r);
        memcpy(r->data + 16, &hash, 8);
        assert_true(record_decode(w, r, &b, &why) <= 0);
        if (at % 5)
            r->data[RECORD_HEAD + place] = was;
    }
    record_free(w, r);
    record_batch_fini(w, &b);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void a_log_keeps_its_name_and_goes_on_where_it_was(void **state)
{
    char name[40];
    wick_stage *bus;
    reader *r;
    uint64_t offset;

    (void)state;
    bus = bus_open(NULL, "bus.partitions", "3", NULL);
    give(bus, rig_market("V:A-B"), 0, 2500);
    drain(bus);
    snprintf(name, sizeof name, "%s", bus->ops->log_id(bus));
    assert_int_equal(strlen(name), 32);
    rig_shut();
    bus = bus_open(NULL, "bus.partitions", "8", NULL);  /* it keeps the three it was made with */
    r = reader_open(bus);
    assert_string_equal(bus->ops->log_id(bus), name);
    rig_market("Other:MARKET-FIRST");       /* ids differ, names do not */
    seek(bus, r, NULL, 0);
    give(bus, rig_market("V:A-B"), 2500, 10);
    drain(bus);
    assert_int_equal(r->count, 2510);
    for (uint32_t i = 0; i < 2510; i++)
        check(r, i, rig_market("V:A-B"), i);
    assert_int_equal(r->partitions[2509], market_partition("V:A-B", 5, 3));
    offset = r->last_offset;
    rig_shut();
    file_sql("log.db", "DELETE FROM record");   /* even then no offset comes twice */
    bus = bus_open(NULL, NULL);
    r = reader_open(bus);
    seek(bus, r, NULL, 0);
    give(bus, rig_market("V:A-B"), 0, 1);
    drain(bus);
    assert_true(r->last_offset > offset);
}

static void a_log_has_one_writer(void **state)
{
    wick_stage *bus = bus_open(NULL, NULL), *other;
    wick *first = w;

    (void)state;
    rig_open(NULL, NULL);
    assert_int_equal(wick_bus_open(w, NULL, 0, &other), WICK_E_IO);
    assert_non_null(strstr(wick_error(w), "in use by process"));
    wick_stage_close(bus);
    assert_int_equal(wick_bus_open(w, NULL, 0, &other), WICK_OK);
    wick_close(first);
}

static void a_damaged_record_in_the_file_is_told_and_passed(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.pack", "10", "bus.partitions", "1", NULL);
    reader *r;
    uint32_t m;

    (void)state;
    give(bus, rig_market("V:A-B"), 0, 50);
    drain(bus);
    rig_shut();
    file_sql("log.db", "UPDATE record SET body = zeroblob(100) WHERE place = 2;"
                       "UPDATE record SET body = 'text' WHERE place = 4");
    bus = bus_open(NULL, NULL);
    r = reader_open(bus);
    m = rig_market("V:A-B");
    seek(bus, r, NULL, 0);
    assert_int_equal(rig_await(WICK_EV_REFUSED, 3).status, WICK_E_DATA);
    RIG_UNTIL(r->count == 30);
    assert_int_equal(wick_stage_stat(bus, "damaged"), 2);
    assert_int_equal(r->mark_count, 2);
    assert_int_equal(r->marks[0].kind, WICK_MARK_GAP);
    assert_int_equal(r->marks[0].market, WICK_NO_MARKET);
    assert_int_equal(r->marks[0].at, 10);
    assert_int_equal(r->marks[0].from_ns, tick(m, 10).time_ns);
    assert_int_equal(r->marks[0].to_ns, tick(m, 19).time_ns);
    check(r, 10, m, 20);
}

static void old_records_go_and_a_reader_behind_them_is_told(void **state)
{
    wick_stage *bus = bus_open(NULL, "bus.pack", "1", "bus.partitions", "1", NULL);
    reader *r;
    uint32_t m;

    (void)state;
    give(bus, rig_market("V:A-B"), 0, 600);
    drain(bus);
    rig_shut();
    file_sql("log.db", "UPDATE record SET wrote_ms = 1000 WHERE place <= 500");
    bus = bus_open(NULL, "bus.retention", "1h", NULL);
    r = reader_open(bus);
    m = rig_market("V:A-B");
    RIG_UNTIL(wick_stage_stat(bus, "trimmed") == 500);
    seek(bus, r, &(commit_offset){.next_offset = 300, .window_offset = 200}, 1);
    RIG_UNTIL(r->count == 100);
    assert_int_equal(r->mark_count, 1);
    assert_int_equal(r->marks[0].kind, WICK_MARK_GAP);
    assert_int_equal(r->marks[0].from_ns, INT64_MIN);
    assert_int_equal(r->marks[0].to_ns, tick(m, 499).time_ns);
    assert_int_equal(r->marks[0].at, 0);
    check(r, 0, m, 500);
    r->count = r->mark_count = 0;
    r->last_offset = 0;
    seek(bus, r, &(commit_offset){.next_offset = 501, .window_offset = 200},
         1); /* only the window is short */
    RIG_UNTIL(r->count == 100);
    assert_int_equal(r->mark_count, 0);
    assert_false(r->descending);
}

static void log_refused(const char *word)
{
    wick_stage *bus;

    rig_open(NULL, NULL);
    file_refused(wick_bus_open(w, NULL, 0, &bus), "log.db", word);
}

static void a_file_that_is_no_log_is_refused_with_its_reason(void **state)
{
    wick_stage *bus;

    (void)state;
    file_nonsense("log.db");
    log_refused("not a database");
    unlink(rig_path("log.db"));
    file_sql("log.db", "CREATE TABLE shopping (list TEXT)");
    log_refused("another program");
    unlink(rig_path("log.db"));
    bus_open(NULL, NULL);
    rig_shut();
    rig_open(NULL, NULL);
    assert_int_equal(wick_bus_open(w, "pigeons:", 0, &bus), WICK_E_ARG);
    assert_int_equal(wick_bus_open(w, "memory:x", 0, &bus), WICK_E_ARG);
    rig_shut();
    file_sql("log.db", "PRAGMA user_version = 9");
    log_refused("newer");
}

static void full_disk_child(void)
{
    wick_stage *bus = bus_open(NULL, NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("V:A-B");
    rig_wait f = {.kind = WICK_EV_FULL, .any_tag = 1};
    uint32_t n = 0;

    file_limit(400 << 10);
    seek(bus, r, NULL, 0);
    while (!f.found && n < 300000) {
        give(bus, m, n, 500);
        n += 500;
        rig_poll(rig_see, &f, 1);
    }
    if (!f.found || f.status != WICK_E_IO || r->count >= n)
        _exit(3);
    give(bus, m, n, 500);
    file_limit(0);
    drain(bus);
    if (r->count != n + 500)
        _exit(4);
    for (uint32_t i = 0; i < r->count; i++)
        check(r, i, m, i);
    rig_shut();
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    file_child(full_disk_child);
}

/* What the log has is a beginning of what was sent, over all partitions: a source can go on where
 * it ends. */
static void marching_child(int tell)
{
    enum { MARKETS = 24 };
    wick_stage *bus = bus_open(NULL, "bus.pack", "50", NULL);

    (void)tell;
    for (uint32_t n = 0;; n++) {
        wick_tick t[MARKETS];

        for (uint32_t i = 0; i < MARKETS; i++) {    /* shares that differ: so do packs */
            char name[16];

            snprintf(name, sizeof name, "V:M%u-X", n % (i + 1) ? 0 : i);
            t[i] = tick(rig_market(name), n * MARKETS + i);
        }
        while (take(bus, t, MARKETS, NULL, 0, NULL) == WICK_E_AGAIN)
            rig_poll(NULL, NULL, 1);
        if (n % 16 == 0)
            rig_poll(NULL, NULL, 1);
        if (wick_stage_stat(bus, "ticks") > 40000)
            kill(getpid(), SIGKILL);
    }
}

static void kill_nine_leaves_a_beginning(void **state)
{
    wick_stage *bus;
    reader *r;

    (void)state;
    file_killed(marching_child, 1, 0);
    bus = bus_open(NULL, NULL);
    r = reader_open(bus);
    seek(bus, r, NULL, 0);
    drain(bus);
    assert_true(r->count > 40000);
    for (uint32_t i = 0; i < r->count; i++)             /* each is one of the first `count` */
        assert_true(r->ticks[i].time_ns < T0 + r->count * 1000000LL);
    assert_int_equal(wick_stage_stat(bus, "last_ms"), T0 / 1000000 + r->count - 1);
}

static void killed_child(int tell)
{
    wick_stage *bus = bus_open(NULL, NULL);
    reader *r = reader_open(bus);
    uint32_t m = rig_market("V:A-B");

    seek(bus, r, NULL, 0);
    for (uint32_t n = 0;; n += 50) {
        give(bus, m, n, 50);
        rig_poll(NULL, NULL, 1);
        r->count %= READER_CAP / 2;
        int64_t ticks = wick_stage_stat(bus, "ticks");
        if (write(tell, &ticks, sizeof ticks) != sizeof ticks)
            _exit(1);
    }
}

static void kill_nine_keeps_what_was_handed_on(void **state)
{
    for (int round = 0; round < 4; round++) {
        int64_t acked = file_killed(killed_child, round * 2000 + 500, 0);
        wick_stage *bus = bus_open(NULL, NULL);
        reader *r = reader_open(bus);

        seek(bus, r, NULL, 0);
        drain(bus);
        assert_true(r->count >= acked);
        for (uint32_t i = 0; i < r->count; i++)
            check(r, i, rig_market("V:A-B"), i);
        assert_int_equal(rig_end(state) | rig_begin(state), 0);
    }
}

static int in_memory(void **state)
{
    url = "memory:";
    return rig_begin(state);
}

static int in_a_file(void **state)
{
    url = "sqlite:log.db";
    return rig_begin(state);
}

#define MEMORY(test) {#test " (memory)", test, in_memory, rig_end, NULL}
#define SQLITE(test) {#test " (sqlite)", test, in_a_file, rig_end, NULL}
#define BOTH(test) MEMORY(test), SQLITE(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(every_field_comes_back),
        BOTH(trades_keep_the_name_of_their_source),
        BOTH(ticks_go_to_the_partition_of_their_market_in_order),
        BOTH(marks_of_a_connection_go_where_it_has_markets),
        BOTH(readers_stand_where_they_like),
        BOTH(a_log_that_lost_its_end_goes_on_behind_what_was_read),
        BOTH(a_full_reader_stops_and_goes_on_when_told),
        BOTH(a_script_reads_the_log_as_events),
        BOTH(an_append_that_fails_is_tried_again),
        BOTH(a_log_that_is_full_says_so_and_tells_when_not),
        BOTH(a_batch_that_points_outside_itself_is_an_error),
        BOTH(a_batch_is_taken_whole_or_not_at_all),
        BOTH(opening_fails_cleanly_at_every_allocation),
        RIG_TEST(a_record_that_is_cut_or_changed_anywhere_is_refused),
        RIG_TEST(a_record_that_lies_is_read_within_its_bounds),
        SQLITE(a_log_keeps_its_name_and_goes_on_where_it_was),
        SQLITE(a_log_has_one_writer),
        SQLITE(a_damaged_record_in_the_file_is_told_and_passed),
        SQLITE(old_records_go_and_a_reader_behind_them_is_told),
        SQLITE(a_file_that_is_no_log_is_refused_with_its_reason),
        SQLITE(a_full_disk_loses_nothing),
        SQLITE(kill_nine_keeps_what_was_handed_on),
        SQLITE(kill_nine_leaves_a_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
