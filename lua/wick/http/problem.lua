-- SPDX-License-Identifier: Apache-2.0
-- Errors as RFC 9457 problem+json, and the page that each `type` resolves to on this server.
local json = require "wick.http.json"

local M = {}

-- code = { status, title, what to do }
M.codes = {
  ["invalid-parameter"] = { 400, "Invalid parameter",
    "A query parameter has a value that is not allowed; `errors` names it and says what is." },
  ["unknown-parameter"] = { 400, "Unknown parameter",
    "A query parameter that this path does not have. No typo may widen a query." },
  ["range-too-large"] = { 400, "Range too large", "Ask for fewer candles and follow `next`." },
  ["time-unit-suspect"] = { 400, "Time in another unit?",
    "An integer time makes no sense in the unit in force; set time_unit to the likely one." },
  ["not-implemented"] = { 400, "Not available yet", "This value is planned, but not served yet." },
  ["bad-request"] = { 400, "Bad request", "The request's target is not what RFC 3986 allows." },
  ["unauthenticated"] = { 401, "Unauthenticated", "Send a token." },
  ["forbidden"] = { 403, "Forbidden", "The token does not allow this." },
  ["not-found"] = { 404, "Not found", "Nothing is at this path; `paths` lists what there is." },
  ["unknown-symbol"] = { 404, "Unknown symbol", "No such market is known; `nearest` names some." },
  ["method-not-allowed"] = { 405, "Method not allowed", "The Allow header lists what is." },
  ["not-acceptable"] = { 406, "Not acceptable", "`formats` lists the formats there are." },
  ["incomplete"] = { 409, "Incomplete", "The range has missing spans." },
  ["expired-cursor"] = { 410, "Expired cursor", "Begin the walk again without the cursor." },
  ["request-timeout"] = { 408, "Request Timeout", "The request was not whole in time." },
  ["length-required"] = { 411, "Length Required", "Say how long the body is." },
  ["content-too-large"] = { 413, "Content Too Large", "No path takes a body of that size." },
  ["uri-too-long"] = { 414, "URI Too Long", "The request line is over the limit." },
  ["expectation-failed"] = { 417, "Expectation Failed", "Only 100-continue can be expected." },
  ["upgrade-required"] = { 426, "Upgrade Required", "This needs WebSocket 13." },
  ["request-header-fields-too-large"] = { 431, "Request Header Fields Too Large",
    "At most 100 header fields of 16 KiB in all." },
  ["internal"] = { 500, "Internal error", "A fault of the server; its log says more." },
  ["internal-server-error"] = { 500, "Internal Server Error", "Its log says more." },
  ["service-unavailable"] = { 503, "Service Unavailable", "Too much at once; try again." },
  ["http-version-not-supported"] = { 505, "HTTP Version Not Supported", "Speak HTTP/1.1." },
  ["store-unavailable"] = { 503, "Store unavailable", "The store does not answer; try again." },
  ["timeout"] = { 504, "Timeout", "The answer took too long; try again." },
}

-- A response table for a code. req: host, path, id. more: further members, "name", value, ...
function M.response(req, code, detail, more, headers)
  local row = assert(M.codes[code], code)
  local members = {
    "type", ("http://%s/problems/%s"):format(req.host, code), "title", row[2], "status", row[1],
    "detail", detail, "instance", M.clip(req.path, 200), "code", code,
  }
  for _, v in ipairs(more or {}) do members[#members + 1] = v end
  members[#members + 1], members[#members + 2] = "request_id", req.id
  headers = headers or {}
  headers[#headers + 1] = "content-type: application/problem+json"
  headers[#headers + 1] = "cache-control: no-store"
  return { status = row[1], headers = headers, body = json.object(members).raw .. "\n" }
end

-- At most `max` bytes of a text, not cut within a character.
function M.clip(text, max)
  if #text <= max then return text end
  local stop = max - 3
  while stop > 0 and text:byte(stop + 1) >= 0x80 and text:byte(stop + 1) < 0xc0 do
    stop = stop - 1
  end
  return text:sub(1, stop) .. "..."
end

-- A mistake in one parameter.
function M.parameter(req, code, param, value, detail, allowed)
  local one = { "param", M.clip(param, 200) }
  if value then one[3], one[4] = "value", M.clip(value, 200) end
  if allowed then one[#one + 1], one[#one + 2] = "allowed", allowed end
  return M.response(req, code, detail, { "errors", json.array { json.object(one) } })
end

-- GET /problems/CODE
function M.page(req, code)
  local row = M.codes[code]
  if not row then return nil end
  return { status = 200, headers = { "content-type: application/json" },
    body = json.object { "code", code, "status", row[1], "title", row[2], "detail", row[3],
      "instance", req.path }.raw .. "\n" }
end

return M
