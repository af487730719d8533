/* SPDX-License-Identifier: Apache-2.0
 * The fields of each POD, as Lua reads them. The same table over LuaJIT's FFI is
 * lua/wick/pod.lua. */
#include <stdio.h>
#include <string.h>

#include "lua54_pod.h"

#define AT(type, field) offsetof(wick_##type, field)

static const field EVENT_FIELDS[] = {
    {"kind", F_U32, AT(event, kind), 0},
    {"name", F_EVENT_NAME, AT(event, kind), 0},
    {"status", F_I32, AT(event, status), 0},
    {"from", F_U32, AT(event, from), 0},
    {"tag", F_U32, AT(event, tag), 0},
    {"count", F_U32, AT(event, count), 0},
    {"stride", F_U32, AT(event, stride), 0},
    {"text", F_EVENT_TEXT, 0, 0},
    {"candles", F_EVENT_CANDLES, 0, 0},
    {"batch", F_EVENT_ONE, 0, WICK_EV_BATCH},
    {"control", F_EVENT_ONE, 0, WICK_EV_MESSAGE},
    {"request", F_EVENT_ONE, 0, WICK_EV_REQUEST},
    {"reply", F_EVENT_ONE, 0, WICK_EV_REPLY},
    {"refusals", F_EVENT_REFUSALS, 0, 0},
    {0},
};

static const field BATCH_FIELDS[] = {
    {"ticks", F_TICKS, 0, 0},
    {"marks", F_MARKS, 0, 0},
    {"partition", F_U32, AT(batch, partition), 0},
    {"offset", F_U64, AT(batch, offset), 0},
    {"recv_ns", F_I64, AT(batch, recv_ns), 0},
    {"recv_ms", F_MS, AT(batch, recv_ns), 0},
    {"source", F_TEXT, AT(batch, source), 0},
    {0},
};

static const field TICK_FIELDS[] = {
    {"time_ns", F_I64, AT(tick, time_ns), 0},
    {"time_ms", F_MS, AT(tick, time_ns), 0},
    {"price", F_DEC, AT(tick, price), AT(tick, price_exp)},
    {"qty", F_DEC, AT(tick, qty), AT(tick, qty_exp)},
    {"seq", F_U64, AT(tick, seq), 0},
    {"market", F_U32, AT(tick, market), 0},
    {"trades", F_U32, AT(tick, trades), 0},
    {"nth", F_U16, AT(tick, nth), 0},
    {"id", F_ID, 0, 0},
    {"id_key", F_U64, AT(tick, id_key), 0},
    {"side", F_SIDE, 0, 0},
    {"buy", F_FLAG, AT(tick, flags), WICK_TICK_BUY},
    {"sell", F_FLAG, AT(tick, flags), WICK_TICK_SELL},
    {"snapshot", F_FLAG, AT(tick, flags), WICK_TICK_SNAPSHOT},
    {"reversed", F_FLAG, AT(tick, flags), WICK_TICK_REVERSED},
    {"ordered", F_FLAG, AT(tick, flags), WICK_TICK_ORDERED},
    {"received", F_FLAG, AT(tick, flags), WICK_TICK_RECEIVED},
    {"id_counts", F_FLAG, AT(tick, flags), WICK_TICK_ID_COUNTS},
    {"seq_counts", F_FLAG, AT(tick, flags), WICK_TICK_SEQ_COUNTS},
    {"seq_untimed", F_FLAG, AT(tick, flags), WICK_TICK_SEQ_UNTIMED},
    {"seconds", F_FLAG, AT(tick, flags), WICK_TICK_SECONDS},
    {0},
};

static const field MARK_FIELDS[] = {
    {"kind", F_U32, AT(mark, kind), 0},
    {"name", F_MARK_NAME, AT(mark, kind), 0},
    {"market", F_MARKET, AT(mark, market), 0},
    {"conn", F_U64, AT(mark, conn), 0},
    {"from_ns", F_I64, AT(mark, from_ns), 0},
    {"to_ns", F_I64, AT(mark, to_ns), 0},
    {"at", F_U32, AT(mark, at), 0},
    {"source", F_U32, AT(mark, source), 0},
    {"repeats", F_U32, AT(mark, repeats), 0},
    {"symbol", F_TEXT, AT(mark, symbol), 0},
    {"open_prev", F_FLAG, AT(mark, flags), WICK_MARK_F_OPEN_PREV},
    {0},
};

