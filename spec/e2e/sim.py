#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wick's own simulator against wick: `wick sim` as a server, flat out and with faults, its truth against the store.

sim.py [COUNT]   trades flat out (default 1000000); the last line is `N passed, N failed`
"""
import csv
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from decimal import Decimal

from process import WICK, Wick, free_port

NUMBERS = ("open", "high", "low", "close", "volume", "quote_volume", "trades")


class Sim:
    def __init__(self, *options):
        self.dir = tempfile.TemporaryDirectory(prefix="wick-sim-")
        self.truth_path = os.path.join(self.dir.name, "truth.csv")
        self.port = free_port()
        self.process = subprocess.Popen([WICK, "sim", "--port", str(self.port), "--truth", self.truth_path, *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(os.path.join(self.dir.name, "stderr.log"), "wb"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.dir.cleanup()

    def truth(self):
        """Ends the simulator: {(market, ms): row}"""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, "wick sim ended with %s" % self.process.returncode
        with open(self.truth_path, newline="") as f:
            return {(r["market"], int(r["time"])): r for r in csv.DictReader(f)}


def numbers(row):
    return tuple(Decimal(str(row[k])) for k in NUMBERS)


def stored(wick):
    done = subprocess.run([WICK, "candles", "--partial", "--format", "csv"], env=wick.env, cwd=wick.home.name,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {(r["market"], int(r["time"])): r for r in csv.DictReader(done.stdout.splitlines())}


def trades_in(wick):
    status, body = wick.get("/metrics")
    found = re.findall(rb"^wick_trades_total\{[^}]*\} (\d+)", body, re.M) if status == 200 else []
    return sum(map(int, found))


def flat_out(count):
    markets = ["Coinbase:BTC-USD", "Coinbase:ETH-USD"]
    with Sim("--rate", "0", "--count", str(count), "--markets", ",".join(markets)) as sim:
        with Wick(markets, CRYPTOCOMPARE_WS_URL="ws://127.0.0.1:%d" % sim.port) as wick:
            begun = time.monotonic()

            def all_there():
                rows = wick.candles()
                return rows if sum(r["trades"] for r in rows.values()) >= count else None

            wick.until(all_there, "all %d trades are in candles" % count)
            print("     %d trades in %.1f s" % (count, time.monotonic() - begun))
            assert wick.terminate() == 0, wick.said()
            rows, truth = stored(wick), sim.truth()
            assert set(rows) == set(truth), set(rows) ^ set(truth)
            wrong = [k for k in truth if numbers(rows[k]) != numbers(truth[k])]
            assert not wrong, (len(wrong), rows[wrong[0]], truth[wrong[0]])
            assert all(int(r["withheld"]) == 0 for r in truth.values())


def with_cuts(count):
    markets = ["Coinbase:BTC-USD", "Kraken:BTC-EUR"]
    with Sim("--rate", "0", "--count", str(count), "--markets", ",".join(markets),
             "--fault", "cut:2000@n%d" % (count // 3), "--fault", "cut:300@n%d" % (count // 2)) as sim:
        with Wick(markets, CRYPTOCOMPARE_WS_URL="ws://127.0.0.1:%d" % sim.port) as wick:
            last = {}

            def still():
                rows = {k: numbers(r) for k, r in wick.candles().items()}
                same = rows and last.get("rows") == rows
                last["rows"] = rows
                time.sleep(1)
                return same and sum(r[6] for r in rows.values()) > count * 2 // 3

            wick.until(still, "nothing changes any more")
            assert wick.terminate() == 0, wick.said()
            rows, truth = stored(wick), sim.truth()
            withheld = {k for k, r in truth.items() if int(r["withheld"])}
            marked = {k for k, r in rows.items() if r["closed"] == "true" and r["complete"] == "false"}
            assert withheld, "nothing was withheld"
            missing = {k for k in withheld if k in rows and rows[k]["closed"] == "true"} - marked
            assert not missing, "not marked: %s" % sorted(missing)[:3]
            whole = set(rows) - marked - withheld
            wrong = [k for k in whole if numbers(rows[k]) != numbers(truth[k])]
            assert not wrong, (len(wrong), rows[wrong[0]], truth[wrong[0]])


def with_holes(count):
    """CCSEQ says which trades were never sent; those that come late, turned round or twice are none of them."""
    markets = ["Coinbase:BTC-USD", "Kraken:BTC-EUR"]
    faults = ["gap:3@n%d" % (count // 4), "gap:1@n%d" % (count * 2 // 3), "late:300@p0.001", "reorder@p0.01", "dup:2@p0.001"]
    with Sim("--rate", "0", "--count", str(count), "--markets", ",".join(markets),
             *[word for f in faults for word in ("--fault", f)]) as sim:
        with Wick(markets, CRYPTOCOMPARE_WS_URL="ws://127.0.0.1:%d" % sim.port) as wick:
            wick.until(lambda: sum(r["trades"] for r in wick.candles().values()) >= count - 4, "all that was sent is in candles")
            assert wick.terminate() == 0, wick.said()
            rows, truth = stored(wick), sim.truth()
            withheld = {k for k, r in truth.items() if int(r["withheld"])}
            marked = {k for k, r in rows.items() if r["closed"] == "true" and r["complete"] == "false"}
            first = {(m, min(t for n, t in rows if n == m)) for m in markets}
            near = {(m, t + d) for m, t in withheld for d in (-60000, 0, 60000)}
            over = {k for k in withheld if rows[k]["closed"] == "true"}
            assert withheld, "nothing was withheld"
            assert over <= marked, "not marked: %s" % sorted(over - marked)
            assert marked <= near | first and len(marked) <= 6, "marked for nothing: %s" % sorted(marked - withheld - first)
            wrong = [k for k in rows if numbers(rows[k]) != numbers(truth[k])]
            assert not wrong, (len(wrong), rows[wrong[0]], truth[wrong[0]])


def main(count):
    passed = failed = 0
    for case, n in ((flat_out, count), (with_cuts, min(count, 200000)), (with_holes, min(count, 600000))):
        try:
            case(n)
            passed += 1
            print("ok   %s" % case.__name__, flush=True)
        except Exception:
            failed += 1
            print("FAIL %s\n%s" % (case.__name__, traceback.format_exc()), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000000))
