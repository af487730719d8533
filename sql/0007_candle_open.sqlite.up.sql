-- SPDX-License-Identifier: Apache-2.0
-- Open candles apart: every commit writes them again, and in a small table they share pages that stay in memory.
-- What is left in candle is closed.
CREATE TABLE candle_open (
    market     INTEGER NOT NULL,
    method     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    interval   TEXT    NOT NULL,
    time_ns    INTEGER NOT NULL,
    closed     INTEGER NOT NULL,                -- 0
    complete   INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    open       INTEGER NOT NULL, open_exp   INTEGER NOT NULL,
    high       INTEGER NOT NULL, high_exp   INTEGER NOT NULL,
    low        INTEGER NOT NULL, low_exp    INTEGER NOT NULL,
    close      INTEGER NOT NULL, close_exp  INTEGER NOT NULL,
    volume     NOT NULL, buy NOT NULL, sell NOT NULL, volume_exp INTEGER NOT NULL,
    quote      NOT NULL, quote_exp INTEGER NOT NULL,
    trades     INTEGER NOT NULL,
    digest     INTEGER NOT NULL,
    first_key  BLOB    NOT NULL,
    last_key   BLOB    NOT NULL,
    PRIMARY KEY (market, method, kind, interval, time_ns)
) WITHOUT ROWID;

INSERT INTO candle_open SELECT * FROM candle WHERE closed = 0;
DELETE FROM candle WHERE closed = 0;

-- Up to here a market's trades came from logs that are gone: what comes again from there is not new. Taken back and
-- applied again, it is still so.
CREATE TABLE known_to (
    market  INTEGER PRIMARY KEY,
    time_ns INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS known_to_kept (market INTEGER, time_ns INTEGER);
INSERT INTO known_to SELECT * FROM known_to_kept;
DROP TABLE known_to_kept;
