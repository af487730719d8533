#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole line from outside: a streamer that is not ours, `wick run`, HTTP; cuts, kills and what they cost.

line.py [--seeds 100-112] [NAME ...]   runs the cases whose names contain a NAME; the last line is `N passed, N failed`
"""
import os
import random
import sys
import time
import traceback

from process import Wick, values
from streamer import REPEATED, Cut, Streamer, fold, synthetic

MARKETS = ["Coinbase:BTC-USD", "Coinbase:ETH-USD", "Kraken:BTC-EUR"]
MINUTE = 60000


def trades(count, step_ms=20, seed=1, markets=MARKETS):
    start = (int(time.time()) - max(3600, count * step_ms // 800)) // 60 * 60 * 10**9    # none is in the future
    return synthetic(markets, count, start, step_ms * 10**6, seed)


def bucket(t):
    return t.time_ns // 10**6 // MINUTE * MINUTE


def watched(streamer, wick, check):
    streamer.start()
    try:
        with wick:
            check(streamer, wick)
    finally:
        streamer.stop()


def delivered(streamer):
    return [streamer.trades[i] for i in sorted(streamer.delivered)]


def arrived(streamer, wick):
    """Wait until every market's newest delivered trade is in its candle; the candles."""
    streamer.finished.wait(60)
    last = {t.market: t for t in delivered(streamer)}

    def all_there():
        rows = wick.candles()
        return rows if all((m, bucket(t)) in rows and rows[m, bucket(t)]["close"] == values_of(t)
                           for m, t in last.items()) else None

    def values_of(t):
        from decimal import Decimal
        return Decimal(t.price)

    return wick.until(all_there, "the newest trades are in their candles")


def settled(streamer, wick):
    """The candles once two looks in a row are the same."""
    rows = arrived(streamer, wick)
    while True:
        time.sleep(0.5)
        again = wick.candles()
        if again == rows:
            return rows
        rows = again


def expect_equal(rows, truth, keys):
    wrong = [(k, values(rows[k]) if k in rows else None, truth[k]) for k in keys if k not in rows or values(rows[k]) != truth[k]]
    assert not wrong, "%d of %d candles differ, first: %s" % (len(wrong), len(truth), wrong[0])


def first_buckets(streamer):
    first = {}
    for t in streamer.trades:
        first.setdefault(t.market, bucket(t))
    return set(first.items())


def marked(rows):
    return {k for k, r in rows.items() if r["closed"] and not r["complete"]}


def must_and_may(streamer):
    """Buckets that missed a trade, and those that touch a gap: from the last known to the first trade known again."""
    must, may = set(), set()
    for begin, end in streamer.breaks:
        for market in streamer.markets:
            unseen = [i for i in range(begin, end) if streamer.trades[i].market == market]
            lost = [i for i in unseen if i not in streamer.delivered]
            if len(unseen) < REPEATED:          # all of them are repeated, and known ones with them: proven
                continue
            must.update((market, bucket(streamer.trades[i])) for i in lost)
            known = [i for i in streamer.delivered if streamer.trades[i].market == market]
            before = [i for i in known if i < begin]
            after = [i for i in known if i > (lost or [begin - 1])[-1]]
            low = bucket(streamer.trades[max(before)]) if before else 0
            high = bucket(streamer.trades[min(after)]) if after else 1 << 62
            may.update((market, b) for m, b in {(t.market, bucket(t)) for t in streamer.trades} if m == market and low <= b <= high)
    return must, may


# --- cases ------------------------------------------------------------------------------------------------------

