-- SPDX-License-Identifier: Apache-2.0
-- The FFI block of src/wick.h without comments: `make cdef` writes it, lint compares it.
return [==[
enum { WICK_ABI = 1 };
enum {
    WICK_OK       =  0,
    WICK_E_AGAIN  = -1,
    WICK_E_ARG    = -2,
    WICK_E_NOMEM  = -3,
    WICK_E_IO     = -4,
    WICK_E_CLOSED = -5,
    WICK_E_DATA   = -6
};
enum {
    WICK_EV_TIMER     =  1,
    WICK_EV_OPENED    =  2,
    WICK_EV_CLOSED    =  3,
    WICK_EV_MESSAGE   =  4,
    WICK_EV_BATCH     =  5,
    WICK_EV_CANDLES   =  6,
    WICK_EV_COMMITTED =  7,
    WICK_EV_FULL      =  8,
    WICK_EV_READY     =  9,
    WICK_EV_END       = 10,
    WICK_EV_REQUEST   = 11,
    WICK_EV_REPLY     = 12,
    WICK_EV_DONE      = 13,
    WICK_EV_REFUSED   = 14,
    WICK_EV_ROWS      = 15,
    WICK_EV_DRAINED   = 16,
    WICK_EV_SIGNAL    = 17,
    WICK_EV_LOG       = 18
};
typedef struct wick       wick;
typedef struct wick_conf  wick_conf;
typedef struct wick_feed  wick_feed;
typedef struct wick_decoder wick_decoder;
typedef struct wick_stage wick_stage;
typedef struct wick_event {
    uint32_t kind;
    int32_t  status;
    uint32_t from;
    uint32_t tag;
    const void *data;
    uint32_t count;
    uint32_t stride;
} wick_event;
enum {
    WICK_TICK_BUY      = 1,
    WICK_TICK_SELL     = 2,
    WICK_TICK_SNAPSHOT = 4,
    WICK_TICK_REVERSED = 8,
    WICK_TICK_ORDERED  = 16,
    WICK_TICK_RECEIVED = 32,
    WICK_TICK_ID_COUNTS = 64,
    WICK_TICK_SEQ_COUNTS = 128,
    WICK_TICK_SEQ_UNTIMED = 256,
    WICK_TICK_SECONDS = 512
};
typedef struct wick_tick {
    int64_t  time_ns;
    int64_t  price, qty;
    uint64_t seq;
    uint32_t market;
    uint32_t trades;
    uint32_t id_at, id_len;
    uint32_t flags;
    int8_t   price_exp, qty_exp;
    uint16_t nth;
    uint64_t id_key;
} wick_tick;
enum {
    WICK_MARK_OPEN  = 1,
    WICK_MARK_ALIVE = 2,
    WICK_MARK_GAP   = 3,
    WICK_MARK_CLOSE = 4,
    WICK_MARK_SOURCE = 5,
    WICK_MARK_PLACE = 6
};
enum { WICK_NO_MARKET = 0x7fffffff };
typedef struct wick_mark {
    uint32_t kind;
    uint32_t market;
    uint64_t conn;
    int64_t  from_ns, to_ns;
    uint32_t at;
    uint32_t source;
    uint32_t repeats;
    uint32_t flags;
    const char *symbol;
} wick_mark;
enum { WICK_MARK_F_OPEN_PREV = 1 };
typedef struct wick_batch {
    const wick_tick *ticks;
    const wick_mark *marks;
    const uint8_t   *bytes;
    uint32_t tick_count, mark_count, byte_count;
    uint32_t partition;
    uint64_t offset;
    int64_t  recv_ns;
    const char *source;
} wick_batch;
enum { WICK_METHOD_TRADES = 0, WICK_METHOD_VENDOR = 1, WICK_METHOD_INDEX = 2,
       WICK_METHOD_MIXED = 3 };
enum {
    WICK_CANDLE_CLOSED = 1,
    WICK_CANDLE_COMPLETE = 2,
    WICK_CANDLE_OPEN_PREV = 4,
    WICK_CANDLE_DELTA = 8,
    WICK_CANDLE_BEHIND = 16
};
typedef struct wick_key {
    int64_t  time_ns;
    uint64_t seq;
    uint64_t id_key;
    uint64_t offset;
    uint32_t index;
    uint32_t id_len;
    uint8_t  id[40];
} wick_key;
typedef struct wick_candle {
    int64_t  time_ns, end_ns;
    uint32_t market;
    uint32_t interval;
    uint32_t method, flags;
    uint32_t rev;
    int16_t  volume_exp, quote_exp;
    int64_t  open, high, low, close;
    int8_t   open_exp, high_exp, low_exp, close_exp;
    uint32_t spare;
    uint64_t volume_lo; int64_t volume_hi;
    uint64_t quote_lo;  int64_t quote_hi;
    uint64_t buy_lo;    int64_t buy_hi;
    uint64_t sell_lo;   int64_t sell_hi;
    uint64_t trades;
    uint64_t digest;
    wick_key first, last;
} wick_candle;
enum {
    WICK_F_TIME = 0, WICK_F_OPEN = 1, WICK_F_HIGH = 2, WICK_F_LOW = 3, WICK_F_CLOSE = 4,
    WICK_F_VOLUME = 5, WICK_F_QUOTE = 6, WICK_F_BUY = 7, WICK_F_SELL = 8, WICK_F_VWAP = 9,
    WICK_F_PRICE = 10, WICK_F_QTY = 11
};
typedef struct wick_refusal {
    const char *reason;
    const char *text;
    uint32_t market;
    uint32_t partition;
    uint64_t offset;
    uint32_t index;
    uint32_t spare;
    int64_t  time_ns;
} wick_refusal;
int wick_abi(void);
size_t wick_sizeof(const char *name);
const char *wick_version(void);
typedef struct wick_option {
    const char *key, *kind, *env, *dflt, *help;
} wick_option;
int  wick_conf_new(wick_conf **out);
void wick_conf_free(wick_conf *c);
int  wick_conf_set(wick_conf *c, const char *key, const char *value);
const char *wick_conf_get(const wick_conf *c, const char *key);
const char *wick_conf_error(const wick_conf *c);
int  wick_conf_option(int i, wick_option *out);
int  wick_open(const wick_conf *conf, wick **out);
void wick_close(wick *w);
const char *wick_error(const wick *w);
int  wick_poll(wick *w, wick_event *out, int max, int timeout_ms);
int  wick_fd(wick *w);
int  wick_timeout(wick *w);
int64_t wick_now_ns(wick *w);
int  wick_timer(wick *w, uint32_t tag, int64_t after_ms);
int  wick_timer_cancel(wick *w, uint32_t tag);
int  wick_signal(wick *w, int signo, uint32_t tag);
int  wick_log(wick *w, int level, const char *text);
int  wick_log_events(wick *w, int level);
int  wick_fault(wick *w, const char *point, int64_t nth);
int64_t wick_market(wick *w, const char *name, size_t size);
const char *wick_market_name(wick *w, uint32_t market);
const char *wick_market_symbol(wick *w, uint32_t market);
int  wick_market_set_symbol(wick *w, uint32_t market, const char *symbol, size_t size);
int  wick_dec_text(int64_t hi, uint64_t lo, int exp, char *out, size_t size);
int  wick_dec_parse(const char *text, size_t size, int64_t *mantissa, int *exp);
int  wick_candle_text(const wick_candle *c, int field, char *out, size_t size);
int  wick_tick_text(const wick_tick *t, int field, char *out, size_t size);
uint64_t wick_id_key(const void *id, size_t size);
int64_t wick_interval(const char *text, size_t size);
int  wick_interval_text(uint32_t interval, char *out, size_t size);
int64_t wick_bucket(uint32_t interval, int64_t time_ns);
int64_t wick_bucket_end(uint32_t interval, int64_t bucket_ns);
int  wick_interval_divides(uint32_t interval, uint32_t of);
int  wick_time_parse(const char *text, size_t size, int64_t *time_ns);
int  wick_time_text(int64_t time_ns, char *out, size_t size);
int  wick_feed_new(wick *w, const char *plan, size_t size, wick_feed **out);
void wick_feed_unref(wick_feed *f);
typedef struct wick_control {
    const char *kind;
    const char *symbol;
    const char *text;
    uint32_t text_len, spare;
    int64_t  time_ns;
} wick_control;
enum { WICK_FORM_FRAME = 0, WICK_FORM_CSV_HEAD = 1, WICK_FORM_CSV_ROW = 2, WICK_FORM_BINARY = 3 };
int  wick_decoder_open(wick *w, wick_feed *f, const char *market, wick_decoder **out);
void wick_decoder_close(wick_decoder *d);
int  wick_decoder_address(wick_decoder *d, const char *url);
int  wick_decode(wick_decoder *d, const void *bytes, size_t size, int form, int64_t recv_ns);
int  wick_decoder_batch(wick_decoder *d, wick_batch *out);
const char *wick_decoder_payload(const wick_decoder *d);
const char *wick_decoder_reason(const wick_decoder *d);
int  wick_decoder_control(const wick_decoder *d, wick_control *out);
int  wick_decoder_digits(const wick_decoder *d, uint32_t i, int field, char *out, size_t size);
int  wick_decoder_row(const wick_decoder *d, uint32_t i, char *out, size_t size);
uint32_t wick_decoder_refused(const wick_decoder *d);
const char *wick_decoder_refusal(const wick_decoder *d, uint32_t i);
typedef struct wick_check wick_check;
typedef struct wick_checked {
    uint64_t line;
    const char *payload;
    const char *reason;
    const char *rows;
    uint32_t rows_size, trades;
    uint32_t refused, spare;
} wick_checked;
int  wick_check_open(wick *w, wick_feed *f, const char *path, const char *market, wick_check **out);
void wick_check_close(wick_check *c);
int  wick_check_next(wick_check *c, wick_checked *out);
const char *wick_check_refusal(const wick_check *c, uint32_t i);
int  wick_source_open(wick *w, wick_feed *f, const char *url, const char *options, uint32_t tag,
                      wick_stage **out);
int  wick_source_send(wick_stage *s, const void *text, size_t size);
int  wick_source_subscribed(wick_stage *s, const char *symbol, size_t size);
int  wick_source_unsubscribed(wick_stage *s, const char *symbol, size_t size);
int  wick_source_timer(wick_stage *s, uint32_t tag, int64_t after_ms);
int64_t wick_source_now_ns(wick_stage *s);
int  wick_source_reopen(wick_stage *s);
int  wick_bus_open(wick *w, const char *url, uint32_t tag, wick_stage **out);
int64_t wick_bus_last_ms(wick_stage *bus, const char *name);
int  wick_agg_open(wick *w, const char *options, uint32_t tag, wick_stage **out);
int  wick_agg_finish(wick_stage *agg, uint32_t tag);
int  wick_store_open(wick *w, const char *url, uint32_t tag, wick_stage **out);
int  wick_cache_open(wick *w, const char *url, uint32_t tag, wick_stage **out);
int  wick_link(wick *w, wick_stage *from, wick_stage *to);
int  wick_stage_hold(wick_stage *s);
int  wick_stage_flow(wick_stage *s);
int  wick_stage_drain(wick_stage *s, uint32_t tag);
void wick_stage_close(wick_stage *s);
uint32_t wick_stage_id(const wick_stage *s);
int64_t wick_stage_stat(const wick_stage *s, const char *name);
const char *wick_stage_stat_name(const wick_stage *s, int i);
typedef struct wick_query {
    int64_t  start_ns, end_ns;
    uint32_t market, interval;
    uint32_t limit;
    uint32_t flags;
} wick_query;
enum { WICK_Q_PARTIAL = 1, WICK_Q_DESC = 2, WICK_Q_PREV = 4 };
int  wick_store_query(wick_stage *store, const wick_query *q, uint32_t tag);
int  wick_store_rows(wick_stage *store, const char *what, uint32_t tag);
int  wick_store_migrate(wick_stage *store, const char *direction, uint32_t tag);
int  wick_cache_query(wick_stage *cache, const wick_query *q, uint32_t tag);
int  wick_cache_put(wick_stage *cache, const wick_query *q, uint64_t generation,
                    const wick_candle *c, uint32_t n);
uint64_t wick_cache_generation(wick_stage *cache);
enum { WICK_FMT_CSV = 0, WICK_FMT_NDJSON = 1, WICK_FMT_JSON_OBJECTS = 2, WICK_FMT_JSON_ROWS = 3,
       WICK_FMT_JSON_COLUMNS = 4 };
enum { WICK_FMT_HEADER = 1,
       WICK_FMT_STRINGS = 2,
       WICK_FMT_PREV = 4,
       WICK_FMT_S = 8, WICK_FMT_US = 16, WICK_FMT_NS = 32,
       WICK_FMT_CRLF = 64,
       WICK_FMT_REVERSE = 128,
       WICK_FMT_LESS = 256,
       WICK_FMT_GO_ON = 512 };
int64_t wick_candles_text(wick *w, const wick_candle *c, uint32_t n, int format, int flags,
                          const char *columns, const char **out);
typedef struct wick_request {
    uint64_t id;
    const char *method, *target;
    const char *headers;
    const char *body;
    const char *peer;
    uint32_t headers_len, body_len, http_minor, flags;
} wick_request;
enum { WICK_REQ_UPGRADE = 1 };
int  wick_server_open(wick *w, const char *bind, int port, uint32_t tag, wick_stage **out);
int  wick_serve(wick_stage *server, uint64_t request, int status, const char *headers,
                const void *body, size_t size);
int  wick_serve_upgrade(wick_stage *server, uint64_t request, wick_stage *sim);
typedef struct wick_reply {
    int32_t  status, spare;
    const char *headers, *body;
    uint32_t headers_len, body_len;
} wick_reply;
int  wick_http_get(wick *w, const char *url, const char *headers, uint32_t tag);
int  wick_sim_open(wick *w, const char *options, uint32_t tag, wick_stage **out);
int64_t wick_sim_rest(wick_stage *sim, const char *target, const char *headers, int *status,
                      const char **out);
int  wick_sim_truth(wick_stage *sim, uint32_t tag);
]==]
