-- SPDX-License-Identifier: Apache-2.0
DROP TABLE market_era;