def nothing_is_lost_flat_out():
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        expect_equal(rows, truth, truth)
        assert set(rows) == set(truth)
        assert marked(rows) <= first_buckets(streamer), marked(rows)
        hours = wick.candles("1h")
        expect_equal(hours, fold(streamer.trades, 60 * MINUTE), fold(streamer.trades, 60 * MINUTE))
        assert wick.terminate() == 0, wick.said()
        wick.start()
        assert wick.candles() == rows or settled(streamer, wick), "candles changed over a restart"

    streamer = Streamer(trades(60000))
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def a_server_that_cuts_and_goes_on_where_it_stopped_loses_nothing():
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        expect_equal(rows, truth, truth)
        assert streamer.connections == 6, streamer.connections
        assert marked(rows) <= first_buckets(streamer), marked(rows)

    cuts = [Cut(1, 0, "fin"), Cut(999, 0, "torn"), Cut(5000, 0, "fin"), Cut(5001, 0, "torn"), Cut(15000, 0, "fin")]
    streamer = Streamer(trades(20000), cuts)
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def what_happened_unseen_is_marked_and_nothing_else():
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        must, may = must_and_may(streamer)
        assert must, "the case misses nothing"
        bad = marked(rows)
        assert must & set(rows) <= bad | {k for k in must if k in rows and not rows[k]["closed"]}, must - bad
        assert bad <= may | first_buckets(streamer), bad - may
        expect_equal(rows, truth, set(truth) - must)
        expect_equal(rows, fold(delivered(streamer)), fold(delivered(streamer)))

    cuts = [Cut(3000, 30, "fin"), Cut(9000, 5000, "fin"), Cut(20000, 200, "torn"), Cut(20500, 61, "fin")]
    streamer = Streamer(trades(40000, seed=2), cuts)
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def a_reset_connection_costs_at_most_marked_buckets():
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        whole = {k for k, r in rows.items() if r["closed"] and r["complete"]}
        assert len(whole) > len(truth) // 2, (len(whole), len(truth))
        expect_equal(rows, truth, whole)

    cuts = [Cut(4000, 0, "rst"), Cut(11000, 300, "rst"), Cut(18000, 0, "rst")]
    streamer = Streamer(trades(30000, seed=3), cuts)
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def killed_at_random_moments(seed, lose=""):
    """`lose`: what the names of files begin with that are gone afterwards."""
    def check(streamer, wick):
        rng = random.Random(seed)
        for _ in range(4):
            time.sleep(rng.uniform(0.02, 0.5))
            wick.kill()
            for name in os.listdir(wick.home.name) if lose else ():
                if name.startswith(lose):
                    os.unlink(os.path.join(wick.home.name, name))
            wick.start()
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        whole = {k for k, r in rows.items() if r["closed"] and r["complete"]}
        expect_equal(rows, truth, whole)
        more = [k for k in rows if rows[k]["trades"] > truth[k][6]]
        assert not more, "counted twice: %s" % more[:3]
        assert whole, "every bucket is marked"

    streamer = Streamer(trades(150000, step_ms=5, seed=seed))
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def numbers_alone_prove_that_a_cut_missed_nothing():
    """A venue that repeats nothing: without numbers every cut is a gap, with them none is."""
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        expect_equal(rows, truth, truth)
        assert streamer.connections == 4, streamer.connections
        bad = marked(rows) - first_buckets(streamer)
        assert bool(bad) != (streamer.numbered == "market"), (streamer.numbered, bad)

    cuts = [Cut(5000, 0, "fin"), Cut(9000, 0, "torn"), Cut(20000, 0, "fin")]
    for numbered in ("market", None, "all"):
        streamer = Streamer(trades(30000, step_ms=200, seed=7), list(cuts), numbered=numbered, repeats=0)
        watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def a_number_that_is_missing_marks_its_bucket_and_nothing_else():
    """Withheld in the middle of a connection, and at a cut; what comes late fills its hole."""
    def check(streamer, wick):
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        must = {(streamer.trades[i].market, bucket(streamer.trades[i])) for i in streamer.withheld}
        near = {(streamer.trades[i].market, bucket(streamer.trades[i])) for i in beside(streamer)}
        assert must & set(rows) <= marked(rows), must - marked(rows)
        assert marked(rows) <= must | near | first_buckets(streamer), marked(rows) - must - near
        expect_equal(rows, truth, set(truth) - must)
        expect_equal(rows, fold(delivered(streamer)), fold(delivered(streamer)))

    def beside(streamer):
        """Of each withheld trade the ones before and behind it in its market that were sent."""
        for i in streamer.withheld:
            same = [k for k, t in enumerate(streamer.trades) if t.market == streamer.trades[i].market]
            sent = [k for k in same if k not in streamer.withheld]
            yield max((k for k in sent if k < i), default=i)
            yield min((k for k in sent if k > i), default=i)

    withheld = [7000, 7001, 15000, 15001, 15002, 25000]
    late = {i: i + 40 for i in range(3300, 38000, 1000)}
    streamer = Streamer(trades(40000, step_ms=200, seed=8), [Cut(15000, 0, "fin"), Cut(26000, 0, "fin")],
                        withheld=withheld, late=late)
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def what_numbers_prove_outlives_a_kill():
    """Killed between the trade before a hole and the one behind it, and before what fills one."""
    def check(streamer, wick):
        for _ in range(3):
            time.sleep(0.15)
            wick.kill()
            wick.start()
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        whole = {k for k, r in rows.items() if r["closed"] and r["complete"]}
        must = {(streamer.trades[i].market, bucket(streamer.trades[i])) for i in streamer.withheld}
        assert not must & whole, must & whole
        expect_equal(rows, truth, whole)
        assert len(whole) > len(truth) // 2, (len(whole), len(truth))

    streamer = Streamer(trades(100000, step_ms=200, seed=9), withheld=range(500, 100000, 5000),
                        late={i: i + 1500 for i in range(2200, 97000, 3000)})
    watched(streamer, Wick(MARKETS, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def a_kill_and_a_restart_lose_nothing_and_double_nothing():
    for seed in (4, 5, 6):
        killed_at_random_moments(seed)


def a_log_that_is_lost_beside_its_store_doubles_nothing():
    for seed in (7, 8):
        killed_at_random_moments(seed, lose="log.db")


def at_random(seed):
    """Any number of markets, any cuts, kills among them: what is unmarked is right, and nothing counts twice."""
    rng = random.Random(seed)
    markets = ["Coinbase:C%d-USD" % i for i in range(rng.choice([1, 2, 5, 24]))]
    count = rng.choice([2000, 20000, 60000])
    cuts = sorted({rng.randrange(1, count) for _ in range(rng.randint(0, 6))})
    hows = rng.choice([["fin"], ["torn", "fin"], ["rst", "fin", "torn"]])
    missed = rng.choice([[0], [0, 3, 100], [0, 1000, 5000]])
    kills = rng.choice([0, 0, 2])
    streamer = Streamer(trades(count, rng.choice([1, 20, 200]), seed, markets),
                        [Cut(at, rng.choice(missed), rng.choice(hows)) for at in cuts],
                        confirm_first=rng.random() < 0.3, numbered=rng.choice(["market", "market", "all", None]),
                        ids=rng.random() < 0.75)
    exact = kills == 0 and "rst" not in hows

    def check(streamer, wick):
        for _ in range(kills):
            time.sleep(rng.uniform(0.01, 0.4))
            wick.kill()
            wick.start()
        rows, truth = settled(streamer, wick), fold(streamer.trades)
        whole = {k for k, r in rows.items() if r["closed"] and r["complete"]}
        expect_equal(rows, truth, whole)
        assert not [k for k in rows if rows[k]["trades"] > truth[k][6]], "counted twice"
        if exact:
            must, may = must_and_may(streamer)
            open_ones = {k for k in rows if not rows[k]["closed"]}
            quiet = (must & set(rows)) - marked(rows) - open_ones
            assert not quiet, "not marked: %s" % sorted(quiet)
            loud = marked(rows) - may - first_buckets(streamer)
            assert not loud, "marked for nothing: %s" % sorted(loud)
            expect_equal(rows, fold(delivered(streamer)), fold(delivered(streamer)))

    watched(streamer, Wick(markets, CRYPTOCOMPARE_WS_URL=streamer.url), check)


def anything_at_random():
    for seed in SEEDS:
        try:
            at_random(seed)
        except Exception as e:
            raise AssertionError("seed %d: %s" % (seed, e)) from e


SEEDS = range(100, 112)
CASES = [nothing_is_lost_flat_out, a_server_that_cuts_and_goes_on_where_it_stopped_loses_nothing,
         what_happened_unseen_is_marked_and_nothing_else, numbers_alone_prove_that_a_cut_missed_nothing,
         a_number_that_is_missing_marks_its_bucket_and_nothing_else, what_numbers_prove_outlives_a_kill, a_reset_connection_costs_at_most_marked_buckets,
         a_kill_and_a_restart_lose_nothing_and_double_nothing,
         a_log_that_is_lost_beside_its_store_doubles_nothing, anything_at_random]


def main(words):
    global SEEDS
    passed = failed = 0
    if "--seeds" in words:
        at = words.index("--seeds")
        SEEDS = range(*map(int, words[at + 1].split("-")))
        words = words[:at] + words[at + 2:]
    for case in CASES:
        if words and not any(w in case.__name__ for w in words):
            continue
        begun = time.monotonic()
        try:
            case()
            passed += 1
            print("ok   %s (%.1f s)" % (case.__name__, time.monotonic() - begun), flush=True)
        except Exception:
            failed += 1
            print("FAIL %s\n%s" % (case.__name__, traceback.format_exc()), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
