-- SPDX-License-Identifier: Apache-2.0
-- wick migrate [status|up|down]: the schema of the store.
local options = require "wick.cli.options"
local rows = require "wick.http.rows"

local M = {
  name = "migrate",
  summary = "the schema of the store: status, up, down",
  text = [[
status lists the migrations, up applies what is missing, down takes the newest one back.]],
  example = "wick migrate status\nwick migrate up --set store.url=sqlite:/var/lib/wick/wick.db",
  options = { options.set, options.config },
  args = { value = "status|up|down", min = 0, max = 1, usage = "[status|up|down]",
    choices = { "status", "up", "down" } },
}

local function wait(w, tag)
  while true do
    for ev in w:events(-1) do
      if ev.tag == tag then return ev.status, ev.text end
    end
  end
end

function M.main(values, sh)
  local what = values[1] or "status"
  local c = sh.config(values)
  sh.make_dir(c:get "data.dir")
  local w = sh.open(c)
  local store, why = sh.try(w.store, w)
  if not store then return nil, why end
  if what ~= "status" then
    local tag, bad = store:migrate(what)
    if not tag then return nil, bad end
    local status, text = wait(w, tag)
    if status < 0 then return nil, text end
  end
  local tag, bad = store:rows "migrations"
  if not tag then return nil, bad end
  local status, text = wait(w, tag)
  if status < 0 then return nil, text end
  for _, row in ipairs(rows.parse(text or "")) do
    sh.out(("%-5s %-30s %s\n"):format(row.version or row.id or "", row.name or "",
      row.applied_at or row.applied or row.state or ""))
  end
  w:close()
  return 0
end

return M
