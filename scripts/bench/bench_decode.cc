/* SPDX-License-Identifier: Apache-2.0
 * Decoding against simdjson on the same bytes: trades of Binance (combined stream) and
 * CryptoCompare's TYPE 0. Both sides make a batch of the same ticks: market id, time in ns, id and
 * its key, sequence, exact price and quantity (mantissa without trailing zeros, exponent), count, side.
 * simdjson's side is written by hand for each venue: it walks the document forward, takes the text
 * of prices, ids and quantities as it stands, and looks no further than the last field it wants.
 * wick follows a feed table, has checked every field of the message, copies what it is given, and
 * notes the venue's text of price and quantity. One thread, the same messages over and over, the
 * best of fifty rounds, in CPU time. */
#include <simdjson.h>

#include <ctime>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <charconv>
#include <string>
#include <unordered_map>
#include <vector>

#include "../../src/wick.h"

namespace {

constexpr int MESSAGES = 10000, ROUNDS = 50, TAKE = 1000;

struct Message {
    size_t at, size;
};

struct Messages {
    std::string bytes;                          /* with simdjson's padding at the end */
    std::vector<Message> rows;
    size_t total = 0;

    void add(const std::string &text)
    {
        rows.push_back({bytes.size(), text.size()});
        total += text.size();
        bytes += text + std::string(simdjson::SIMDJSON_PADDING, ' ');
    }
};

uint64_t random_state = 88172645463325252u;

uint64_t dice(uint64_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % sides;
}

std::string format(const char *how, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char *how, ...)
{
    char text[1024];
    va_list args;

    va_start(args, how);
    int n = vsnprintf(text, sizeof text, how, args);
    va_end(args);
    return std::string(text, static_cast<size_t>(n));
}

Messages binance()
{
    static const char *const names[][2] = {
        {"btcusdt", "BTCUSDT"}, {"ethusdt", "ETHUSDT"}, {"dotusdt", "DOTUSDT"}};
    Messages out;

    for (int i = 0; i < MESSAGES; i++) {
        const char *const *name = names[dice(3)];
        unsigned long long id = 745522877ull + static_cast<unsigned>(i),
                           time = 1617566591314ull + static_cast<unsigned>(i) * 3;

        out.add(format("{\"stream\":\"%s@aggTrade\",\"data\":{\"e\":\"aggTrade\",\"E\":%llu,\"s\":"
                       "\"%s\",\"a\":%llu,"
                       "\"p\":\"%llu.%02llu000000\",\"q\":\"%llu.%06llu00\",\"f\":%llu,\"l\":%llu,"
                       "\"T\":%llu,\"m\":%s,"
                       "\"M\":true}}",
                       name[0], time + 1, name[1], id, 100ull + dice(60000), 0ull + dice(100),
                       0ull + dice(30), 1ull + dice(999999), id, id + dice(3), time,
                       dice(2) ? "true" : "false"));
    }
    return out;
}

Messages cryptocompare()
{
    static const char *const venues[] = {"Coinbase", "Kraken", "Bitstamp"};
    Messages out;

    for (int i = 0; i < MESSAGES; i++) {
        unsigned long long time = 1700000001ull + static_cast<unsigned>(i) / 20;

        out.add(format(
            "{\"TYPE\":\"0\",\"M\":\"%s\",\"FSYM\":\"%s\",\"TSYM\":\"USD\",\"F\":\"%d\",\"ID\":\"%"
            "llu\",\"TS\":%llu,"
            "\"Q\":%llu.%04llu,\"P\":%llu.%02llu,\"TOTAL\":%llu.%06llu,\"RTS\":%llu,\"CCSEQ\":%llu,"
            "\"TSNS\":%llu000000,\"RTSNS\":%llu000000}",
            venues[dice(3)], dice(2) ? "BTC" : "ETH", dice(2) ? 1 : 2,
            551234567ull + static_cast<unsigned>(i), time, 0ull + dice(5), 1ull + dice(9999),
            30000ull + dice(9000), 0ull + dice(100), 0ull + dice(90000), 0ull + dice(1000000), time,
            918273645ull + static_cast<unsigned>(i), 100ull + dice(900), 100ull + dice(900)));
    }
    return out;
}

double seconds()
{
    timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID,
                  &t); /* of our own: other work on the machine does not count */
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/* Time of a round, per message, in nanoseconds; the least so far. */
template <typename Round> void time(double *least, Round round)
{
    double from = seconds();

    round();
    double took = (seconds() - from) / MESSAGES * 1e9;
    *least = took < *least ? took : *least;
}

class Wick {
    wick *w = nullptr;
    wick_feed *f = nullptr;
    wick_decoder *d = nullptr;

