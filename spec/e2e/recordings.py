#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recordings as sources of `wick run`, killed again and again: what it stores is what `wick replay` makes of the files.

recordings.py [SEED]   the last line is `N passed, N failed`
"""
import csv
import datetime
import json
import os
import random
import sqlite3
import subprocess
import sys
import traceback

from process import WICK, Wick

FEEDS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scripts", "feeds")
OVER = b"the input is over"


def iso(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (ms % 1000)


def grouped(path, start, seed):
    """Rows of one symbol behind those of another, some out of order, many of one time."""
    r, n = random.Random(seed), 0
    with open(path, "w") as f:
        f.write("symbol,id,price,quantity,side,timestamp\n")
        for symbol in ("BTCUSD", "ETHUSD", "ETHBTC", "LTCBTC"):
            t = start
            for k in range(60000):
                t += 0 if 20000 < k < 26000 else r.randrange(2000)
                n += 1
                f.write("%s,%d,%d.%02d,0.%03d,%s,%s\n" % (symbol, n, r.randrange(90, 99), r.randrange(99), r.randrange(1, 999),
                                                       r.choice(("buy", "sell")), iso(t - r.randrange(0, 50))))
    return path


def frames(path, start, symbols, seed):
    """Frames whose trades fall back in time and run ahead of their receipt."""
    r, t = random.Random(seed), start / 1000
    with open(path, "w") as f:
        f.write("wss://localhost/stream <-> %.6f\n" % (t - 1))
        for k in range(120000):
            t += 0 if 20000 < k < 21000 else r.random() / 2
            s, at = r.choice(symbols), int(t * 1000) - r.randrange(-30, 300)
            f.write('%.6f: {"stream":"%s@aggTrade","data":{"e":"aggTrade","E":%d,"s":"%s","a":%d,"p":"%d.%02d","q":"0.%03d",'
                    '"f":%d,"l":%d,"T":%d,"m":true,"M":true}}\n' % (t, s.lower(), at, s, k, r.randrange(90, 99), r.randrange(99),
                                                                 r.randrange(1, 999), k, k, at))
    return path


def previous(path, start, seed):
    """A venue whose open is the previous close, quiet at times, heard by many connections with holes between them."""
    r, t, left = random.Random(seed), start / 1000, 0
    with open(path, "w") as f:
        for k in range(9000):
            if left == 0:
                t += r.choice((0.5, 20, 70, 400))
                f.write("wss://localhost/stream <-> %.6f\n" % t)
                left = r.randrange(1, 150)
            t, left = t + r.random() * r.choice((1, 8, 90)), left - 1
            f.write('%.6f: {"action":"update","arg":{"instType":"sp","channel":"trade","instId":"%s"},"data":[["%d","%d.%d","0.%03d","%s"]]}\n'
                    % (t, r.choice(("BTCUSDT", "ETHUSDT")), int(t * 1000) - r.randrange(300), r.randrange(90, 99), r.randrange(9),
                       r.randrange(1, 999), r.choice(("buy", "sell"))))
    return path


def rows(text):
    """Candles by market and time, without revisions; the last bucket stays open in `wick run`, which waits for more."""
    return {(r["market"], int(r["time"])): {k: v for k, v in r.items() if k not in ("rev", "closed")}
            for r in csv.DictReader(text.splitlines())}


def command(*args, **more):
    return subprocess.run((WICK,) + args, capture_output=True, text=True, check=True, timeout=120, **more).stdout


def stored(wick):
    return rows(command("candles", "--interval", "1m", "--partial", env=wick.env, cwd=wick.home.name))


def replayed(feed, path):
    return rows(command("replay", "--feed", os.path.join(FEEDS, feed + ".lua"), "--interval", "1m", "--partial", path))


def overs(wick):
    with open(wick.log.name, "rb") as f:
        return f.read().count(OVER)


def to_the_end(wick, sources):
    before = overs(wick)
    wick.start()
    wick.until(lambda: overs(wick) >= before + sources, "the recordings are over")
    assert wick.terminate() == 0, wick.said()


def same(a, b, last):
    return a and b and all(a[k] == b[k] for k in b if not (last and k == "complete"))


def expect(got, want):
    last = {}
    for market, t in want:
        last[market] = max(t, last.get(market, 0))
    bad = sorted(k for k in set(got) | set(want) if not same(got.get(k), want.get(k), k[1] + 60000 >= last.get(k[0], 0)))
    assert not bad, "%d of %d candles differ, first: %s\n%s\n%s" % (len(bad), len(want), bad[:4], got.get(bad[0]), want.get(bad[0]))


def killed(make, seed, kills=7):
    """Kill it at random moments, let it end, once more: the store has what replay makes of the files."""
    r = random.Random(seed)
    wick = Wick([])
    try:
        files = make(wick.home.name)
        wick.env["WICK_SOURCES"] = ",".join("%s@%s" % f for f in files)
        for _ in range(kills):
            wick.start()
            seen = os.path.getsize(os.path.join(wick.home.name, "log.db-wal")) + r.randrange(1 << 22)
            try:
                wick.until(lambda: os.path.getsize(os.path.join(wick.home.name, "log.db-wal")) > seen
                           or OVER in wick.said().encode(), "it has written more")
            finally:
                wick.kill()
        want = {}
        for feed, path in files:
            want.update(replayed(feed, path))
        for _ in range(2):
            to_the_end(wick, len(files))
            expect(stored(wick), want)
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


def a_grouped_file_of_rows(seed):
    killed(lambda home: [("hitbtc", grouped(home + "/a.csv", 1626220800000, seed))], seed)


def frames_out_of_step_with_their_trades(seed):
    killed(lambda home: [("binance", frames(home + "/a.txt", 1617566591000, ("BTCUSDT", "ETHUSDT"), seed))], seed)


def recordings_of_different_years_side_by_side(seed):
    killed(lambda home: [("binance", frames(home + "/a.txt", 1617566591000, ("BTCUSDT", "ETHUSDT"), seed)),
                         ("binance", frames(home + "/b.txt", 1586030591000, ("LTCUSDT", "DOTUSDT"), seed + 1)),
                         ("hitbtc", grouped(home + "/c.csv", 1626220800000, seed))], seed)


def a_venue_whose_open_is_the_previous_close(seed):
    killed(lambda home: [("bitget", previous(home + "/a.txt", 1649289600000, seed))], seed, kills=3)


def lost_log(wick):
    for name in os.listdir(wick.home.name):
        if name.startswith("log.db"):
            os.unlink(os.path.join(wick.home.name, name))


def a_log_that_is_lost_counts_nothing_twice(seed):
    """The store is kept: the recording comes again from its begin, by a new log."""
    wick = Wick([])
    try:
        path = previous(wick.home.name + "/a.txt", 1649289600000, seed)
        wick.env["WICK_SOURCES"] = "bitget@" + path
        for last in (False, True, True):
            if last:
                lost_log(wick)
            to_the_end(wick, 1)
            expect(stored(wick), replayed("bitget", path))
        text = command("candles", "--interval", "1m", env=wick.env, cwd=wick.home.name)
        assert all(r["rev"] == "0" for r in csv.DictReader(text.splitlines())), "candles were revised"
        with sqlite3.connect(os.path.join(wick.home.name, "wick.db")) as db:
            reasons = {r for r, in db.execute("SELECT DISTINCT reason FROM quarantine")}
        assert reasons == {"other-log"}, reasons
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


def a_log_that_lost_its_end_counts_nothing_twice_and_loses_nothing(seed):
    """An old copy of the log beside a newer store, as a power cut may leave them."""
    wick = Wick([])
    try:
        path = grouped(wick.home.name + "/a.csv", 1626220800000, seed)
        wick.env["WICK_SOURCES"] = "hitbtc@" + path
        wick.start()
        wick.until(lambda: os.path.getsize(os.path.join(wick.home.name, "log.db-wal")) > 1 << 21, "it has written some")
        wick.kill()
        old = {}
        for name in os.listdir(wick.home.name):
            if name.startswith("log.db"):
                with open(os.path.join(wick.home.name, name), "rb") as f:
                    old[name] = f.read()
        to_the_end(wick, 1)
        lost_log(wick)
        for name, data in old.items():
            with open(os.path.join(wick.home.name, name), "wb") as f:
                f.write(data)
        to_the_end(wick, 1)
        assert "its end is lost" in open(wick.log.name, errors="replace").read(), wick.said()
        expect(stored(wick), replayed("hitbtc", path))
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


def two_ways(home, seed):
    """One market by two feeds: the venue's own until some time within a minute, another that begins ten minutes before."""
    r, start, n, quarantined = random.Random(seed), 1626220800, 0, 0
    end = start + 30000 + r.randrange(1, 59)
    cut = -(-end // 60) * 60
    with open(home + "/own.csv", "w") as f:
        f.write("symbol,trade_id,price,volume,time,side\n")
        for t in range(start, end + 1):
            for _ in range(2):
                n += 1
                f.write("XBT/EUR,%d,%d.%d,0.%03d,%d.%03d,%s\n" % (n, r.randrange(90, 99), r.randrange(9), r.randrange(1, 999), t,
                                                                0 if t == end else r.randrange(999), r.choice("bs")))
    with open(home + "/other.jsonl", "w") as f:
        n = 0                                           # here the same numbers are the ids of other trades
        for t in range(end - 600, end + 30000):
            for _ in range(2):
                n += 1
                quarantined += t < cut
                f.write(json.dumps({"TYPE": "0", "M": "Kraken", "FSYM": "BTC", "TSYM": "EUR", "F": "1", "ID": str(n),
                                    "TS": t, "Q": r.randrange(1, 99) / 100, "P": r.randrange(90, 99), "TOTAL": 1, "RTS": t}) + "\n")
    return home + "/own.csv", home + "/other.jsonl", cut * 1000, quarantined


def refused(wick):
    with sqlite3.connect(os.path.join(wick.home.name, "wick.db")) as db:
        return dict(db.execute("SELECT reason, count(*) FROM quarantine GROUP BY reason"))


def a_market_whose_source_changes(seed):
    """Run with one source, then, killed again and again, with another one of the same market."""
    r = random.Random(seed)
    wick = Wick([])
    try:
        own, other, cut, quarantined = two_ways(wick.home.name, seed)
        wick.env["WICK_SOURCES"] = "kraken@" + own
        to_the_end(wick, 1)
        wick.env["WICK_SOURCES"] = "cryptocompare@" + other
        for _ in range(4):
            wick.start()
            seen = os.path.getsize(os.path.join(wick.home.name, "log.db-wal")) + r.randrange(1 << 21)
            try:
                wick.until(lambda: os.path.getsize(os.path.join(wick.home.name, "log.db-wal")) > seen
                           or OVER in wick.said().encode(), "it has written more")
            finally:
                wick.kill()
        for _ in range(2):
            to_the_end(wick, 1)
            want = {k: v for k, v in replayed("kraken", own).items() if k[1] < cut}
            want.update({k: v for k, v in replayed("cryptocompare", other).items() if k[1] >= cut})
            got = stored(wick)
            expect(got, want)
            edge = "Kraken:BTC-EUR", cut - 60000
            assert got[edge]["complete"] == "false" and got[edge]["symbol"] == "XBT/EUR", got[edge]
            edge = "Kraken:BTC-EUR", cut
            assert got[edge]["complete"] == "true" and got[edge]["symbol"] == "Kraken~BTC~EUR", got[edge]
            assert refused(wick) == {"other-source": quarantined}, (refused(wick), quarantined)
        assert "its source changes from kraken to cryptocompare" in open(wick.log.name, errors="replace").read(), wick.said()
        hours = rows(command("candles", "--interval", "1h", "--partial", env=wick.env, cwd=wick.home.name))
        for (_, t), row in hours.items():
            assert row["symbol"] == ("XBT/EUR" if t < cut else "Kraken~BTC~EUR"), row
            assert t > cut - 60000 or t + 3600000 < cut or row["complete"] == "false", row
        wick.start()
        body = wick.get("/ohlcv", symbol="Kraken:BTC-EUR", interval="1m", start=cut - 120000, end=cut + 120000, format="csv")[1]
        assert [x["symbol"] for x in csv.DictReader(body.decode().splitlines())] == ["XBT/EUR"] * 2 + ["Kraken~BTC~EUR"] * 2, body
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


def the_first_source_that_knows_a_venue_has_its_markets(seed):
    wick = Wick([])
    try:
        own, other, cut, _ = two_ways(wick.home.name, seed)
        wick.env["WICK_SOURCES"] = "kraken@%s,cryptocompare@%s" % (own, other)
        to_the_end(wick, 2)
        expect(stored(wick), replayed("kraken", own))
        assert refused(wick) == {"other-source": 61200}, refused(wick)
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


def a_recording_beside_the_simulator(seed):
    """The simulator's trades are years newer; each goes on at its own place."""
    wick = Wick(["Coinbase:BTC-USD"])
    try:
        path = grouped(wick.home.name + "/a.csv", 1626220800000, seed)
        wick.env["WICK_SOURCES"] = "sim:?rate=20&seed=%d,hitbtc@%s" % (seed, path)
        want = replayed("hitbtc", path)
        for _ in range(3):
            wick.start()
            wick.until(wick.candles, "the simulator has candles")
            wick.kill()
        before = overs(wick)
        wick.start()
        wick.until(lambda: overs(wick) > before, "the recording is over")
        assert wick.terminate() == 0, wick.said()
        got = stored(wick)
        expect({k: v for k, v in got.items() if k[0].startswith("HitBTC:")}, want)
        made = sorted(int(r["time"]) for k, r in got.items() if k[0] == "Coinbase:BTC-USD")
        assert made and made == list(range(made[0], made[-1] + 1, 60000)), "the simulator left minutes out"
    finally:
        wick.kill()
        wick.log.close()
        wick.home.cleanup()


CASES = (a_grouped_file_of_rows, frames_out_of_step_with_their_trades, recordings_of_different_years_side_by_side,
         a_recording_beside_the_simulator, a_venue_whose_open_is_the_previous_close, a_log_that_is_lost_counts_nothing_twice,
         a_log_that_lost_its_end_counts_nothing_twice_and_loses_nothing, a_market_whose_source_changes,
         the_first_source_that_knows_a_venue_has_its_markets)


def main(seed):
    passed = failed = 0
    for case in CASES:
        try:
            case(seed)
            passed += 1
            print("ok   %s" % case.__name__, flush=True)
        except Exception:
            failed += 1
            print("FAIL %s (seed %d)\n%s" % (case.__name__, seed, traceback.format_exc()), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
