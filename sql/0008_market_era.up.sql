-- SPDX-License-Identifier: Apache-2.0
-- Which source speaks for a market from when on, how it spells the symbol, and its rule of the open. A market
-- without a row here has had one source, and its symbol and rule stand in market.
CREATE TABLE market_era (
    market    BIGINT NOT NULL,
    from_ns   BIGINT NOT NULL,                  -- begin of a base bucket; the first: -2^63
    number    INT    NOT NULL,                  -- 0, 1, ...: tells identities of trades apart
    source    TEXT   NOT NULL,                  -- '': not known
    symbol    TEXT   NOT NULL,                  -- '': not known
    open_prev INT    NOT NULL,
    PRIMARY KEY (market, from_ns)
);
