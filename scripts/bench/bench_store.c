/* SPDX-License-Identifier: Apache-2.0
 * Rows a second of the store's threads: new closed candles, and the open ones that every commit
 * writes again, beside plain SQLite doing the same in the same run. usage: bench_store [rows] */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/core/commit.h"
#include "../../src/core/stage.h"

enum { MARKETS = 1000, IDS = 64 * 16 };
#define MINUTE_NS (60 * INT64_C(1000000000))
#define T0 (INT64_C(1699999980) * 1000000000)

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static double cpu_us(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Of all threads but this one. */
static double others_us(void)
{
    return cpu_us(RUSAGE_SELF) - cpu_us(RUSAGE_THREAD);
}

static wick_candle candle(uint32_t market, uint64_t n, uint32_t flags)
{
    wick_candle c = {.time_ns = T0 + (int64_t)n * MINUTE_NS, .market = market, .flags = flags};
    int64_t price = 6201050 + (int64_t)((n * 7 + market) % 977);

    c.interval = (uint32_t)wick_interval("1m", 2);
    c.end_ns = c.time_ns + MINUTE_NS;
    c.open = c.low = price;
    c.high = c.close = price + 31;
    c.open_exp = c.high_exp = c.low_exp = c.close_exp = -2;
    c.volume_lo = 123456789 + n;
    c.buy_lo = 100000000 + n;
    c.sell_lo = 23456789;
    c.volume_exp = -8;
    c.quote_lo = 123456789ull * 6201050;
    c.quote_exp = -10;
    c.trades = 25 + n % 7;
    c.digest = n * 0x9e3779b97f4a7c15u;
    c.first = (wick_key){.time_ns = c.time_ns + 1000000, .id_key = 1ull << 63 | (n << 20),
                         .offset = n * 100, .index = 3, .id_len = 9};
    memcpy(c.first.id, "123456789", 9);
    c.last = c.first;
    c.last.time_ns = c.time_ns + 59 * INT64_C(1000000000);
    c.last.offset += 90;
    return c;
}

/* ---- the store ------------------------------------------------------------------------------- */

typedef struct bed { wick *w; wick_stage *store; uint32_t markets[MARKETS]; uint64_t next; } bed;

static void bed_open(bed *b, const char *dir)
{
    wick_conf *c;

    if (wick_conf_new(&c) < 0 || wick_conf_set(c, "data.dir", dir) < 0 || wick_open(c, &b->w) < 0)
        exit(1);
    wick_conf_free(c);
    if (wick_store_open(b->w, "sqlite:store.db", 0, &b->store) < 0)
        die("open the store", wick_error(b->w));
    for (uint32_t i = 0; i < MARKETS; i++) {
        char name[32];

        b->markets[i] = (uint32_t)wick_market(
            b->w, name, (size_t)snprintf(name, sizeof name, "Venue:M%u-USD", i));
    }
    b->next = 0;
}

/* As agg makes one: closed rows where a bucket closed, an open row and the state of each market. */
static void bed_commit(bed *b, uint64_t minute, uint32_t minutes, int open, int states)
{
    static const uint8_t IDENTITIES[IDS];
    commit *c = commit_new(b->w);
    wick_event ev[16];

    if (!c)
        die("commit", "no memory");
    for (uint32_t i = 0; i < MARKETS; i++) {
        for (uint32_t k = 0; k < minutes; k++)
            *commit_candle(c) = candle(b->markets[i], minute + k, 3);
        if (open) {
            *commit_candle(c) = candle(b->markets[i], minute + minutes, 0);
            c->candles[c->candle_count - 1].volume_lo += b->next;
        }
        if (states) {
            commit_market *m = commit_market_add(c);

            *m = (commit_market){.market = b->markets[i], .watermark_ns = T0,
                                 .covered_from_ns = T0,
                                 .covered_to_ns = T0 + (int64_t)b->next, .ids_len = IDS};
            commit_bytes(c, IDENTITIES, IDS, &m->ids_at);
        }
    }
    *commit_offset_add(c) = (commit_offset){0, 0, ++b->next, b->next};
    c->topic = "tick-data";
    c->epoch = 1;
    if (b->store->ops->commit(b->store, c) < 0)
        die("commit", wick_error(b->w));
    for (;;) {
        int n = wick_poll(b->w, ev, 16, 1000);

        for (int i = 0; i < n; i++)
            if (ev[i].kind == WICK_EV_COMMITTED && ev[i].status < 0)
                die("commit", ev[i].data);
            else if (ev[i].kind == WICK_EV_COMMITTED)
                return;
    }
}

/* Rows a second over so many commits. */
static double bed_rate(bed *b, uint64_t minute, uint32_t minutes, int open, int states,
                       uint32_t commits)
{
    double start = others_us();

    for (uint32_t i = 0; i < commits; i++)
        bed_commit(b, minute + (uint64_t)i * minutes, minutes, open, states);
    return (double)commits * MARKETS * (minutes + (open != 0)) / (others_us() - start) * 1e6;
}

/* ---- plain SQLite ---------------------------------------------------------------------------- */

#define COLUMNS "open, open_exp, high, high_exp, low, low_exp, close, close_exp, volume, buy,"\
                " sell, volume_exp, quote, quote_exp, trades, digest, first_key, last_key"
static const char SCHEMA[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "PRAGMA cache_size = -16384;"
    "CREATE TABLE candle (market INTEGER, interval TEXT, time_ns INTEGER, closed INTEGER, "
    COLUMNS ", PRIMARY KEY (market, interval, time_ns)) WITHOUT ROWID";
static const char PUT[] =
    "INSERT INTO candle VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE"
    " SET (closed, " COLUMNS ") = (excluded.closed, excluded.open, excluded.open_exp,"
    " excluded.high, excluded.high_exp, excluded.low, excluded.low_exp, excluded.close,"
    " excluded.close_exp,"
    " excluded.volume, excluded.buy, excluded.sell, excluded.volume_exp, excluded.quote,"
    " excluded.quote_exp, excluded.trades, excluded.digest, excluded.first_key, excluded.last_key)";

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("plain SQLite", sqlite3_errmsg(db));
}

static void plain_put(sqlite3 *db, sqlite3_stmt *q, const wick_candle *c)
{
    const int64_t values[] = {c->open, c->open_exp, c->high, c->high_exp, c->low, c->low_exp,
                              c->close, c->close_exp, (int64_t)c->volume_lo, (int64_t)c->buy_lo,
                              (int64_t)c->sell_lo, c->volume_exp, (int64_t)c->quote_lo,
                              c->quote_exp, (int64_t)c->trades, (int64_t)c->digest};

    sqlite3_bind_int64(q, 1, c->market);
    sqlite3_bind_text(q, 2, "1m", 2, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, c->time_ns);
    sqlite3_bind_int(q, 4, (c->flags & WICK_CANDLE_CLOSED) != 0);
    for (int i = 0; i < 16; i++)
        sqlite3_bind_int64(q, 5 + i, values[i]);
    sqlite3_bind_blob(q, 21, &c->first, 35, SQLITE_STATIC);
    sqlite3_bind_blob(q, 22, &c->last, 35, SQLITE_STATIC);
    if (sqlite3_step(q) != SQLITE_DONE)
        die("plain SQLite", sqlite3_errmsg(db));
    sqlite3_reset(q);
}

static double plain_rate(sqlite3 *db, uint64_t minute, uint32_t minutes, int open, uint32_t commits)
{
    sqlite3_stmt *q;
    double start = cpu_us(RUSAGE_THREAD);

    if (sqlite3_prepare_v2(db, PUT, -1, &q, NULL) != SQLITE_OK)
        die("plain SQLite", sqlite3_errmsg(db));
    for (uint32_t n = 0; n < commits; n++) {
        run(db, "BEGIN IMMEDIATE");
        for (uint32_t i = 0; i < MARKETS; i++) {
            for (uint32_t k = 0; k < minutes; k++) {
                wick_candle c = candle(i, minute + (uint64_t)n * minutes + k, 3);

                plain_put(db, q, &c);
            }
            if (open) {
                wick_candle c = candle(i, minute + (uint64_t)n * minutes + minutes, 0);

                c.volume_lo += n;
                plain_put(db, q, &c);
            }
        }
        run(db, "COMMIT");
    }
    sqlite3_finalize(q);
    return (double)commits * MARKETS * (minutes + (open != 0)) /
           (cpu_us(RUSAGE_THREAD) - start) * 1e6;
}

/* ---- both ------------------------------------------------------------------------------------ */

static void say(const char *what, double ours, double plain, const char *goal)
{
    printf("store: %-44s %4.0f k rows/s of CPU, plain SQLite %4.0f k, ratio %.2f%s\n", what,
           ours / 1000, plain / 1000, ours / plain, goal);
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 400000;
    uint32_t commits = (uint32_t)(rows / MARKETS / 10) + 1;     /* ten rows a market, or one */
    char dir[] = "/tmp/wick-bench-XXXXXX", path[64], command[64];
    double fresh, open, state, plain_new, plain_open;
    sqlite3 *db;
    bed b;

    if (!mkdtemp(dir))
        return 2;
    snprintf(path, sizeof path, "%s/plain.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("plain SQLite", sqlite3_errmsg(db));
    run(db, SCHEMA);
    bed_open(&b, dir);
    plain_new = plain_rate(db, 0, 10, 0, commits);
    fresh = bed_rate(&b, 0, 10, 0, 0, commits);
    plain_open = plain_rate(db, 10 * (uint64_t)commits, 0, 1, commits * 5);
    open = bed_rate(&b, 10 * (uint64_t)commits, 0, 1, 0, commits * 5);
    state = bed_rate(&b, 10 * (uint64_t)commits, 0, 1, 1, commits * 5);
    printf("store: %u markets, %u closed candles each\n", MARKETS, 10 * commits);
    say("new closed candles", fresh, plain_new, " (goal 160 k)");
    say("open candles written again", open, plain_open, " (goal 450 k)");
    say("the same with each market's state and ids", state, plain_open, "");
    wick_stage_close(b.store);
    wick_close(b.w);
    sqlite3_close(db);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : 1;
}
