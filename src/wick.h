/* SPDX-License-Identifier: Apache-2.0
 *
 * wick.h - the whole public C interface of libwick: trades in, exact candles out.
 *
 * A context (`wick`) owns one event loop and one completion queue. Stages (source, bus, agg, store,
 * cache, server) are opened on it and linked in the order of the data; whatever takes time ends as one
 * `wick_event`, taken in batches by wick_poll(). C never calls Lua.
 *
 * Statuses: 0 or a count is good, negative is WICK_E_*; the text is wick_error(w). A function that fails
 * leaves nothing behind. One thread at a time may use a context and what was opened on it.
 */
#ifndef WICK_H
#define WICK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ffi:begin - plain declarations only: ffi.cdef reads this block as it stands. */
enum { WICK_ABI = 1 };

enum {                          /* statuses; append only */
    WICK_OK       =  0,
    WICK_E_AGAIN  = -1,         /* full or empty right now: poll, then try again */
    WICK_E_ARG    = -2,         /* the caller's mistake; Lua raises */
    WICK_E_NOMEM  = -3,
    WICK_E_IO     = -4,         /* the world: file, socket, database */
    WICK_E_CLOSED = -5,
    WICK_E_DATA   = -6          /* bytes from outside that are not what they should be */
};

enum {                          /* wick_event.kind; append only */
    WICK_EV_TIMER     =  1,     /* wick_timer() ran out */
    WICK_EV_OPENED    =  2,     /* source: connected; server: listening (count: the port) */
    WICK_EV_CLOSED    =  3,     /* source: connection gone; data: why, as text; status: OK for a clean end */
    WICK_EV_MESSAGE   =  4,     /* source: a session message; data: wick_control */
    WICK_EV_BATCH     =  5,     /* a linked script's batch of ticks and marks; data: wick_batch */
    WICK_EV_CANDLES   =  6,     /* data: wick_candle[count]; answer to a query, or of an agg without a store */
    WICK_EV_COMMITTED =  7,     /* store: a commit is durable; data: wick_candle[count], its changed rows */
    WICK_EV_FULL      =  8,     /* stage: what lies behind it takes no more; it waits */
    WICK_EV_READY     =  9,     /* stage: it flows again */
    WICK_EV_END       = 10,     /* source: the input is over and all of it was handed on */
    WICK_EV_REQUEST   = 11,     /* server: data: wick_request */
    WICK_EV_REPLY     = 12,     /* HTTP client: data: wick_reply */
    WICK_EV_DONE      = 13,     /* whatever else was asked for with a tag; status says how it went */
    WICK_EV_REFUSED   = 14,     /* data: wick_refusal[count]: trades or messages that went to quarantine */
    WICK_EV_ROWS      = 15,     /* store: rows of a text query, NDJSON; data: text, count: bytes */
    WICK_EV_DRAINED   = 16,     /* stage: everything taken so far is behind it (after wick_stage_drain) */
    WICK_EV_SIGNAL    = 17,     /* a signal that wick_signal() asked for; count: its number */
    WICK_EV_LOG       = 18      /* a line of the context's log; status: its level, data: text */
};

typedef struct wick       wick;         /* a context: one thread at a time */
typedef struct wick_conf  wick_conf;    /* settings as text, checked against the table of options */
typedef struct wick_feed  wick_feed;    /* a compiled feed table; shared, counted */
typedef struct wick_decoder wick_decoder; /* one connection's decoder */
typedef struct wick_stage wick_stage;   /* a source, bus, agg, store, cache or server; holds its context */

typedef struct wick_event {             /* 32 bytes */
    uint32_t kind;                      /* WICK_EV_* */
    int32_t  status;                    /* WICK_OK or WICK_E_* */
    uint32_t from;                      /* id of the stage, 0 for the context */
    uint32_t tag;                       /* the caller's number, 0 if nobody asked */
    const void *data;                   /* borrowed: good until the next wick_poll() */
    uint32_t count;                     /* elements in data (bytes, where it is text) */
    uint32_t stride;                    /* bytes per element */
} wick_event;

/* ---- ticks ------------------------------------------------------------------------------------------- */

