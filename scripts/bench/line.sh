#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole line as a user runs it: the simulator flat out over a WebSocket into `wick run`, until all of it is in the
# store; CPU time of `wick run` alone, by the kernel's account. Then start-up time and memory with nothing to do.
set -eu
wick=$PWD/${WICK_BUILD:-build}/wickd
count=${COUNT:-3000000}
markets=Coinbase:BTC-USD,Coinbase:ETH-USD
dir=$(mktemp -d)
sim= run=
trap 'kill $sim $run 2>/dev/null || :; wait; rm -rf "$dir"' EXIT
unset CRYPTOCOMPARE_API_KEY CRYPTOCOMPARE_REST_URL
cd "$dir"

port() { sed -n 's|.*[a-z]*://[^ "]*:\([0-9][0-9]*\).*|\1|p' "$1" | head -1; }
listening() {
	for _ in $(seq 200); do
		p=$(port "$1")
		[ -z "$p" ] || { echo "$p"; return; }
		sleep 0.05
	done
	cat "$1" >&2
	return 1
}
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{print int(($14 + $15) * 1000 / hz)}' "/proc/$1/stat"; }
trades() { curl -s "localhost:$1/metrics" | awk '/^wick_trades_total/ {n += $2} END {print n + 0}'; }

"$wick" sim --port 0 --rate 0 --count "$count" --markets $markets 2>sim.log &
sim=$!
CRYPTOCOMPARE_WS_URL=ws://127.0.0.1:$(listening sim.log) WICK_DATA=$dir/data PORT=0 WICK_LOG_FORMAT=json "$wick" run 2>run.log &
run=$!
http=$(listening run.log)
for _ in $(seq 1200); do
	[ "$(trades "$http")" -lt "$count" ] || break
	sleep 0.1
done
[ "$(trades "$http")" -ge "$count" ] || { echo "line: only $(trades "$http") of $count trades came" >&2; exit 1; }
ms=$(cpu_ms $run)
kill $run && wait $run
run=
awk -v n="$count" -v ms="$ms" 'BEGIN {printf "line: %.2f M ticks per CPU-second, socket to store, %d trades (goal 2)\n", n / ms / 1000, n}'
log=$(wc -c <data/log.db)
awk -v n="$count" -v b="$log" 'BEGIN {printf "line: %.1f bytes a tick in the log\n", b / n}'

began=$(date +%s%N)
WICK_SOURCES=cryptocompare CRYPTOCOMPARE_WS_URL=ws://127.0.0.1:9 WICK_DATA=$dir/idle PORT=0 WICK_LOG_FORMAT=json "$wick" run 2>idle.log &
run=$!
while [ -z "$(port idle.log)" ]; do :; done
ended=$(date +%s%N)
echo "start-up: $(((ended - began) / 1000000)) ms until it listens, as a new process (goal < 100)"
sleep 1
awk '/^VmRSS/ {printf "memory with nothing to do: %.1f MB (goal < 30)\n", $2 / 1024}' "/proc/$run/status"
