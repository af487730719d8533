-- SPDX-License-Identifier: Apache-2.0
-- Markets by name, and the state that a market has beside its candles.
CREATE TABLE market (
    id              INTEGER PRIMARY KEY,
    name            TEXT    NOT NULL UNIQUE,    -- VENUE:BASE-QUOTE[.KIND]
    symbol          TEXT,                       -- the venue's own spelling
    open_prev       INTEGER NOT NULL DEFAULT 0, -- 1: the venue publishes open = previous close
    base            TEXT,                       -- interval of its open rows
    watermark_ns    INTEGER,                    -- no bucket that ends at or before it is open
    covered_from_ns INTEGER,
    covered_to_ns   INTEGER,
    ids             BLOB                        -- its last identities, 16 bytes each
);