enum {                                  /* wick_tick.flags */
    WICK_TICK_BUY      = 1,             /* the taker bought */
    WICK_TICK_SELL     = 2,             /* the taker sold; neither bit: the venue does not say */
    WICK_TICK_SNAPSHOT = 4,             /* an older trade that a subscription was answered with */
    WICK_TICK_REVERSED = 8,             /* the venue had turned the pair round; already put right */
    WICK_TICK_ORDERED  = 16,            /* ids of this venue are ordered: id_key takes part in the order */
    WICK_TICK_RECEIVED = 32,            /* time_ns is a time of receipt, the venue gave none */
    WICK_TICK_ID_COUNTS = 64,           /* its id is a number, one more than that of the market's trade before */
    WICK_TICK_SEQ_COUNTS = 128,         /* its seq is such a number */
    WICK_TICK_SEQ_UNTIMED = 256,        /* its seq only counts, it is no order in time */
    WICK_TICK_SECONDS = 512             /* the venue tells its time in whole seconds */
};

typedef struct wick_tick {              /* 64 bytes, no padding */
    int64_t  time_ns;                   /* venue time, ns since 1970 UTC */
    int64_t  price, qty;                /* mantissas without trailing zeros; the exponents are below */
    uint64_t seq;                       /* the venue's sequence, 0 where it says nothing */
    uint32_t market;                    /* id from wick_market() */
    uint32_t trades;                    /* 1, or what an aggregate stands for */
    uint32_t id_at, id_len;             /* its id, in the batch's bytes; id_len 0: it has none */
    uint32_t flags;                     /* WICK_TICK_* */
    int8_t   price_exp, qty_exp;        /* powers of ten */
    uint16_t nth;                       /* without an id: ordinal among its equals on its connection, from 0 */
    uint64_t id_key;                    /* id as a key of order: see wick_id_key() */
} wick_tick;

enum {                                  /* wick_mark.kind: what a source says about its own hearing */
    WICK_MARK_OPEN  = 1,                /* from_ns: covered from here on, by this connection */
    WICK_MARK_ALIVE = 2,                /* to_ns: covered up to here; market WICK_NO_MARKET: all it has open */
    WICK_MARK_GAP   = 3,                /* [from_ns, to_ns] was missed */
    WICK_MARK_CLOSE = 4,                /* to_ns: covered up to here, and no further */
    WICK_MARK_SOURCE = 5,               /* from here on in the log `source` is the market's one source; an OPEN
                                         * says that too. A change cuts at a base bucket: core/eras.h */
    WICK_MARK_PLACE = 6                 /* for a log alone: of the input named by conn all of this market was
                                         * handed on up to from_ns, and at it `repeats` trades */
};
enum { WICK_NO_MARKET = 0x7fffffff };

typedef struct wick_mark {              /* 56 bytes */
    uint32_t kind;                      /* WICK_MARK_* */
    uint32_t market;                    /* or WICK_NO_MARKET */
    uint64_t conn;                      /* names one connection, for ever (random) */
    int64_t  from_ns, to_ns;            /* venue time; OPEN from INT64_MAX: begun, not covered yet */
    uint32_t at;                        /* it stands in front of ticks[at] of its batch */
    uint32_t source;                    /* wick_market()-style id of the source's name, see wick_name() */
    uint32_t repeats;                   /* open: how many older trades the venue repeats at a subscription */
    uint32_t flags;                     /* WICK_MARK_F_* */
    const char *symbol;                 /* open: the source's spelling, for the life of the context; NULL: not said */
} wick_mark;
enum { WICK_MARK_F_OPEN_PREV = 1 };     /* open: this venue publishes open = previous close */

typedef struct wick_batch {             /* what moves along links; borrowed while it is taken */
    const wick_tick *ticks;
    const wick_mark *marks;             /* ascending `at` */
    const uint8_t   *bytes;             /* ids */
    uint32_t tick_count, mark_count, byte_count;
    uint32_t partition;                 /* of the log; 0 where there is none */
    uint64_t offset;                    /* place in the log; in a recording the ordinal of the batch */
    int64_t  recv_ns;                   /* when the source received it, by the source's clock */
    const char *source;                 /* the source's name, for the life of the context; NULL: not said */
} wick_batch;

/* ---- candles ----------------------------------------------------------------------------------------- */

enum { WICK_METHOD_TRADES = 0, WICK_METHOD_VENDOR = 1, WICK_METHOD_INDEX = 2,
       WICK_METHOD_MIXED = 3 };
