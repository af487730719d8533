-- SPDX-License-Identifier: Apache-2.0
-- wick config: every setting in force, and where it comes from; secrets as ***.
local json = require "wick.http.json"
local options = require "wick.cli.options"

local M = {
  name = "config",
  summary = "every setting in force, and where it comes from",
  text = [[
Stronger first: command line (--set), environment, .env in the working directory, the Lua
configuration file (WICK_CONFIG or wick.conf.lua), default. A secret can come from a file: its
variable with _FILE behind it. `history` has no effect yet.]],
  example = "wick config --set http.port=8080\nwick config --json | python3 -m json.tool",
  options = { { "json", help = "as one JSON object by key" }, options.set, options.config },
}

local function as_json(c)
  local members = {}
  for _, row in ipairs(c.rows) do
    members[#members + 1] = row.key
    members[#members + 1] = json.object { "value", c:shown(row.key), "origin", c:origin(row.key),
      "default", row.default, "variable", row.env, "kind", row.kind, "help", row.help }
  end
  return json.object(members).raw .. "\n"
end

function M.main(values, sh)
  local c = sh.config(values)
  if values.json then
    sh.out(as_json(c))
    return 0
  end
  for _, row in ipairs(c.rows) do
    local shown = c:shown(row.key)
    sh.out(("%-24s %-40s %s\n"):format(row.key, shown == "" and "-" or shown,
      sh.paint(1, "dim", c:origin(row.key))))
    sh.out(("  %s%s\n"):format(sh.paint(1, "dim", row.help),
      row.env ~= "" and sh.paint(1, "dim", "  [" .. row.env .. "]") or ""))
  end
  return 0
end

return M
