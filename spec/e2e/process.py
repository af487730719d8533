# SPDX-License-Identifier: Apache-2.0
"""`wick run` as a user starts it: a process with settings in its environment, asked over HTTP. Standard library only."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

WICK = os.environ.get("WICK", str(pathlib.Path(__file__).resolve().parents[2] / "wick"))
DEADLINE = float(os.environ.get("E2E_DEADLINE", "60"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Wick:
    """One `wick run` in a directory of its own; start() again goes on with the same data."""

    def __init__(self, markets, **settings):
        self.home = tempfile.TemporaryDirectory(prefix="wick-e2e-")
        self.port = free_port()
        self.markets = markets
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("WICK_", "CRYPTOCOMPARE_"))}
        self.env.update(WICK_DATA=self.home.name, PORT=str(self.port), WICK_MARKETS=",".join(markets), WICK_HISTORY="0",
                        WICK_RECONNECT_MIN="20ms", WICK_RECONNECT_MAX="50ms", **settings)
        self.log = open(os.path.join(self.home.name, "stderr.log"), "ab")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self.log.close()
        self.home.cleanup()

    def start(self):
        self.process = subprocess.Popen([WICK, "run"], cwd=self.home.name, env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        self.until(lambda: self.get("/health/live")[0] == 200, "the server answers")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def said(self):
        with open(self.log.name, "rb") as f:
            return f.read()[-2000:].decode(errors="replace")

    def get(self, path, **query):
        url = "http://127.0.0.1:%d%s" % (self.port, path + ("?" + urllib.parse.urlencode(query) if query else ""))
        try:
            with urllib.request.urlopen(url, timeout=10) as r:
                return r.status, r.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()
        except OSError:
            return 0, b""

    def until(self, holds, what):
        """Poll until holds() is true. Waiting has no event of its own here: it is another process."""
        end = time.monotonic() + DEADLINE
        while True:
            got = holds()
            if got:
                return got
            if self.process.poll() is not None:
                raise AssertionError("wick ended with %s while waiting until %s: %s"
                                     % (self.process.returncode, what, self.said()))
            if time.monotonic() > end:
                raise AssertionError("%g s were not enough until %s: %s" % (DEADLINE, what, self.said()))
            time.sleep(0.05)

    def candles(self, interval="1m"):
        """{(market, ms): row} of all markets, open buckets too, numbers as Decimal."""
        rows = {}
        for market in self.markets:
            status, body = self.get("/ohlcv", symbol=market, interval=interval, start=0, partial="true", limit=10000,
                                    format="ndjson")
            assert status in (200, 404), (status, body)
            for line in body.splitlines() if status == 200 else ():
                row = json.loads(line, parse_float=Decimal, parse_int=Decimal)
                rows[market, int(row["time"])] = row
        return rows


def values(row):
    return tuple(row[k] for k in ("open", "high", "low", "close", "volume", "quote_volume", "trades"))