enum {                                  /* wick_candle.flags */
    WICK_CANDLE_CLOSED = 1,             /* the bucket is over */
    WICK_CANDLE_COMPLETE = 2,           /* the source covered the whole bucket */
    WICK_CANDLE_OPEN_PREV = 4,          /* its venue publishes open = previous close; applied when printed */
    WICK_CANDLE_DELTA = 8,              /* in a commit: merge into the stored row instead of replacing it */
    WICK_CANDLE_BEHIND = 16             /* with OPEN_PREV, in answers: not all was heard between the candle before
                                         * and its first trade, which stays its open; it is not complete */
};

typedef struct wick_key {               /* 80 bytes: a trade's place in the total order of its market */
    int64_t  time_ns;
    uint64_t seq;                       /* 0 where the venue has none in time */
    uint64_t id_key;                    /* 0 where ids are not ordered */
    uint64_t offset;                    /* place in the log */
    uint32_t index;                     /* in its record */
    uint32_t id_len;                    /* of id[], at most 40; 0 where ids are not ordered */
    uint8_t  id[40];                    /* ordered ids: their first 40 bytes, for equal id_key */
} wick_key;

typedef struct wick_candle {            /* 320 bytes; state of the fold and a row of the store alike */
    int64_t  time_ns, end_ns;           /* bucket [time_ns, end_ns) */
    uint32_t market;
    uint32_t interval;                  /* code from wick_interval() */
    uint32_t method, flags;             /* WICK_METHOD_*, WICK_CANDLE_* */
    uint32_t rev;
    int16_t  volume_exp, quote_exp;     /* of volume and buy; of quote volume */
    int64_t  open, high, low, close;    /* mantissas */
    int8_t   open_exp, high_exp, low_exp, close_exp;
    uint32_t spare;
    uint64_t volume_lo; int64_t volume_hi;  /* 128-bit mantissas, two's complement */
    uint64_t quote_lo;  int64_t quote_hi;   /* sum of price * qty */
    uint64_t buy_lo;    int64_t buy_hi;     /* volume where the taker bought */
    uint64_t sell_lo;   int64_t sell_hi;    /* volume where the taker sold */
    uint64_t trades;                    /* the venue's trades */
    uint64_t digest;                    /* sum mod 2^64 of each trade's hash; design notes in README */
    wick_key first, last;               /* keys of open and close */
} wick_candle;

enum {                                  /* fields of wick_candle_text() and wick_tick_text() */
    WICK_F_TIME = 0, WICK_F_OPEN = 1, WICK_F_HIGH = 2, WICK_F_LOW = 3, WICK_F_CLOSE = 4,
    WICK_F_VOLUME = 5, WICK_F_QUOTE = 6, WICK_F_BUY = 7, WICK_F_SELL = 8, WICK_F_VWAP = 9,
    WICK_F_PRICE = 10, WICK_F_QTY = 11
};

typedef struct wick_refusal {           /* what went to quarantine, and why */
    const char *reason;                 /* "overflow", "bad-price", "late-beyond-horizon", ... */
    const char *text;                   /* what it was, at most 512 bytes, 0-terminated */
    uint32_t market;                    /* or WICK_NO_MARKET */
    uint32_t partition;
    uint64_t offset;                    /* place in the log, or line of the recording */
    uint32_t index;
    uint32_t spare;
    int64_t  time_ns;                   /* the trade's, 0 if unknown */
} wick_refusal;

/* ---- context ----------------------------------------------------------------------------------------- */

/* WICK_ABI of the library that is loaded. */
int wick_abi(void);
/* sizeof of a POD by its name ("wick_tick"), 0 if there is none: both bindings compare when they load. */
size_t wick_sizeof(const char *name);
/* "0.1.0" */
const char *wick_version(void);

typedef struct wick_option {            /* one row of the table of options */
    const char *key, *kind, *env, *dflt, *help;  /* kind: text secret url int duration list bool choice:a,b */
} wick_option;
int  wick_conf_new(wick_conf **out);
void wick_conf_free(wick_conf *c);      /* NULL is fine */
/* Set an option from text. ARG: unknown key or a value that its kind does not allow; wick_conf_error() says. */
int  wick_conf_set(wick_conf *c, const char *key, const char *value);
/* The text in force, or NULL for an unknown key. Borrowed until the next set. */
const char *wick_conf_get(const wick_conf *c, const char *key);
const char *wick_conf_error(const wick_conf *c);
/* Row i of the table of options; ARG behind the last. */
int  wick_conf_option(int i, wick_option *out);

