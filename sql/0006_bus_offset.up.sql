-- SPDX-License-Identifier: Apache-2.0
-- How far each partition of a log is in the tables, and which epoch of writers may go on. Part -1 stands for the
-- topic as a whole: its epoch is the newest that was claimed.
CREATE TABLE bus_offset (
    log           TEXT   NOT NULL,
    topic         TEXT   NOT NULL,
    part          INT    NOT NULL,
    next_offset   BIGINT NOT NULL,
    window_offset BIGINT NOT NULL,
    epoch         BIGINT NOT NULL,
    PRIMARY KEY (log, topic, part)
);

-- Taken back and applied again, it goes on where it was: the candles of the time before are still there, and the log
-- read from its begin would count in them twice.
CREATE TABLE IF NOT EXISTS bus_offset_kept (
    log TEXT, topic TEXT, part INT, next_offset BIGINT, window_offset BIGINT, epoch BIGINT
);
INSERT INTO bus_offset SELECT * FROM bus_offset_kept;
DROP TABLE bus_offset_kept;
