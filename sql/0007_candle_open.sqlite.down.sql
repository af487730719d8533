-- SPDX-License-Identifier: Apache-2.0
INSERT OR IGNORE INTO candle SELECT * FROM candle_open;
DROP TABLE candle_open;
ALTER TABLE known_to RENAME TO known_to_kept;
