-- SPDX-License-Identifier: Apache-2.0
-- Where the log was read to, and what is known of each market, go with what was made of it: the log is read anew.
DROP TABLE candle;
DROP TABLE IF EXISTS bus_offset_kept;
DROP TABLE IF EXISTS known_to_kept;
UPDATE market SET base = NULL, watermark_ns = NULL, covered_from_ns = NULL, covered_to_ns = NULL, ids = NULL;