  public:
    explicit Wick(const std::string &plan)
    {
        if (wick_open(nullptr, &w) < 0 || wick_feed_new(w, plan.data(), plan.size(), &f) < 0 ||
            wick_decoder_open(w, f, nullptr, &d) < 0) {
            fprintf(stderr, "bench_decode: %s\n", w ? wick_error(w) : "no context");
            exit(1);
        }
    }
    ~Wick()
    {
        wick_decoder_close(d);
        wick_feed_unref(f);
        wick_close(w);
    }
    void round(const Messages &m)
    {
        wick_batch batch;
        long trades = 0;

        for (size_t i = 0; i < m.rows.size(); i++) {
            trades += wick_decode(d, m.bytes.data() + m.rows[i].at, m.rows[i].size, WICK_FORM_FRAME,
                                  1700000000000000000);
            if (i % TAKE == 0)
                wick_decoder_batch(d, &batch);
        }
        if (trades != MESSAGES) {
            fprintf(stderr, "bench_decode: %ld trades: %s\n", trades, wick_decoder_reason(d));
            exit(1);
        }
    }
};

/* What stands for wick's batch and its table of markets on the other side. */
struct Tick {
    int64_t time_ns, price, qty;
    uint64_t id_key, seq;
    uint32_t market, trades, flags, id_at, id_len;
    int price_exp, qty_exp;
};

struct Batch {
    std::vector<Tick> ticks;
    std::string ids;
    std::unordered_map<std::string, uint32_t> markets;

