-- SPDX-License-Identifier: Apache-2.0
-- One Lua for both VMs: what neither 5.1 nor 5.4 knows is a mistake, what only one knows is guarded where it stands.
std = "lua51+lua54+luajit"
max_line_length = false                 -- scripts/dev/lint counts columns
self = false
files["spec/lua"] = { std = "+busted" }
files["rockspec"] = { std = "rockspec" }
files["scripts/dev"] = { std = "lua54" }
files["scripts/feeds"] = { std = "none" }
