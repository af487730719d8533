# SPDX-License-Identifier: Apache-2.0
"""A CryptoCompare streamer that is not wick's own: standard library only, with the truth of what it sent.

It plays a list of trades to whoever subscribes, repeats the latest 20 of a market at every subscription, and can cut
the connection at given places: `hold` goes on where it stopped, a number lets that many trades happen unseen.
"""
import base64
import hashlib
import json
import re
import socket
import struct
import threading
from collections import defaultdict, namedtuple
from decimal import Decimal

Trade = namedtuple("Trade", "market time_ns id price qty side")
Cut = namedtuple("Cut", "at missed how")        # at: trades before it; missed: unseen ones; how: 'fin', 'rst', 'torn'
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REPEATED = 20


def frame(text):
    data = text.encode()
    n = len(data)
    head = bytes([0x81, n]) if n < 126 else bytes([0x81, 126]) + struct.pack(">H", n)
    return head + data


def message(t, seq, ids=True):
    exchange, _, pair = t.market.partition(":")
    base, _, quote = pair.partition("-")
    return ('{"TYPE":"0","M":"%s","FSYM":"%s","TSYM":"%s","F":"%d",%s"TS":%d,"Q":%s,"P":%s,"TOTAL":%s,"RTS":%d,'
            '%s"TSNS":%d,"RTSNS":%d}' % (
                exchange, base, quote, {"sell": 1, "buy": 2}.get(t.side, 4), '"ID":"%s",' % t.id if ids else "", t.time_ns // 10**9, t.qty, t.price,
                Decimal(t.price) * Decimal(t.qty), t.time_ns // 10**9, '"CCSEQ":%d,' % seq if seq else "",
                t.time_ns % 10**9, t.time_ns % 10**9))


class Gone(Exception):
    """The client is not there any more."""


class Streamer(threading.Thread):
    def __init__(self, trades, cuts=(), heartbeat=0.2, confirm_first=False, seconds_only=False, numbered="market",
                 repeats=REPEATED, withheld=(), late=(), ids=True):
        super().__init__(daemon=True)
        self.trades, self.cuts, self.heartbeat = trades, list(cuts), heartbeat
        self.confirm_first = confirm_first      # TYPE 16 before the repeated trades instead of behind them
        self.seconds_only = seconds_only        # a market without TSNS
        self.ids = ids
        self.markets = sorted({t.market for t in trades})
        self.repeats = repeats
        self.numbered, self.numbers = numbered, numbers(trades, numbered)
        self.withheld = set(withheld)           # indexes of trades that are never sent
        self.late = dict(late)                  # index of a trade: behind which other one it is sent
        self.pos = 0                            # trades that have happened
        self.delivered = set()                  # indexes of those that went over the wire
        self.breaks = []                        # (first unseen index, first seen again) of every cut
        self.connections = 0
        self.finished = threading.Event()       # all trades have happened
        self.stopped = threading.Event()
        self.client = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "ws://127.0.0.1:%d" % self.listener.getsockname()[1]

    def run(self):
        while not self.stopped.is_set():
            try:
                self.client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                self.serve(self.client)
            except (Gone, OSError):
                pass
            self.client.close()

    def stop(self):
        self.stopped.set()
        self.listener.close()
        if self.client:
            self.client.close()

    # --- one connection ---

    def serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buf = b""
        self.upgrade(sock)
        sock.sendall(frame('{"TYPE":"20","MESSAGE":"STREAMERWELCOME","SERVER_TIME_MS":0,"CLIENT_ID":1,'
                           '"DATA_FORMAT":"JSON","SOCKETS_ACTIVE":1,"SOCKETS_REMAINING":0}'))
        subscribed = set()
        while subscribed != set(self.markets):
            self.subscribe(sock, self.receive(sock), subscribed)
        self.play(sock)

    def upgrade(self, sock):
        while b"\r\n\r\n" not in self.buf:
            self.more(sock)
        head, _, self.buf = self.buf.partition(b"\r\n\r\n")
        key = next(l.split(b":", 1)[1].strip() for l in head.split(b"\r\n") if l.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + GUID.encode()).digest()).decode()
        sock.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\n\r\n" % accept).encode())

    def more(self, sock):
        data = sock.recv(65536)
        if not data:
            raise Gone
        self.buf += data

    def receive(self, sock):
        """The next text message of the client, unmasked; control frames are passed over."""
        while True:
            while len(self.buf) < 6:
                self.more(sock)
            opcode, n, at = self.buf[0] & 15, self.buf[1] & 127, 2
            if n == 126:
                n, at = struct.unpack(">H", self.buf[2:4])[0], 4
            while len(self.buf) < at + 4 + n:
                self.more(sock)
            mask = self.buf[at:at + 4]
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.buf[at + 4:at + 4 + n]))
            self.buf = self.buf[at + 4 + n:]
            if opcode == 8:
                raise Gone
            if opcode == 1:
                return json.loads(data)

    def subscribe(self, sock, request, subscribed):
        assert request["action"] == "SubAdd", request
        for sub in request["subs"]:
            kind, exchange, base, quote = sub.split("~")
            market = "%s:%s-%s" % (exchange, base, quote)
            assert kind == "0" and market in self.markets, sub
            past = [i for i in range(self.pos) if self.trades[i].market == market and i not in self.withheld]
            past = past[len(past) - min(len(past), self.repeats):]
            confirmation = [frame('{"TYPE":"16","MESSAGE":"SUBSCRIBECOMPLETE","SUB":"%s"}' % sub)]
            repeated = [frame(self.message(i)) for i in past]
            sock.sendall(b"".join(confirmation + repeated if self.confirm_first else repeated + confirmation))
            self.delivered.update(past)
            subscribed.add(market)
        sock.sendall(frame('{"TYPE":"3","MESSAGE":"LOADCOMPLETE","INFO":"All your valid subs have been loaded."}'))

    def message(self, i):
        text = message(self.trades[i], self.numbers[i], self.ids)
        return re.sub(r',"TSNS":\d+,"RTSNS":\d+', "", text) if self.seconds_only else text

    def sent_at(self, at):
        here = [] if at in self.late or at in self.withheld else [at]
        return here + [i for i, behind in self.late.items() if behind == at]

    def play(self, sock):
        while self.pos < len(self.trades):
            while self.cuts and self.cuts[0].at < self.pos:     # it lay in what an earlier one let happen unseen
                self.cuts.pop(0)
            cut = self.cuts[0] if self.cuts else None
            end = min(cut.at if cut else len(self.trades), self.pos + 200)
            sent = [i for at in range(self.pos, end) for i in self.sent_at(at)]
            sock.sendall(b"".join(frame(self.message(i)) for i in sent))
            self.delivered.update(sent)
            self.pos = end
            if cut and self.pos == cut.at:
                return self.cut(sock, self.cuts.pop(0))
        self.finished.set()
        while not self.stopped.wait(self.heartbeat):
            sock.sendall(frame('{"TYPE":"999","MESSAGE":"HEARTBEAT","TIMEMS":0}'))

    def cut(self, sock, cut):
        if cut.how == "torn" and self.pos < len(self.trades):
            sock.sendall(frame(self.message(self.pos))[:40])
        if cut.how == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:                                   # everything sent arrives: half-close, then wait for the client's end
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(5)
            try:
                while sock.recv(65536):
                    pass
            except OSError:
                pass
        again = min(self.pos + cut.missed, len(self.trades))
        self.breaks.append((self.pos, again))
        self.pos = again
        raise Gone