/* Open a context; conf NULL for defaults, it is copied. */
int  wick_open(const wick_conf *conf, wick **out);
void wick_close(wick *w);               /* NULL is fine; open stages keep it alive until they are closed */
const char *wick_error(const wick *w);  /* what was tried, on what, why it failed; borrowed until the next call */
/* Run the loop until an event is there or timeout_ms is over (-1: wait, 0: look); returns how many of at most
 * max events were written to out. What the events of the last call lent out ends here. */
int  wick_poll(wick *w, wick_event *out, int max, int timeout_ms);
int  wick_fd(wick *w);                  /* readable when wick_poll(…, 0) has work: for a host's own loop */
int  wick_timeout(wick *w);             /* ms until it must be called anyway, -1: no need */
int64_t wick_now_ns(wick *w);           /* the context's real clock, UTC */
int  wick_timer(wick *w, uint32_t tag, int64_t after_ms);  /* one WICK_EV_TIMER with this tag; ms >= 0 */
int  wick_timer_cancel(wick *w, uint32_t tag);
/* For a program's own context: from now on SIGHUP, SIGINT or SIGTERM comes as WICK_EV_SIGNAL with this tag. It takes
 * the signal for the whole process, until the context ends. */
int  wick_signal(wick *w, int signo, uint32_t tag);
int  wick_log(wick *w, int level, const char *text);       /* 0 error 1 warn 2 info 3 debug, to the host's log */
/* From now on lines of the context's log come as WICK_EV_LOG too, up to this level; -1, the default: none. */
int  wick_log_events(wick *w, int level);
/* For tests: the nth call (from 1) of a point ("bus.publish") fails; nth 0 heals. */
int  wick_fault(wick *w, const char *point, int64_t nth);

/* The id of a name, made when new: markets ("Kraken:BTC-EUR") and sources share the table. At most 2^20. */
int64_t wick_market(wick *w, const char *name, size_t size);
const char *wick_market_name(wick *w, uint32_t market);    /* borrowed for the life of the context; NULL: none */
/* The venue's own spelling, and back to NULL. Kept beside the name, set by decoders and the store. */
const char *wick_market_symbol(wick *w, uint32_t market);
int  wick_market_set_symbol(wick *w, uint32_t market, const char *symbol, size_t size);

/* ---- exact values ------------------------------------------------------------------------------------ */

/* Plain text of a decimal: no exponent, no trailing zeros. Returns its length (as snprintf). */
int  wick_dec_text(int64_t hi, uint64_t lo, int exp, char *out, size_t size);
/* A decimal from text (sign, digits, point, exponent). DATA: not a number, OVERFLOW as DATA too. */
int  wick_dec_parse(const char *text, size_t size, int64_t *mantissa, int *exp);
int  wick_candle_text(const wick_candle *c, int field, char *out, size_t size);
int  wick_tick_text(const wick_tick *t, int field, char *out, size_t size);
/* Monotone 64-bit key of an ordered id: all digits below 2^63-1 as that integer, longer digits 2^63-1, any
 * other 2^63 | its first 8 bytes >> 1; equal keys of the latter kinds are told apart by the bytes. */
uint64_t wick_id_key(const void *id, size_t size);

/* "1m", "4h", "1d", "1w", "1M" (also PT5M) to a code; negative: not an interval. */
int64_t wick_interval(const char *text, size_t size);
int  wick_interval_text(uint32_t interval, char *out, size_t size);
/* Begin of the bucket that holds time_ns, and of the one behind it (design.md: Monday weeks, calendar months). */
int64_t wick_bucket(uint32_t interval, int64_t time_ns);
int64_t wick_bucket_end(uint32_t interval, int64_t bucket_ns);
/* Whether every bucket of `of` is made of whole buckets of `interval`. */
int  wick_interval_divides(uint32_t interval, uint32_t of);
/* RFC 3339, YYYY-MM-DD, ISO with 0-9 digits to ns since 1970 UTC; DATA if it is none. */
int  wick_time_parse(const char *text, size_t size, int64_t *time_ns);
int  wick_time_text(int64_t time_ns, char *out, size_t size);

/* ---- feeds and decoding ------------------------------------------------------------------------------ */

/* A feed from the plan text that lua/wick/feed makes of a feed table. DATA: line and reason in wick_error(). */
int  wick_feed_new(wick *w, const char *plan, size_t size, wick_feed **out);
void wick_feed_unref(wick_feed *f);

