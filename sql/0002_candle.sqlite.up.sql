-- SPDX-License-Identifier: Apache-2.0
-- Candles: closed ones of every interval, and the open ones of each market's base interval. Values are exact: a
-- mantissa and a power of ten; a mantissa over 64 bits stands as text of its digits.
CREATE TABLE candle (
    market     INTEGER NOT NULL,
    method     INTEGER NOT NULL,                -- 0 trades, 1 vendor, 2 index, 3 mixed
    kind       INTEGER NOT NULL,                -- 0 time
    interval   TEXT    NOT NULL,                -- 1m, 4h, 1M
    time_ns    INTEGER NOT NULL,                -- begin of the bucket [time_ns, end)
    closed     INTEGER NOT NULL,
    complete   INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    open       INTEGER NOT NULL, open_exp   INTEGER NOT NULL,
    high       INTEGER NOT NULL, high_exp   INTEGER NOT NULL,
    low        INTEGER NOT NULL, low_exp    INTEGER NOT NULL,
    close      INTEGER NOT NULL, close_exp  INTEGER NOT NULL,
    volume     NOT NULL, buy NOT NULL, sell NOT NULL, volume_exp INTEGER NOT NULL,
    quote      NOT NULL, quote_exp INTEGER NOT NULL,
    trades     INTEGER NOT NULL,
    digest     INTEGER NOT NULL,                -- 64 bits, unsigned, wrapped to signed
    first_key  BLOB    NOT NULL,                -- places of open and close in the order of trades
    last_key   BLOB    NOT NULL,
    PRIMARY KEY (market, method, kind, interval, time_ns)
) WITHOUT ROWID;