    uint32_t market(const std::string &symbol)
    {
        return markets.emplace(symbol, static_cast<uint32_t>(markets.size())).first->second;
    }
    void id(Tick *t, std::string_view text)
    {
        t->id_at = static_cast<uint32_t>(ids.size());
        t->id_len = static_cast<uint32_t>(text.size());
        ids.append(text);
        std::from_chars(text.data(), text.data() + text.size(), t->id_key);
    }
};

template <typename Read>
void by_simdjson(simdjson::ondemand::parser &parser, Batch &batch, const Messages &m, Read read)
{
    for (size_t i = 0; i < m.rows.size(); i++) {
        const Message &row = m.rows[i];
        simdjson::ondemand::document doc = parser.iterate(
            m.bytes.data() + row.at, row.size, row.size + simdjson::SIMDJSON_PADDING);
        read(doc, batch);
        if (i % TAKE == 0) {
            batch.ticks.clear();
            batch.ids.clear();
        }
    }
}

/* A plain decimal, exactly: its mantissa without trailing zeros, and its exponent. */
int64_t exact(std::string_view text, int *exp)
{
    size_t point, size;
    int64_t whole = 0, part = 0, power = 1;

    text = text.substr(0, text.find_last_not_of(" ") + 1);      /* raw tokens end in blanks */
    point = text.find('.');
    if (point != text.npos && text.find_last_not_of('0') == point)
        text = text.substr(0, point);
    size = text.size();
    text = text.substr(0, text.find_last_not_of('0') + 1);
    std::from_chars(text.data(), text.data() + text.size(), whole);
    *exp = static_cast<int>(size - text.size());
    if (point >= text.size())
        return whole;
    std::from_chars(text.data() + point + 1, text.data() + text.size(), part);
    for (size_t n = point + 1; n < text.size(); n++)
        power *= 10;
    *exp = -static_cast<int>(text.size() - point - 1);
    return whole * power + part;
}

/* Fields in the order of the message: simdjson walks forward. */
void read_binance(simdjson::ondemand::document &doc, Batch &batch)
{
    Tick t{};
    simdjson::ondemand::object data = doc["data"];

    if (std::string_view(data["e"].get_string()) != "aggTrade")
        return;
    t.market = batch.market(std::string(std::string_view(data["s"].get_string())));
    std::string_view id = data["a"].raw_json_token();
    t.price = exact(data["p"].get_string(), &t.price_exp);
    t.qty = exact(data["q"].get_string(), &t.qty_exp);
    uint64_t first = data["f"];
    t.trades = static_cast<uint32_t>(uint64_t(data["l"]) - first + 1);
    t.time_ns = int64_t(data["T"]) * 1000000;
    t.flags = bool(data["m"]) ? 2 : 1;
    batch.id(&t, id);
    batch.ticks.push_back(t);
}

void read_cryptocompare(simdjson::ondemand::document &doc, Batch &batch)
{
    Tick t{};
    simdjson::ondemand::object o = doc;

    if (std::string_view(o["TYPE"].get_string()) != "0")
        return;
    std::string symbol(std::string_view(o["M"].get_string()));
    symbol += '~';
    symbol += std::string_view(o["FSYM"].get_string());
    symbol += '~';
    symbol += std::string_view(o["TSYM"].get_string());
    t.market = batch.market(symbol);
    t.flags = static_cast<uint32_t>(std::string_view(o["F"].get_string())[0] - '0');
    batch.id(&t, o["ID"].get_string());
    t.time_ns = int64_t(o["TS"]) * 1000000000;
    t.qty = exact(o["Q"].raw_json_token(), &t.qty_exp);
    t.price = exact(o["P"].raw_json_token(), &t.price_exp);
    t.seq = o["CCSEQ"];
    t.time_ns += int64_t(o["TSNS"]);
    t.trades = 1;
    batch.ticks.push_back(t);
}

/* The plan of a shipped table, compiled by lua/wick/feed.lua; run from the root of the tree. */
std::string plan_of(const char *name)
{
    const char *lua = getenv("LUA");
    std::string text,
        command =
            std::string("LUA_PATH='./lua/?.lua;;' ") + (lua ? lua : "lua5.4") +
            " -e 'local f = require \"wick.feed\" io.write(assert(f.compile(assert(f.load \"" +
            name + "\"))))'";
    FILE *pipe = popen(command.c_str(), "r");
    char chunk[4096];

    for (size_t n; pipe && (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
        text.append(chunk, n);
    if (!pipe || pclose(pipe) != 0) {
        fprintf(stderr, "bench_decode: no plan of %s\n", name);
        exit(1);
    }
    return text;
}

/* Both sides on these messages, their rounds in turn, so that whatever else the machine does hits
 * both; says and returns the ratio of their best times. */
template <typename Read> double compare(const char *name, const Messages &m, Read read)
{
    double size = static_cast<double>(m.total) / MESSAGES, ours = 1e9, theirs = 1e9;
    Wick wick(plan_of(name));
    simdjson::ondemand::parser parser;
    Batch batch;

    for (int i = 0; i < ROUNDS; i++) {
        time(&ours, [&] { wick.round(m); });
        time(&theirs, [&] { by_simdjson(parser, batch, m, read); });
    }
    printf(
        "decode %s: wick %.2f M msg/s (%.2f GB/s), simdjson %.2f M msg/s; %.0f bytes a message\n",
        name, 1e3 / ours, size / ours, 1e3 / theirs, size);
    printf("decode/simdjson %s: %.2f (goal 2)\n", name, theirs / ours);
    return theirs / ours;
}

}  // namespace

int main()
{
    double b = compare("binance", binance(), read_binance),
           c = compare("cryptocompare", cryptocompare(), read_cryptocompare);

    printf("decode/simdjson: %.2f (goal 2)\n", (b + c) / 2);
    return 0;
}
