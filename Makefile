# SPDX-License-Identifier: Apache-2.0
# wick: every task there is; `make help` lists them.

# ---- settings ------------------------------------------------------------------------------------
BUILD     ?= release
PREFIX    ?= /usr/local
SHARED    ?= ../shared
FUZZ_RUNS ?= 200000
WERROR    ?= -Werror
LUA       ?= lua5.4
LUAJIT    ?= luajit
# Drivers can be left out: WITH_NAME=0. There is none to leave out yet.
export SHARED BUILD FUZZ_RUNS LUA LUAJIT

PACKAGES  = libuv libwebsockets libcurl sqlite3 libxxhash zlib openssl
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(WERROR)
CSTD      = -std=c11 -D_GNU_SOURCE -fvisibility=hidden -fPIC

ifeq ($(BUILD),release)
B = build
MODE = -O3 -g
else ifeq ($(BUILD),debug)
B = build/debug
MODE = -O0 -g3
else ifeq ($(BUILD),san)
B = build/san
MODE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# The instrumented code misleads this one warning of gcc.
MODE += -Wno-maybe-uninitialized
else ifeq ($(BUILD),fuzz)
B = build/fuzz
CC = clang
MODE = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
       -fno-sanitize-recover=all
else
$(error BUILD is one of release debug san fuzz, not '$(BUILD)')
endif

PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
LUA_LIBS   := $(shell pkg-config --libs lua5.4 2>/dev/null)
LIBS = $(PKG_LIBS) -lhttp_parser -lpthread -lm
COMPILE = $(CC) $(CSTD) $(WARN) $(MODE) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP
LINK = $(CC) $(MODE) $(LDFLAGS)
# Stays loaded once it is: threads of its libraries may outlive the state that closes it.
SHARED_LINK = $(LINK) -shared -Wl,-z,nodelete
# The tasks below build on every core, unless make was told a number itself.
SUB = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
Q = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

# ---- files ---------------------------------------------------------------------------------------
# Every file by name, room by room, in the order of the data; lint compares them with the tree.
CORE = commit conf ctx db dec dec_text eras event interval loop market mem signal stage table time \
       worker
NET = handshake head http_get http_out sock sock_dial sock_listen sock_lws sock_tcp sock_tls \
      sock_vhost sockets url utf8 ws ws_frame wsconn wsconn_open wsconn_send
SOURCE = feed_view file_frames file_order file_read file_rows hearing marks owners pile placing \
         reel session source source_clock source_file source_flow source_sim source_take source_tell \
         source_ws
SIM = conf conn emit fault file index limits open peer play report rest series session slots \
      spot stage strike subs tape text truth
DECODE = address base64 check date decoder field frames frames_look gather ids inflate inside inside_text json \
         keyset known match message names nth packed path plan plan_feed plan_field plan_layout \
         plan_rule plan_words quick recording rows shape shape_learn text trade value when
BUS = bus bus_memory bus_read bus_sqlite bus_sqlite_append bus_sqlite_read bus_sqlite_trim \
      bus_write packs places reader record_read record_write tail
AGG = agg agg_commit agg_era agg_market agg_refuse agg_replay agg_restore agg_rows agg_tick bar \
      cover cover_began fold gaps plan window
STORE = migrate store store_answer store_ask store_sqlite store_sqlite_commit store_sqlite_era \
        store_sqlite_open store_sqlite_parents store_sqlite_put store_sqlite_query \
        store_sqlite_restore store_sqlite_row store_sqlite_rows
CACHE = cache cache_memory cache_put chunks
SERVE = http_chunk http_conn http_fields http_flight http_head http_read http_write rows rows_cell \
        server
BIND = lua54 lua54_arg lua54_context lua54_feed lua54_field lua54_handle lua54_pod lua54_stage \
       lua54_table lua54_value lua54_view
TEST = agg bus cache core coverage dec decode decode_files decode_inside decode_memory \
       decode_values eras fold gaps http rows serve sim_memory sim_rest sim_session sim_truth sock \
       source source_file source_hearing source_place source_ws states store time window ws wsconn