def numbers(trades, how):
    """CCSEQ of each trade: counted in its market as the vendor does, over all of them ("all"), or none (0)."""
    counts, out = defaultdict(int), []
    for t in trades:
        key = t.market if how == "market" else how
        counts[key] += 1
        out.append(counts[key] + 1000 if how else 0)
    return out


# --- the truth ---

def fold(trades, bucket_ms=60000):
    """{(market, bucket ms): (open, high, low, close, volume, quote volume, trades)} of trades in order."""
    candles = {}
    for t in trades:
        key = t.market, t.time_ns // 10**6 // bucket_ms * bucket_ms
        p, q = Decimal(t.price), Decimal(t.qty)
        if key not in candles:
            candles[key] = [p, p, p, p, q, p * q, 1]
            continue
        c = candles[key]
        c[1], c[2], c[3] = max(c[1], p), min(c[2], p), p
        c[4] += q
        c[5] += p * q
        c[6] += 1
    return {k: tuple(v) for k, v in candles.items()}


def synthetic(markets, count, start_ns, step_ns, seed=1):
    """Seeded trades, some at equal times, prices and quantities of varying digits."""
    import random
    rng, trades, now, ids = random.Random(seed), [], start_ns, defaultdict(int)
    cents = {m: 1000000 + 50000 * i for i, m in enumerate(markets)}
    for _ in range(count):
        m = rng.choice(markets)
        cents[m] += rng.randint(-40, 40)
        ids[m] += 1
        qty = "0.%0*d" % (rng.choice([2, 4, 8]), rng.randint(1, 99))
        trades.append(Trade(m, now, str(1000 + ids[m]), "%d.%02d" % divmod(cents[m], 100), qty,
                            rng.choice(["buy", "sell", ""])))
        now += rng.choice([0, step_ns, step_ns, 2 * step_ns])
    return trades
