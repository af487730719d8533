-- SPDX-License-Identifier: Apache-2.0
-- Trades that were not folded, why, and where they stand in the log.
CREATE TABLE quarantine (
    log       TEXT   NOT NULL,
    topic     TEXT   NOT NULL,
    part      INT    NOT NULL,
    place     BIGINT NOT NULL,
    idx       INT    NOT NULL,
    reason    TEXT   NOT NULL,
    market    BIGINT,
    time_ns   BIGINT NOT NULL,
    price     BIGINT NOT NULL, price_exp INT NOT NULL,
    qty       BIGINT NOT NULL, qty_exp   INT NOT NULL,
    id        TEXT,
    flags     INT    NOT NULL,
    noted_ms  BIGINT NOT NULL,
    PRIMARY KEY (log, topic, part, place, idx, reason)
);
