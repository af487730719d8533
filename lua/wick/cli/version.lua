-- SPDX-License-Identifier: Apache-2.0
-- wick version: of the library, and of the Lua that runs it.
local M = {
  name = "version",
  summary = "the version of wick and of its Lua",
  example = "wick version",
}

function M.main(_, sh)
  local wick = require "wick"
  local vm = rawget(_G, "jit") and jit.version or _VERSION
  sh.out(("wick %s (ABI %d, %s)\n"):format(wick.version, wick.core.abi(), vm))
  return 0
end

return M