typedef struct wick_control {           /* a message of the session that is no trade */
    const char *kind;                   /* "welcome" "subscribed" "heartbeat" "error" "rate-limit" "auth" ... */
    const char *symbol;                 /* what it speaks of, "" if it says nothing; of several, one a line */
    const char *text;                   /* the message itself, at most 4096 bytes */
    uint32_t text_len, spare;
    int64_t  time_ns;                   /* the venue's clock where the message has one, else 0 */
} wick_control;

enum { WICK_FORM_FRAME = 0, WICK_FORM_CSV_HEAD = 1, WICK_FORM_CSV_ROW = 2, WICK_FORM_BINARY = 3 };

/* One decoder per connection: it keeps bound symbols, learnt shapes and ordinals. */
int  wick_decoder_open(wick *w, wick_feed *f, const char *market, wick_decoder **out);
void wick_decoder_close(wick_decoder *d);
/* Where the messages come from, for feed tables that ask ("@." paths). NOMEM; DATA: it is no address, none is known. */
int  wick_decoder_address(wick_decoder *d, const char *url);
/* Decode one message; appends to the decoder's batch. Returns how many trades it held; DATA: refused, and
 * wick_decoder_reason() says why. */
int  wick_decode(wick_decoder *d, const void *bytes, size_t size, int form, int64_t recv_ns);
/* The batch so far; it is emptied by the next wick_decode() after it. */
int  wick_decoder_batch(wick_decoder *d, wick_batch *out);
/* The payload name of the last message ("trade", "heartbeat", "ticker" ...), its refusal, its control. */
const char *wick_decoder_payload(const wick_decoder *d);
const char *wick_decoder_reason(const wick_decoder *d);
int  wick_decoder_control(const wick_decoder *d, wick_control *out);  /* AGAIN: it was none */
/* The venue's own digits of a field of tick i of the last message (feed check --trades): WICK_F_PRICE, _QTY. */
int  wick_decoder_digits(const wick_decoder *d, uint32_t i, int field, char *out, size_t size);
/* Tick i of the last message as the row that feed check prints: symbol,time_ns,id,price,qty,side,kind. This and
 * the digits are good while the bytes given to that wick_decode() are. Returns its length (as snprintf). */
int  wick_decoder_row(const wick_decoder *d, uint32_t i, char *out, size_t size);
/* Single bad trades of the last message, left out while its others were kept: how many, and why i was refused
 * (NULL behind the last that is remembered). */
uint32_t wick_decoder_refused(const wick_decoder *d);
const char *wick_decoder_refusal(const wick_decoder *d, uint32_t i);

/* A recording read through a feed, a decoder for each of its connections: what feed check is made of. */
typedef struct wick_check wick_check;
typedef struct wick_checked {           /* one message or row; good until the next call */
    uint64_t line;                      /* where it begins, from 1 */
    const char *payload;                /* "trade", "book" ..., "unknown" */
    const char *reason;                 /* why it was refused, "" if it was not */
    const char *rows;                   /* its trades as wick_decoder_row(), a line each */
    uint32_t rows_size, trades;
    uint32_t refused, spare;            /* trades in it that were refused one by one */
} wick_checked;
int  wick_check_open(wick *w, wick_feed *f, const char *path, const char *market, wick_check **out);
void wick_check_close(wick_check *c);
int  wick_check_next(wick_check *c, wick_checked *out);     /* 1; 0: the end; IO, DATA: nothing more can be read */
const char *wick_check_refusal(const wick_check *c, uint32_t i);    /* as wick_decoder_refusal() */

/* ---- stages ------------------------------------------------------------------------------------------ */

/* A source. url: ws:// wss://, a file ("file:PATH", read once, EV_END), "sim:?rate=R&seed=N&...".
 * options: "key=value" lines, NULL for none: market=SYMBOL, name=SOURCE; owner=SOURCE=MARKET (several; the first
 * that fits counts): who speaks for this market ("VENUE:": all of a venue; "": all); of what another speaks for
 * nothing is claimed, and what comes of it goes to quarantine; place=KEY: this input is known by
 * that name (a file: and by its path) to the log behind it, and what that has already is not sent again;
 * ws: header=Name: value, protocol=, ca=FILE, insecure=1; file: file=PATH for one more (all are one input),
 * follow=1: no frame before the wall clock, and rows without a time of receipt (CSV) in the order of their
 * trades' times, all of them in memory, at most 1 GiB; pace=1: at the recorded pace; sim: after=NS: the
 * world goes on behind this time. */