static const field CANDLE_FIELDS[] = {
    {"time_ns", F_I64, AT(candle, time_ns), 0},
    {"time_ms", F_MS, AT(candle, time_ns), 0},
    {"end_ns", F_I64, AT(candle, end_ns), 0},
    {"end_ms", F_MS, AT(candle, end_ns), 0},
    {"market", F_U32, AT(candle, market), 0},
    {"interval", F_U32, AT(candle, interval), 0},
    {"method", F_METHOD, AT(candle, method), 0},
    {"closed", F_FLAG, AT(candle, flags), WICK_CANDLE_CLOSED},
    {"complete", F_FLAG, AT(candle, flags), WICK_CANDLE_COMPLETE},
    {"open_prev", F_FLAG, AT(candle, flags), WICK_CANDLE_OPEN_PREV},
    {"delta", F_FLAG, AT(candle, flags), WICK_CANDLE_DELTA},
    {"behind", F_FLAG, AT(candle, flags), WICK_CANDLE_BEHIND},
    {"rev", F_U32, AT(candle, rev), 0},
    {"open", F_DEC, AT(candle, open), AT(candle, open_exp)},
    {"high", F_DEC, AT(candle, high), AT(candle, high_exp)},
    {"low", F_DEC, AT(candle, low), AT(candle, low_exp)},
    {"close", F_DEC, AT(candle, close), AT(candle, close_exp)},
    {"volume", F_WIDE, AT(candle, volume_lo), AT(candle, volume_exp)},
    {"quote", F_WIDE, AT(candle, quote_lo), AT(candle, quote_exp)},
    {"buy", F_WIDE, AT(candle, buy_lo), AT(candle, volume_exp)},
    {"sell", F_WIDE, AT(candle, sell_lo), AT(candle, volume_exp)},
    {"trades", F_COUNT, AT(candle, trades), 0},
    {"digest", F_HEX, AT(candle, digest), 0},
    {"spare", F_U32, AT(candle, spare), 0},
    {0},
};

static const field CONTROL_FIELDS[] = {
    {"kind", F_TEXT, AT(control, kind), 0},
    {"symbol", F_TEXT, AT(control, symbol), 0},
    {"text", F_BYTES, AT(control, text), AT(control, text_len)},
    {"time_ns", F_I64, AT(control, time_ns), 0},
    {"time_ms", F_MS, AT(control, time_ns), 0},
    {0},
};

static const field REFUSAL_FIELDS[] = {
    {"reason", F_TEXT, AT(refusal, reason), 0},
    {"text", F_TEXT, AT(refusal, text), 0},
    {"market", F_MARKET, AT(refusal, market), 0},
    {"partition", F_U32, AT(refusal, partition), 0},
    {"offset", F_U64, AT(refusal, offset), 0},
    {"index", F_U32, AT(refusal, index), 0},
    {"time_ns", F_I64, AT(refusal, time_ns), 0},
    {"time_ms", F_MS, AT(refusal, time_ns), 0},
    {0},
};

static const field REQUEST_FIELDS[] = {
    {"id", F_U64, AT(request, id), 0},
    {"method", F_TEXT, AT(request, method), 0},
    {"target", F_TEXT, AT(request, target), 0},
    {"headers", F_BYTES, AT(request, headers), AT(request, headers_len)},
    {"body", F_BYTES, AT(request, body), AT(request, body_len)},
    {"peer", F_TEXT, AT(request, peer), 0},
    {"http_minor", F_U32, AT(request, http_minor), 0},
    {"upgrade", F_FLAG, AT(request, flags), WICK_REQ_UPGRADE},
    {0},
};

static const field REPLY_FIELDS[] = {
    {"status", F_I32, AT(reply, status), 0},
    {"headers", F_BYTES, AT(reply, headers), AT(reply, headers_len)},
    {"body", F_BYTES, AT(reply, body), AT(reply, body_len)},
    {0},
};

const pod EVENT = {"wick.event", sizeof(wick_event), EVENT_FIELDS};
const pod BATCH = {"wick.batch", sizeof(wick_batch), BATCH_FIELDS};
const pod TICK = {"wick.tick", sizeof(wick_tick), TICK_FIELDS};
const pod MARK = {"wick.mark", sizeof(wick_mark), MARK_FIELDS};
const pod CANDLE = {"wick.candle", sizeof(wick_candle), CANDLE_FIELDS};
const pod CONTROL = {"wick.control", sizeof(wick_control), CONTROL_FIELDS};
const pod REFUSAL = {"wick.refusal", sizeof(wick_refusal), REFUSAL_FIELDS};
const pod REQUEST = {"wick.request", sizeof(wick_request), REQUEST_FIELDS};
const pod REPLY = {"wick.reply", sizeof(wick_reply), REPLY_FIELDS};
const pod *const PODS[] = {&EVENT,   &BATCH,   &TICK,    &MARK,  &CANDLE,
                           &CONTROL, &REFUSAL, &REQUEST, &REPLY, NULL};
