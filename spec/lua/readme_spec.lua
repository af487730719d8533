-- SPDX-License-Identifier: Apache-2.0
-- The README's first script, run as it stands there.
local helper = require "spec.lua.helper"

local function readme()
  local file = assert(io.open "README.md")
  local text = file:read "*a"
  file:close()
  return text
end

describe("the README (" .. helper.vm .. ")", function()
  it("has a first script that prints what it says", function()
    local text = readme()
    local script = assert(text:match "```lua\n(.-)```")
    local expected = assert(text:match "```text\n(.-)```")
    local lines = {}
    local env = setmetatable({ print = function(...)
      local row = { ... }
      for i = 1, select("#", ...) do row[i] = tostring(row[i]) end
      lines[#lines + 1] = table.concat(row, "  ") .. "\n"
    end }, { __index = _G })
    local chunk
    if setfenv then
      chunk = setfenv(assert(loadstring(script, "=README")), env)
    else
      chunk = assert(load(script, "=README", "t", env))
    end
    chunk()
    assert.equal(expected, table.concat(lines))
  end)
end)
