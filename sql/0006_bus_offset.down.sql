-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE bus_offset RENAME TO bus_offset_kept;
