-- SPDX-License-Identifier: Apache-2.0
-- Tasks: awaiting by tag, time-outs, errors with their place, cancelling, joining. Unchanged on
-- both VMs.
local helper = require "spec.lua.helper"
local wick, task = helper.wick, require "wick.task"

describe("tasks (" .. helper.vm .. ")", function()
  local w

  before_each(function() w = assert(wick.open()) end)
  after_each(function()
    w:close()
    w = nil
  end)
  helper.tidy()

  it("await what they asked for and read top to bottom", function()
    local seen = {}
    task.spawn(w, function()
      for i = 1, 3 do
        local ev = task.await(w:timer(1, 100 + i))
        seen[#seen + 1] = ev.name .. ev.tag
      end
    end)
    task.run(w)
    assert.same({ "timer101", "timer102", "timer103" }, seen)
  end)

  it("run side by side, in the order of time", function()
    local seen = {}
    for _, ms in ipairs { 30, 10, 20 } do
      task.spawn(w, function()
        task.sleep(ms)
        seen[#seen + 1] = ms
      end)
    end
    task.run(w)
    assert.same({ 10, 20, 30 }, seen)
  end)

  it("give up after a time-out", function()
    local got
    task.spawn(w, function() got = { task.await(7, 5) } end)
    task.run(w)
    assert.same({ nil, "timeout" }, got)
    assert.equal("timeout", got[2])
  end)

  it("pass on what could not be begun", function()
    local got
    task.spawn(w, function() got = { task.await(nil, "no such table", -4) } end)
    task.run(w)
    assert.equal("no such table", got[2])
    assert.equal(-4, got[3])
  end)

  it("do not miss an event that came in the same poll before they waited for it", function()
    local seen = {}
    w:timer(0, 2)
    w:timer(0, 1)
    task.spawn(w, function()
      seen[1] = task.await(1, 5000).tag
      seen[2] = task.await(2, 5000).tag
    end)
    while #seen < 2 do task.step(w, 5000) end
    task.run(w)
    assert.same({ 1, 2 }, seen)
  end)

  it("hand what nobody awaits to the handler", function()
    local other = {}
    task.spawn(w, function() task.sleep(20) end)
    w:timer(1, 77)
    task.run(w, function(ev) other[#other + 1] = ev.tag end)
    assert.same({ 77 }, other)
  end)

  it("fail with their traceback", function()
    local function deep() error "the reason" end
    task.spawn(w, function()
      task.sleep(1)
      deep()
    end)
    local ok, why = pcall(task.run, w)
    assert.is_false(ok)
    assert.is_truthy(why:find("the reason", 1, true))
    assert.is_truthy(why:find("task_spec.lua:%d+"))
    assert.is_truthy(why:find("traceback", 1, true))
  end)

  it("tell an error to who joins them, and then to nobody else", function()
    local ok, why, more
    task.spawn(w, function()
      local t = task.spawn(w, function() error("early", 0) end)
      ok, why = t:join()
      more = { task.spawn(w, function() return 1, 2 end):join() }
    end)
    task.run(w)
    assert.is_nil(ok)
    assert.is_truthy(why:find("early", 1, true))
    assert.same({ true, 1, 2 }, more)
  end)

  it("wait for each other", function()
    local order = {}
    task.spawn(w, function()
      local t = task.spawn(w, function()
        task.sleep(5)
        order[#order + 1] = "inner"
        return "value"
      end)
      local _, value = t:join()
      order[#order + 1] = value
    end)
    task.run(w)
    assert.same({ "inner", "value" }, order)
  end)

  it("clean up when they are cancelled, and do not go on", function()
    local seen = {}
    local t = task.spawn(w, function()
      task.defer(function() seen[#seen + 1] = "deferred" end)
      local ok, why = pcall(task.sleep, 60000)
      seen[#seen + 1] = ok == false and tostring(why)
      task.sleep(1)
      seen[#seen + 1] = "never"
    end)
    t:cancel()
    t:cancel()
    task.run(w)
    assert.equal("cancelled", t.status)
    assert.same({ "cancelled", "deferred" }, seen)
    w:poll(0)
    assert.equal(-1, w:timeout())
  end)

  it("are all cancelled together", function()
    local ends = 0
    for _ = 1, 3 do
      task.spawn(w, function()
        task.defer(function() ends = ends + 1 end)
        task.await(5000 + ends, 60000)
      end)
      ends = ends + 1
    end
    task.cancel_all(w)
    task.run(w)
    assert.equal(6, ends)
  end)

  it("say when they wait for nothing", function()
    task.spawn(w, function() task.await(9) end)
    local ok, why = pcall(task.run, w)
    assert.is_false(ok)
    assert.is_truthy(why:find("nothing is under way", 1, true))
    task.cancel_all(w)
  end)

  it("are refused outside, and two on one tag", function()
    local ok, why = pcall(task.sleep, 1)
    assert.is_false(ok)
    assert.is_truthy(why:find("task.spawn", 1, true))
    task.spawn(w, function() task.await(3, 1000) end)
    local second = task.spawn(w, function() task.await(3) end)
    assert.equal("failed", second.status)
    task.cancel_all(w)
    assert.is_false(pcall(task.run, w))
  end)
end)
