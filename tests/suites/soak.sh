#!/usr/bin/env bash
# Many idle sessions and some busy ones for some minutes: prints the relay's memory and processor time over time. Fails on any
# error, on an idle session that does not answer at the end, and where the memory of the last quarter exceeds that of the
# second by more than a tenth and 16 MB.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=lib/postgres.sh
source "$suites_dir/lib/postgres.sh"
# shellcheck source=lib/relay.sh
source "$suites_dir/lib/relay.sh"

minutes=10 relay=wireproxy-policy idle=2000 busy=64
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) minutes=${2:?}; shift ;;
        --relay) relay=${2:?}; shift ;;
        --idle) idle=${2:?}; shift ;;
        --busy) busy=${2:?}; shift ;;
        *) usage_error "usage: tests/suites/soak.sh [--minutes N] [--relay KIND] [--idle N] [--busy N]" ;;
    esac
    shift
done

need python3
use_installed_postgres
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $((idle * 3 + 2000)) ] ||
    skip "the limit of open files ($(ulimit -n)) is too low for $idle idle sessions"
make_run_directory
server_connections=$((idle + busy + 50))
start_server soak < /dev/null
start_relay "$relay" "$server_port" "$run/relay"
as_server "$pg_bin/pgbench" -i -q -s 4 -h 127.0.0.1 -p "$server_port" -U postgres postgres > /dev/null 2>&1

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$relay_pid/status"; }
processor() { awk '{ print ($14 + $15) / 100 }' "/proc/$relay_pid/stat"; }

echo "memory before: $(memory) kB"
coproc IDLE { exec python3 "$suites_dir/lib/idle_clients.py" "$relay_port" "$idle" 2>&1; }
idle_pid=$IDLE_PID
started+=("$idle_pid")
read -r -t 600 opened <&"${IDLE[0]}" || { echo "the idle sessions did not open"; exit "$EXIT_DIFFERENT"; }
echo "$opened idle sessions, memory: $(memory) kB"

as_server env PGSSLMODE=disable "$pg_bin/pgbench" -n -M prepared -c "$busy" -j 2 -T $((minutes * 60)) -h 127.0.0.1 -p "$relay_port" -U postgres postgres \
    > "$run/pgbench.log" 2>&1 &
bench_pid=$!
started+=("$bench_pid")
samples=()
printf '%8s %12s %12s\n' seconds 'memory kB' 'processor s'
step=$((minutes * 60 / 40 + 1)) began=$SECONDS
while kill -0 "$bench_pid" 2> /dev/null; do
    samples+=("$(memory)")
    printf '%8d %12d %12.1f\n' $((SECONDS - began)) "${samples[-1]}" "$(processor)"
    sleep "$step"
done
wait "$bench_pid" || { tail -5 "$run/pgbench.log"; exit "$EXIT_DIFFERENT"; }
grep -E 'transactions actually|failed|tps' "$run/pgbench.log"
grep -q 'number of failed transactions: 0 ' "$run/pgbench.log" || exit "$EXIT_DIFFERENT"

exec {IDLE[1]}>&-
read -r -t 300 alive <&"${IDLE[0]}" || alive="none alive"
echo "$alive of $idle idle sessions"
[ "$alive" = "alive $idle" ] || exit "$EXIT_DIFFERENT"

most() { printf '%s\n' "$@" | sort -n | tail -1; }
quarter=$((${#samples[@]} / 4))
if [ "$quarter" -gt 0 ]; then
    second=$(most "${samples[@]:quarter:quarter}") last=$(most "${samples[@]: -quarter}")
    echo "most memory in the second quarter: $second kB, in the last: $last kB"
    [ "$last" -le $((second + second / 10 + 16384)) ] || { echo "the memory grows"; exit "$EXIT_DIFFERENT"; }
fi
