-- SPDX-License-Identifier: Apache-2.0
-- The ledger: what was heard of a market, and what was not, with its evidence.
CREATE TABLE coverage (
    market   BIGINT NOT NULL,
    from_ns  BIGINT NOT NULL,                   -- [from_ns, to_ns)
    state    INT    NOT NULL,                   -- 0 observed, 1 missing
    conn     BIGINT NOT NULL,                   -- the connection that heard it, 0: none
    to_ns    BIGINT NOT NULL,
    evidence TEXT   NOT NULL,
    PRIMARY KEY (market, from_ns, state, conn)
);