int  wick_source_open(wick *w, wick_feed *f, const char *url, const char *options, uint32_t tag,
                      wick_stage **out);
int  wick_source_send(wick_stage *s, const void *text, size_t size);  /* a text frame to the venue */
/* The venue confirms nothing: from now on this symbol counts as subscribed (a mark is written). */
int  wick_source_subscribed(wick_stage *s, const char *symbol, size_t size);
int  wick_source_unsubscribed(wick_stage *s, const char *symbol, size_t size);
int  wick_source_timer(wick_stage *s, uint32_t tag, int64_t after_ms);  /* by the source's own clock */
int64_t wick_source_now_ns(wick_stage *s);
int  wick_source_reopen(wick_stage *s);  /* after EV_CLOSED: connect again, as a new connection */

int  wick_bus_open(wick *w, const char *url, uint32_t tag, wick_stage **out);   /* NULL: bus.url */
/* The newest time, in ms, that a source opened with place=NAME (files apart) has in the log; 0: none. */
int64_t wick_bus_last_ms(wick_stage *bus, const char *name);
int  wick_agg_open(wick *w, const char *options, uint32_t tag, wick_stage **out);
/* replay (nothing stored): end of input; candles come as WICK_EV_CANDLES with this tag, sorted. */
int  wick_agg_finish(wick_stage *agg, uint32_t tag);
int  wick_store_open(wick *w, const char *url, uint32_t tag, wick_stage **out); /* NULL: store.url; migrates */
int  wick_cache_open(wick *w, const char *url, uint32_t tag, wick_stage **out);

/* Data flows from one stage to another: source to bus or agg, bus to agg, agg to store, store to cache.
 * to NULL: to the script, as WICK_EV_BATCH. */
int  wick_link(wick *w, wick_stage *from, wick_stage *to);
int  wick_stage_hold(wick_stage *s);    /* let nothing through until wick_stage_flow() */
int  wick_stage_flow(wick_stage *s);
int  wick_stage_drain(wick_stage *s, uint32_t tag);    /* EV_DRAINED when all it took is durable or handed on */
void wick_stage_close(wick_stage *s);   /* NULL is fine */
uint32_t wick_stage_id(const wick_stage *s);
/* A counter by name ("trades", "duplicates", "refused", "lag_ms" ...), -1 if it has none of that name. */
int64_t wick_stage_stat(const wick_stage *s, const char *name);
/* Name of counter i, NULL behind the last. */
const char *wick_stage_stat_name(const wick_stage *s, int i);

typedef struct wick_query {             /* candles of one market and interval, ascending */
    int64_t  start_ns, end_ns;          /* [start, end) over bucket begins; INT64_MIN / INT64_MAX: open */
    uint32_t market, interval;
    uint32_t limit;                     /* 0: 10000 */
    uint32_t flags;                     /* WICK_Q_* */
} wick_query;
enum { WICK_Q_PARTIAL = 1, WICK_Q_DESC = 2, WICK_Q_PREV = 4 };  /* prev: one candle before start, in front */

/* Ask the store: WICK_EV_CANDLES with this tag. A market of WICK_NO_MARKET means all, sorted by name. */
int  wick_store_query(wick_stage *store, const wick_query *q, uint32_t tag);
/* Ask for rows of a table or view the store knows by name ("markets", "quarantine", "coverage",
 * "migrations", "offsets"): WICK_EV_ROWS. */
int  wick_store_rows(wick_stage *store, const char *what, uint32_t tag);
/* "up" or "down": WICK_EV_DONE. */
int  wick_store_migrate(wick_stage *store, const char *direction, uint32_t tag);
/* The cache: 1 and EV_CANDLES with this tag if it holds the whole answer, 0 if not. */
int  wick_cache_query(wick_stage *cache, const wick_query *q, uint32_t tag);
/* Keep an answer of the store for this query, unless a commit has touched it since `generation`. */
int  wick_cache_put(wick_stage *cache, const wick_query *q, uint64_t generation,
                    const wick_candle *c, uint32_t n);
uint64_t wick_cache_generation(wick_stage *cache);