FUZZ = dec decode http plan record recording sim ws
BENCH = bench_decode.cc bench_fold.c bench_log.c bench_store.c bench_ws.c
SQL = 0001_market.sqlite.down 0001_market.sqlite.up 0002_candle.sqlite.down 0002_candle.sqlite.up \
      0003_revision.sqlite.down 0003_revision.sqlite.up 0004_coverage.down 0004_coverage.up \
      0005_quarantine.down 0005_quarantine.up 0006_bus_offset.down 0006_bus_offset.up \
      0007_candle_open.sqlite.down 0007_candle_open.sqlite.up 0008_market_era.down \
      0008_market_era.up

LIB_C = $(CORE:%=src/core/%.c) $(NET:%=src/net/%.c) $(SOURCE:%=src/source/%.c) \
        $(SIM:%=src/sim/%.c) $(DECODE:%=src/decode/%.c) $(BUS:%=src/bus/%.c) $(AGG:%=src/agg/%.c) \
        $(STORE:%=src/store/%.c) $(CACHE:%=src/cache/%.c) $(SERVE:%=src/serve/%.c)
BIND_C = $(BIND:%=src/bind/%.c)
SQL_FILES = $(SQL:%=sql/%.sql)

LIB_O  = $(LIB_C:src/%.c=$(B)/o/%.o) $(B)/o/sql.o
BIND_O = $(BIND_C:src/%.c=$(B)/o/%.o)
TESTS  = $(TEST:%=$(B)/spec/test_%)
FUZZES = $(FUZZ:%=$(B)/spec/fuzz_%)
BENCHES = $(addprefix $(B)/bench/,$(basename $(BENCH)))
CORE_SO = $(B)/lua5.4/wick/core.so
PRODUCTS = $(B)/libwick.a $(B)/libwick.so $(CORE_SO) $(B)/wickd $(B)/ws_echo

# ---- targets -------------------------------------------------------------------------------------
.PHONY: all run test san fuzz bench lint install clean help setup cdef files objects tests fuzzers \
        benches suite rock rock-install
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PRODUCTS) $(if $(filter build,$(B)),wick)  ## build everything (BUILD=release|debug|san)

run:  ## install what is missing for running, build, start the platform
	@scripts/dev/setup run
	@$(SUB) all
	@./wick run

test:  ## install what is missing for tests, build, run the whole suite
	@scripts/dev/setup test
	@$(SUB) all tests
	@scripts/dev/tests

san:  ## the whole suite under ASan and UBSan, then a short round of fuzzing
	@scripts/dev/setup test
	@$(SUB) BUILD=san all tests
	@BUILD=san scripts/dev/tests
	@$(SUB) fuzz FUZZ_RUNS=20000

fuzz:  ## each fuzz target for FUZZ_RUNS runs (200000)
	@scripts/dev/setup test
	@$(SUB) BUILD=fuzz fuzzers
	@scripts/dev/fuzz build/fuzz $(FUZZ_RUNS)

bench:  ## the figures of the README, as ratios in one run
	@scripts/dev/setup test
	@$(SUB) all benches
	@scripts/dev/bench $(B)

lint:  ## exported symbols, cdef.lua, layout, sizes, includes, luacheck
	@scripts/dev/setup test
	@$(SUB) $(B)/libwick.so
	@scripts/dev/lint $(B)/libwick.so

setup:  ## install what is missing for running
	@scripts/dev/setup run

cdef:  ## write lua/wick/cdef.lua from the FFI block of src/wick.h
	@scripts/dev/cdef src/wick.h lua/wick/cdef.lua

install: all  ## under PREFIX (/usr/local), DESTDIR in front
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include \
	    $(DESTDIR)$(PREFIX)/share/wick
	install -m 755 $(B)/wickd $(DESTDIR)$(PREFIX)/bin/wickd
	ln -sf wickd $(DESTDIR)$(PREFIX)/bin/wick
	install -m 644 $(B)/libwick.so $(B)/libwick.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 src/wick.h $(DESTDIR)$(PREFIX)/include
	cp -R lua scripts sql $(DESTDIR)$(PREFIX)/share/wick
	rm -rf $(DESTDIR)$(PREFIX)/share/wick/scripts/dev $(DESTDIR)$(PREFIX)/share/wick/scripts/bench

clean:  ## remove what was built
	rm -rf build wick

help:  ## this list
	@echo "make TARGET [BUILD=release|debug|san] [SHARED=$(SHARED)] [V=1 shows commands]"
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  \1\t\2/p' Makefile | expand -t 12

