-- SPDX-License-Identifier: Apache-2.0
-- What closed candles were before they changed: the row that `rev` replaced, and when.
CREATE TABLE candle_revision (
    market     INTEGER NOT NULL,
    method     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    interval   TEXT    NOT NULL,
    time_ns    INTEGER NOT NULL,
    rev        INTEGER NOT NULL,                -- of the values below
    changed_ms INTEGER NOT NULL,                -- real time at which they were replaced
    complete   INTEGER NOT NULL,
    open       INTEGER NOT NULL, open_exp   INTEGER NOT NULL,
    high       INTEGER NOT NULL, high_exp   INTEGER NOT NULL,
    low        INTEGER NOT NULL, low_exp    INTEGER NOT NULL,
    close      INTEGER NOT NULL, close_exp  INTEGER NOT NULL,
    volume     NOT NULL, buy NOT NULL, sell NOT NULL, volume_exp INTEGER NOT NULL,
    quote      NOT NULL, quote_exp INTEGER NOT NULL,
    trades     INTEGER NOT NULL,
    digest     INTEGER NOT NULL,
    PRIMARY KEY (market, method, kind, interval, time_ns, rev)
) WITHOUT ROWID;