/* ---- text of candles --------------------------------------------------------------------------------- */

enum { WICK_FMT_CSV = 0, WICK_FMT_NDJSON = 1, WICK_FMT_JSON_OBJECTS = 2, WICK_FMT_JSON_ROWS = 3,
       WICK_FMT_JSON_COLUMNS = 4 };
enum { WICK_FMT_HEADER = 1,             /* CSV: the header row */
       WICK_FMT_STRINGS = 2,            /* JSON: numbers as strings */
       WICK_FMT_PREV = 4,               /* c[0] is only the candle before: not printed, its close is used */
       WICK_FMT_S = 8, WICK_FMT_US = 16, WICK_FMT_NS = 32,    /* unit of time; default ms */
       WICK_FMT_CRLF = 64,              /* CSV: lines end as in RFC 4180, not as in a shell */
       WICK_FMT_REVERSE = 128,          /* candles come ascending and are printed descending */
       WICK_FMT_LESS = 256,             /* the last candle only proves that there are more: not printed */
       WICK_FMT_GO_ON = 512 };          /* these follow the candles of the last call: its last is the one before */
/* Rows as text, the rule of the open applied. columns: comma separated names, NULL for the standard set.
 * *out is owned by the context and good until its next wick_candles_text(); returns its bytes. */
int64_t wick_candles_text(wick *w, const wick_candle *c, uint32_t n, int format, int flags,
                          const char *columns, const char **out);

/* ---- HTTP -------------------------------------------------------------------------------------------- */

typedef struct wick_request {           /* borrowed; the id stays good until it is answered */
    uint64_t id;
    const char *method, *target;        /* 0-terminated */
    const char *headers;                /* "name: value\n" lines, names in lower case */
    const char *body;
    const char *peer;                   /* "127.0.0.1:51234" */
    uint32_t headers_len, body_len, http_minor, flags;  /* flags: WICK_REQ_* */
} wick_request;
enum { WICK_REQ_UPGRADE = 1 };          /* a valid WebSocket handshake: answer with wick_serve_upgrade() */

int  wick_server_open(wick *w, const char *bind, int port, uint32_t tag, wick_stage **out);
/* Answer a request; headers: "name: value\n" lines beyond Date, Content-Length, Connection. HEAD gets no body. */
int  wick_serve(wick_stage *server, uint64_t request, int status, const char *headers,
                const void *body, size_t size);
/* Upgrade to a WebSocket whose peer is the simulator's streamer (sim: see wick_sim_open). */
int  wick_serve_upgrade(wick_stage *server, uint64_t request, wick_stage *sim);

typedef struct wick_reply {
    int32_t  status, spare;             /* HTTP status; 0: no answer, data says why */
    const char *headers, *body;
    uint32_t headers_len, body_len;
} wick_reply;
/* GET over libcurl; WICK_EV_REPLY with this tag. At most 16 MiB. */
int  wick_http_get(wick *w, const char *url, const char *headers, uint32_t tag);

/* ---- simulator --------------------------------------------------------------------------------------- */

/* CryptoCompare's streamer in this process. options: "rate=R", "seed=N", "markets=...", "count=N", "start=NS",
 * "fault=NAME@WHEN", "keys=K,..." lines. Its trades are a function of seed, market and time. */
int  wick_sim_open(wick *w, const char *options, uint32_t tag, wick_stage **out);
/* Trades of a recording instead of synthetic ones: link a file source to it. */
/* REST history and limits: the answer to a path and query as "name: value\n" lines, an empty line and the body; its
 * size. The text is owned by the stage until the next call. */
int64_t wick_sim_rest(wick_stage *sim, const char *target, const char *headers, int *status,
                      const char **out);
/* The truth so far: 1m candles of what was delivered, WICK_EV_CANDLES with this tag; withheld in `spare`. */
int  wick_sim_truth(wick_stage *sim, uint32_t tag);
/* ffi:end */

/* ---- for C hosts only -------------------------------------------------------------------------------- */

typedef struct wick_host {              /* NULL slots take the default; every slot may be called by any thread */
    void *user;
    void *(*resize)(void *user, void *old, size_t size);        /* realloc; size 0 frees */
    void  (*log)(void *user, int level, const char *text);      /* default: nothing */
    int64_t (*now_ns)(void *user);                              /* UTC */
} wick_host;
int wick_open_host(const wick_conf *conf, const wick_host *host, wick **out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