# ---- rules ---------------------------------------------------------------------------------------
files:                                  # for lint, which compares them with the tree
	@printf '%s\n' $(LIB_C) $(BIND_C) src/wickd.c src/net/ws_echo.c $(TESTS:$(B)/spec/%=spec/c/%.c) \
	    $(FUZZES:$(B)/spec/%=spec/c/%.c)

objects: $(LIB_O) $(BIND_O) $(B)/o/wickd.o
tests: $(TESTS)
fuzzers: $(FUZZES)
benches: $(BENCHES)

$(B)/o/%.o: src/%.c
	$(if $(PKG_LIBS),,$(error a library of '$(PACKAGES)' is missing: run 'make setup'))
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) $(if $(filter bind/% wickd,$*),$(LUA_CFLAGS)) -c -o $@ $<

# The migrations stand in the library.
$(B)/sql.c: $(SQL_FILES) scripts/dev/embed
	@mkdir -p $(@D)
	$(call Q,SQL)scripts/dev/embed $(SQL_FILES) > $@

$(B)/o/sql.o: $(B)/sql.c
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) -Isrc -c -o $@ $<

$(B)/libwick.a: $(LIB_O)
	@rm -f $@
	$(call Q,AR)$(AR) rcs $@ $^

$(B)/libwick.so: $(LIB_O)
	$(call Q,LINK)$(SHARED_LINK) -Wl,-soname,libwick.so -Wl,--no-undefined -o $@ $^ $(LIBS)

# The module for Lua 5.4 stands alone: it carries the same objects as the library.
$(CORE_SO): $(BIND_O) $(B)/libwick.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(SHARED_LINK) -Wl,--exclude-libs,ALL -o $@ $^ $(LIBS)

$(B)/wickd: $(B)/o/wickd.o $(BIND_O) $(B)/libwick.a
	$(call Q,LINK)$(LINK) -o $@ $^ $(LUA_LIBS) $(LIBS)

wick: build/wickd
	@ln -sf build/wickd $@

$(B)/ws_echo: $(B)/o/net/ws_echo.o $(B)/libwick.a
	$(call Q,LINK)$(LINK) -o $@ $^ $(LIBS)

# One test is of the Lua module itself.
$(B)/spec/test_states: $(BIND_O)
$(B)/spec/test_states: LIBS += $(LUA_LIBS)
$(B)/spec/test_states: PKG_CFLAGS += $(LUA_CFLAGS)

$(B)/spec/test_%: spec/c/test_%.c $(B)/libwick.a
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) -Isrc -o $@ $< $(filter %.o,$^) $(B)/libwick.a $(LDFLAGS) -lcmocka $(LIBS)

$(B)/spec/fuzz_%: spec/c/fuzz_%.c $(B)/libwick.a
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) -Isrc -fsanitize=fuzzer -o $@ $< $(B)/libwick.a $(LDFLAGS) $(LIBS)

$(B)/bench/%: scripts/bench/%.c $(B)/libwick.a
	@mkdir -p $(@D)
	$(call Q,CC)$(COMPILE) -Isrc -o $@ $< $(B)/libwick.a $(LDFLAGS) $(LIBS)

# The judge of the decoder is a C++ library.
$(B)/bench/%: scripts/bench/%.cc $(B)/libwick.a
	@mkdir -p $(@D)
	$(call Q,CXX)$(CXX) -std=c++17 $(MODE) $(CPPFLAGS) $(PKG_CFLAGS) -MMD -MP -Isrc -o $@ $< \
	    $(B)/libwick.a $(LDFLAGS) -lsimdjson $(LIBS)

# What luarocks calls: the module for Lua 5.4, the library for LuaJIT, the Lua files.
rock: $(CORE_SO) $(B)/libwick.so

rock-install:
	install -d $(ROCK_LIBDIR)/wick $(ROCK_LUADIR)
	install -s -m 755 $(CORE_SO) $(B)/libwick.so $(ROCK_LIBDIR)/wick
	cp -R lua/wick.lua lua/wick $(ROCK_LUADIR)
	cp -R scripts/feeds $(ROCK_LUADIR)/wick

-include $(shell find $(B) -name '*.d' 2>/dev/null)
