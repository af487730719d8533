#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Raw bytes at the HTTP server of `wick run`: what RFC 9110 and 9112 demand of a server, and that nothing ever hangs.

hostile.py   runs all cases against a `wick run` of its own; the last line is `N passed, N failed`
"""
import re
import socket
import sys
import time

from process import Wick

HOST = b"Host: localhost\r\n"
GET = b"GET /health/live HTTP/1.1\r\n" + HOST


def chunked(*lines):
    return b"POST /health/live HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"\r\n".join(lines)


# name, bytes, allowed status of each answer, whether the server must close afterwards
CASES = [
    ("plain", GET + b"\r\n", [{200}], False),
    ("head", b"HEAD /health/live HTTP/1.1\r\n" + HOST + b"\r\n", [{200}], False),
    ("leading CRLF", b"\r\n" + GET + b"\r\n", [{200}], False),
    ("HTTP/1.0 closes", b"GET /health/live HTTP/1.0\r\n\r\n", [{200}], True),
    ("HTTP/1.0 keep-alive", b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [{200}], False),
    ("close is honoured", GET + b"Connection: close\r\n\r\n", [{200}], True),
    ("close in a list", GET + b"Connection: foo, Close\r\n\r\n", [{200}], True),
    ("absolute form", b"GET http://localhost/health/live HTTP/1.1\r\n" + HOST + b"\r\n", [{200}], False),
    ("pipelined", (GET + b"\r\n") * 5, [{200}] * 5, False),
    ("pipelined post with body", (b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello" + GET + b"\r\n"),
     [{405}, {200}], False),
    ("chunked body then get", chunked(b"5", b"hello", b"0", b"", b"") + GET + b"\r\n", [{405}, {200}], False),
    ("chunk extension", chunked(b"5;a=b", b"hello", b"0", b"", b"") + GET + b"\r\n", [{405}, {200}], False),
    ("trailers", chunked(b"1", b"x", b"0", b"X-T: 1", b"", b"") + GET + b"\r\n", [{405}, {200}], False),
    ("lower case header names", b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n", [{200}], False),
    ("host with port", b"GET /health/live HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n", [{200}], False),
    ("no host", b"GET /health/live HTTP/1.1\r\n\r\n", [{400}], None),
    ("two hosts", GET + b"Host: other\r\n\r\n", [{400}], None),
    ("two equal hosts", GET + HOST + b"\r\n", [{400}], None),
    ("bad host", b"GET /health/live HTTP/1.1\r\nHost: a b\r\n\r\n", [{400}], None),
    ("host with a path", b"GET /health/live HTTP/1.1\r\nHost: a/b\r\n\r\n", [{400}], None),
    ("host with user", b"GET /health/live HTTP/1.1\r\nHost: u@b\r\n\r\n", [{400}], None),
    ("bare LF", b"GET /health/live HTTP/1.1\nHost: x\n\n", [{400}], True),
    ("bare LF between headers", b"GET /health/live HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", [{400}], True),
    ("bare CR", b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", [{400}], True),
    ("folded header", GET + b"A: b\r\n c\r\n\r\n", [{400}], True),
    ("first header folded", b"GET /health/live HTTP/1.1\r\n Host: x\r\n\r\n", [{400}], True),
    ("space before colon", GET + b"A : b\r\n\r\n", [{400}], True),
    ("empty header name", GET + b": b\r\n\r\n", [{400}], True),
    ("no colon", GET + b"Ab\r\n\r\n", [{400}], True),
    ("NUL in a value", GET + b"A: b\0c\r\n\r\n", [{400}], True),
    ("control in a name", GET + b"A\x01: b\r\n\r\n", [{400}], True),
    ("both lengths", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     [{400}], True),
    ("differing lengths", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", [{400}], True),
    ("length list", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 6\r\n\r\nhello", [{400}], True),
    ("negative length", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n", [{400}], True),
    ("plus length", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\n", [{400}], True),
    ("hex length", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 0x5\r\n\r\n", [{400}], True),
    ("huge length", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n", [{400, 413}], True),
    ("large length", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n", [{413}], True),
    ("unknown coding", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", [{400, 501}], True),
    ("chunked not last", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", [{400, 501}], True),
    ("chunked twice", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", [{400, 501}], True),
    ("xchunked", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", [{400, 501}], True),
    ("chunked in 1.0", b"POST /ohlcv HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [{400, 501}], True),
    ("bad chunk size", chunked(b"g", b"hello", b"0", b"", b""), [{400}], True),
    ("negative chunk size", chunked(b"-5", b"hello", b"0", b"", b""), [{400}], True),
    ("huge chunk size", chunked(b"fffffffffffffffff", b"hello"), [{400, 413}], True),
    ("large chunk", chunked(b"ffffffff", b"hello"), [{413}], True),
    ("chunk without CRLF", chunked(b"5", b"helloX0", b"", b""), [{400}], True),
    ("long line", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", [{414}], True),
    ("long header", GET + b"A: " + b"b" * 70000 + b"\r\n\r\n", [{431}], True),
    ("many headers", GET + b"".join(b"A%d: b\r\n" % i for i in range(2000)) + b"\r\n", [{431}], True),
    ("version 2.0", b"GET /health/live HTTP/2.0\r\n" + HOST + b"\r\n", [{505}], True),
    ("version 1.10", b"GET /health/live HTTP/1.10\r\n" + HOST + b"\r\n", [{400, 505}], True),
    ("no version", b"GET /health/live\r\n\r\n", [{400, 505}], True),
    ("lower case version", b"GET /health/live http/1.1\r\n" + HOST + b"\r\n", [{400}], True),
    ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [{400, 501}], True),
    ("space in the target", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], True),
    ("two spaces", b"GET  /health/live HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], True),
    ("target without slash", b"GET health HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], None),
    ("control in the target", b"GET /a\x01 HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], None),
    ("connect", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", [{400, 405, 501}], None),
    ("options asterisk", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", [{200, 204, 405}], None),
    ("unknown method", b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", [{501, 405}], None),
    ("lower case method", b"get /health/live HTTP/1.1\r\n" + HOST + b"\r\n", [{501, 405, 400}], None),
    ("put", b"PUT /ohlcv HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", [{405}], None),
    ("expect continue", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", [{100, 405}], None),
    ("other expectation", b"POST /ohlcv HTTP/1.1\r\n" + HOST + b"Expect: 200-maybe\r\nContent-Length: 0\r\n\r\n", [{417}], None),
    ("unknown path", b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n", [{404}], False),
    ("dot segments", b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", [{404, 400}], None),
    ("bad percent", b"GET /ohlcv?symbol=%zz HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], False),
    ("no symbol", b"GET /ohlcv HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], False),
    ("unknown parameter", b"GET /ohlcv?symbol=BTCUSD&intervall=1m HTTP/1.1\r\n" + HOST + b"\r\n", [{400}], False),
    ("unknown symbol", b"GET /ohlcv?symbol=NOSUCH HTTP/1.1\r\n" + HOST + b"\r\n", [{404}], False),
]


def answers(sock, first_method, deadline):
    """Read until the peer closes or is silent for a while: [(status, headers, body)], closed."""
    data, closed = b"", False
    while time.monotonic() < deadline:
        sock.settimeout(0.4 if data else max(0.1, deadline - time.monotonic()))
        try:
            more = sock.recv(65536)
        except socket.timeout:
            break
        except ConnectionResetError:
            closed = True
            break
        if not more:
            closed = True
            break
        data += more
    return parse(data, first_method), closed


def parse(data, method):
    found = []
    while data:
        head, sep, rest = data.partition(b"\r\n\r\n")
        m = re.match(rb"HTTP/1\.1 (\d{3}) [^\r\n]*", head)
        assert sep and m, "no answer of HTTP: %r" % data[:80]
        headers = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            headers[name.strip().lower().decode()] = value.strip().decode()
        status = int(m[1])
        size = 0 if method == "HEAD" or status in (204, 304) or status < 200 else int(headers["content-length"])
        assert len(rest) >= size, "a body of %d bytes was promised, %d came" % (size, len(rest))
        if status >= 200:
            assert "date" in headers, "no Date"
        if status >= 400:
            assert headers.get("content-type", "").startswith("application/problem+json"), headers
        found.append((status, headers, rest[:size]))
        data = rest[size:]
    return found


def run(port, case):
    _, data, expected, close = case
    with socket.create_connection(("127.0.0.1", port)) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass                                    # it has answered and closed before the end of our request
        got, closed = answers(sock, data.split(b" ", 1)[0].decode("latin-1"), time.monotonic() + 5)
    statuses = [s for s, _, _ in got if s != 100]
    assert len(statuses) == len(expected), "answers: %s" % statuses
    for status, allowed in zip(statuses, expected):
        assert status in allowed, "status %d, expected %s" % (status, sorted(allowed))
    assert close is None or closed == close, "the connection was %s" % ("closed" if closed else "left open")


def byte_by_byte(port):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in GET + b"\r\n":
            sock.sendall(bytes([byte]))
        got, _ = answers(sock, "GET", time.monotonic() + 5)
    assert [s for s, _, _ in got] == [200], got


def head_says_what_get_would(port):
    def ask(method):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(method + b" /ohlcv?symbol=NOSUCH HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            return answers(sock, method.decode(), time.monotonic() + 5)[0][0]
    get, head = ask(b"GET"), ask(b"HEAD")
    assert get[0] == head[0] and head[2] == b"", (get, head)
    assert abs(int(get[1]["content-length"]) - int(head[1]["content-length"])) <= 8, (get[1], head[1])


def main():
    passed = failed = 0
    more = [("byte by byte", byte_by_byte), ("HEAD says what GET would", head_says_what_get_would)]
    with Wick(["Coinbase:BTC-USD"], WICK_SOURCES="sim:?rate=10") as wick:
        for name, case in [(c[0], c) for c in CASES] + more:
            try:
                case(wick.port) if callable(case) else run(wick.port, case)
                passed += 1
            except (AssertionError, OSError, KeyError, ValueError) as e:
                failed += 1
                print("FAIL %s: %s" % (name, e), flush=True)
        status, _ = wick.get("/health/live")
        if status != 200:
            failed += 1
            print("FAIL the server is gone after all that: %s" % wick.said())
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
