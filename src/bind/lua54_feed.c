/* SPDX-License-Identifier: Apache-2.0
 * Feed tables and decoders. What a decoder lends ends with its next decode(). */
#include "lua54.h"
#include "lua54_view.h"

typedef struct room {  /* structs of its own; the decoder lends what they point to */
    wick_batch   batch;
    wick_control control;
} room;

static int feed_new(lua_State *L)
{
    wick *w = context_arg(L, 1);
    size_t size;
    const char *plan = bytes_arg(L, 2, &size);
    handle *h = handle_new(L, &FEED, w);
    wick_feed *f = NULL;
    int rc = wick_feed_new(w, plan, size, &f);

    if (rc < 0)
        return fail(L, wick_error(w), rc);
    handle_open(L, &FEED, h, f);
    return 1;
}

static int feed_unref(lua_State *L)
{
    return handle_close(L, &FEED);
}

static int decoder_open(lua_State *L)
{
    wick *w = context_arg(L, 1);
    wick_feed *f = handle_arg(L, 2, &FEED)->p;
    const char *market = text_opt(L, 3);
    handle *h = handle_new(L, &DECODER, w);
    wick_decoder *d = NULL;
    int rc;

    h->room = lua_newuserdatauv(L, sizeof(room), 0);
    lua_setiuservalue(L, -2, 1);
    h->lent = cell_new(L);
    if ((rc = wick_decoder_open(w, f, market, &d)) < 0)
        return fail(L, wick_error(w), rc);
    handle_open(L, &DECODER, h, d);
    return 1;
}

static int decoder_close(lua_State *L)
{
    return handle_close(L, &DECODER);
}

static int decoder_address(lua_State *L)
{
    int rc = wick_decoder_address(handle_arg(L, 1, &DECODER)->p, text_arg(L, 2));

    if (rc < 0)
        return fail(L, "decoder_address: it is none", rc);
    lua_pushboolean(L, 1);
    return 1;
}

static int decode(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);
    size_t size;
    const char *bytes = bytes_arg(L, 2, &size);
    int form = (int)int_arg(L, 3, WICK_FORM_FRAME, WICK_FORM_BINARY);
    int64_t recv_ns = lua_isnoneornil(L, 4) ? 0 : exact_arg(L, 4);
    int rc;

    h->lent->now++;
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, 2);         /* its digits and rows are read from these bytes */
    rc = wick_decode(h->p, bytes, size, form, recv_ns);
    if (rc < 0)
        return fail(L, wick_decoder_reason(h->p), rc);
    lua_pushinteger(L, rc);
    return 1;
}

static int lend(lua_State *L, const handle *h, const pod *type, const void *p)
{
    view_push(L, type, p, 1, h->lent);
    one_push(L, type, p, lua_touserdata(L, -1));
    return 1;
}

static int decoder_batch(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);
    wick_batch *b = &((room *)h->room)->batch;
    int rc = wick_decoder_batch(h->p, b);

    return rc < 0 ? fail(L, "decoder_batch: no batch", rc) : lend(L, h, &BATCH, b);
}

static int decoder_control(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);
    wick_control *c = &((room *)h->room)->control;

    return wick_decoder_control(h->p, c) < 0 ? 0 : lend(L, h, &CONTROL, c);
}

static int decoder_payload(lua_State *L)
{
    lua_pushstring(L, wick_decoder_payload(handle_arg(L, 1, &DECODER)->p));
    return 1;
}

static int decoder_reason(lua_State *L)
{
    lua_pushstring(L, wick_decoder_reason(handle_arg(L, 1, &DECODER)->p));
    return 1;
}

static int decoder_digits(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);
    uint32_t i = (uint32_t)int_arg(L, 2, 0, UINT32_MAX);
    char out[512];
    int n = wick_decoder_digits(h->p, i, view_field(L, 3), out, sizeof out);

    if (n < 0)
        return fail(L, "decoder_digits: no such trade or field", n);
    lua_pushlstring(L, out, (size_t)n < sizeof out ? (size_t)n : sizeof out - 1);
    return 1;
}

static int decoder_row(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);
    uint32_t i = (uint32_t)int_arg(L, 2, 0, UINT32_MAX);
    luaL_Buffer b;
    int n = wick_decoder_row(h->p, i, NULL, 0);

    if (n < 0)
        return fail(L, "decoder_row: no such trade", n);
    wick_decoder_row(h->p, i, luaL_buffinitsize(L, &b, (size_t)n + 1), (size_t)n + 1);
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

static int decoder_refused(lua_State *L)
{
    lua_pushinteger(L, wick_decoder_refused(handle_arg(L, 1, &DECODER)->p));
    return 1;
}

static int decoder_refusal(lua_State *L)
{
    handle *h = handle_arg(L, 1, &DECODER);

    lua_pushstring(L, wick_decoder_refusal(h->p, (uint32_t)int_arg(L, 2, 0, UINT32_MAX)));
    return 1;
}

static int check_open(lua_State *L)
{
    wick *w = context_arg(L, 1);
    wick_feed *f = handle_arg(L, 2, &FEED)->p;
    const char *path = text_arg(L, 3), *market = text_opt(L, 4);
    handle *h = handle_new(L, &CHECK, w);
    wick_check *c = NULL;
    int rc = wick_check_open(w, f, path, market, &c);

    if (rc < 0)
        return fail(L, wick_error(w), rc);
    handle_open(L, &CHECK, h, c);
    return 1;
}

static int check_close(lua_State *L)
{
    return handle_close(L, &CHECK);
}

static void set_count(lua_State *L, const char *name, uint64_t v)
{
    lua_pushinteger(L, (lua_Integer)v);
    lua_setfield(L, -2, name);
}

/* One message or row as a table; nothing at the end. */
static int check_next(lua_State *L)
{
    handle *h = handle_arg(L, 1, &CHECK);
    wick_checked c = {0};
    int rc = wick_check_next(h->p, &c);

    if (rc < 0)
        return fail(L, wick_error(h->w), rc);
    if (rc == 0)
        return 0;
    lua_createtable(L, 0, 6);
    set_count(L, "line", c.line);
    set_count(L, "trades", c.trades);
    set_count(L, "refused", c.refused);
    lua_pushstring(L, c.payload);
    lua_setfield(L, -2, "payload");
    lua_pushstring(L, c.reason);
    lua_setfield(L, -2, "reason");
    lua_pushlstring(L, c.rows ? c.rows : "", c.rows_size);
    lua_setfield(L, -2, "rows");
    return 1;
}

static int check_refusal(lua_State *L)
{
    handle *h = handle_arg(L, 1, &CHECK);

    lua_pushstring(L, wick_check_refusal(h->p, (uint32_t)int_arg(L, 2, 0, UINT32_MAX)));
    return 1;
}

const luaL_Reg FEED_FUNCTIONS[] = {
    {"feed_new", feed_new},
    {"feed_unref", feed_unref},
    {"decoder_open", decoder_open},
    {"decoder_close", decoder_close},
    {"decode", decode},
    {"decoder_batch", decoder_batch},
    {"decoder_control", decoder_control},
    {"decoder_address", decoder_address},
    {"decoder_payload", decoder_payload},
    {"decoder_reason", decoder_reason},
    {"decoder_digits", decoder_digits},
    {"decoder_row", decoder_row},
    {"decoder_refused", decoder_refused},
    {"decoder_refusal", decoder_refusal},
    {"check_open", check_open},
    {"check_close", check_close},
    {"check_next", check_next},
    {"check_refusal", check_refusal},
    {NULL, NULL},
};
