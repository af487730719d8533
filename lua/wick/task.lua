-- SPDX-License-Identifier: Apache-2.0
-- Coroutines that await completions by tag, so that a script reads top to bottom:
--   task.spawn(w, function() use(task.await(store:query(q)).candles) end); task.run(w)
-- One task waits for one thing at a time; for two at once, spawn two and join them.
local M = {}

local unpack = unpack or table.unpack
local tasks = setmetatable({}, { __mode = "k" })        -- coroutine to task
local CANCELLED = setmetatable({}, { __tostring = function() return "cancelled" end })
M.CANCELLED = CANCELLED

local Task = {}
Task.__index = Task

local function scheduler(w)
  w.tasks = w.tasks or { waiting = {}, count = 0, failed = {} }
  return w.tasks
end

local function current(what)
  local t = tasks[coroutine.running() or 0]
  if not t then error("task." .. what .. " belongs into a task: task.spawn(w, fn)", 3) end
  return t
end

local resume

-- The end of a task, whichever: what was deferred runs, newest first; then those who wait for it go
-- on.
local function finish(t, status, err)
  for i = #t.deferred, 1, -1 do
    local ok, why = pcall(t.deferred[i])
    if not ok and status ~= "failed" then status, err = "failed", tostring(why) end
  end
  t.status, t.error = status, err
  t.sched.count = t.sched.count - 1
  if status == "failed" and #t.joiners == 0 then table.insert(t.sched.failed, t) end
  for _, joiner in ipairs(t.joiners) do resume(joiner, "joined") end
end

-- Go on with a task until it waits again or ends.
function resume(t, ...)
  if t.status ~= "running" then return end
  t.wants = nil
  local got = { coroutine.resume(t.co, ...) }
  if t.status ~= "running" then return end
  if not got[1] then
    if got[2] == CANCELLED then return finish(t, "cancelled", CANCELLED) end
    return finish(t, "failed", debug.traceback(t.co, tostring(got[2])))
  end
  if coroutine.status(t.co) == "dead" then
    t.results = { unpack(got, 2) }
    finish(t, "done")
  end
end

-- A function as a task of context w; it runs at once up to its first await.
function M.spawn(w, fn, ...)
  local t = setmetatable({ w = w, sched = scheduler(w), co = coroutine.create(fn),
    status = "running",
    deferred = {}, joiners = {} }, Task)
  tasks[t.co] = t
  t.sched.count = t.sched.count + 1
  resume(t, ...)
  return t
end

-- Wait; a task that was cancelled meanwhile unwinds from here.
local function pause(t)
  if t.cancelled then error(CANCELLED, 0) end
  local what, value = coroutine.yield()
  if t.cancelled then error(CANCELLED, 0) end
  return what, value
end

-- The event with this tag, lent until the next poll; nil, "timeout" after ms. A failed start goes
-- through, so that task.await(store:query(q)) gives the event, or nil and why.
function M.await(tag, ms, code)
  if type(tag) ~= "number" then return tag, ms, code end
  local t = current "await"
  local waiting, timer = t.sched.waiting, type(ms) == "number" and assert(t.w:timer(ms)) or nil
  if waiting[tag] then error(("await: another task waits for tag %.0f"):format(tag), 2) end
  waiting[tag] = t
  if timer then waiting[timer] = t end
  local ok, _, ev = pcall(pause, t)
  waiting[tag] = nil
  if timer then
    waiting[timer] = nil
    t.w:cancel(timer)
  end
  if not ok then error(_, 0) end
  if timer and ev.tag == timer then return nil, "timeout" end
  return ev
end

function M.sleep(ms)
  local t = current "sleep"
  local tag = assert(t.w:timer(ms))
  local ok, why = pcall(M.await, tag)
  if not ok then
    t.w:cancel(tag)
    error(why, 0)
  end
end

-- Run fn when this task ends, however it ends.
function M.defer(fn)
  table.insert(current("defer").deferred, fn)
end

-- Wait for the end of another task: true and its results, or nil and its error.
function Task:join()
  local t = current "join"
  if self == t then error("join: a task cannot wait for itself", 2) end
  if self.status == "running" then
    table.insert(self.joiners, t)
    local ok, why = pcall(pause, t)
    for i, joiner in ipairs(self.joiners) do
      if joiner == t and self.status == "running" then table.remove(self.joiners, i) break end
    end
    if not ok then error(why, 0) end
  end
  for i, failed in ipairs(self.sched.failed) do
    if failed == self then table.remove(self.sched.failed, i) break end
  end
  if self.status == "done" then return true, unpack(self.results) end
  return nil, self.error
end

-- End a task where it waits: its await raises task.CANCELLED, so that it can clean up; deferred
-- functions run.
function Task:cancel()
  if self.status ~= "running" then return end
  self.cancelled = true
  if coroutine.status(self.co) == "suspended" then resume(self) end
end

-- Give an event to the task that waits for it; false where none does.
function M.dispatch(w, ev)
  local t = scheduler(w).waiting[ev.tag]
  if not t or ev.tag == 0 then return false end
  resume(t, "event", ev)
  return true
end

local function raise_failed(s)
  local t = table.remove(s.failed, 1)
  if t then error(t.error, 0) end
end

-- One poll: its events to the tasks that wait, the others to handler. An event that came before its
-- task waited for it is offered again at the end of the same poll. Raises the traceback of a task
-- that failed and nobody joins.
function M.step(w, timeout_ms, handler)
  local s, events = scheduler(w), assert(w:poll(timeout_ms))
  local left = {}
  for i = 1, #events do
    if not M.dispatch(w, events[i]) then left[#left + 1] = events[i] end
  end
  for _, ev in ipairs(left) do
    if not M.dispatch(w, ev) and handler then handler(ev) end
  end
  raise_failed(s)
  return #events
end

-- Poll until every task has ended; handler(ev) gets the events that no task waits for.
function M.run(w, handler)
  local s = scheduler(w)
  raise_failed(s)
  while s.count > 0 do
    if M.step(w, -1, handler) == 0 and s.count > 0 then      -- it waits while anything can happen
      error("task.run: every task waits, and nothing is under way that could wake one", 2)
    end
  end
end

-- Cancel every task of a context, in no order.
function M.cancel_all(w)
  local list = {}
  for _, t in pairs(tasks) do
    if t.w == w then list[#list + 1] = t end
  end
  for _, t in ipairs(list) do t:cancel() end
end

return M
