#!/usr/bin/env bash
# sqlsmith: random but valid SQL for some minutes through a relay. The relay and the server must live, every connection must stay
# usable, and with a journal the journal must verify.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=lib/postgres.sh
source "$suites_dir/lib/postgres.sh"
# shellcheck source=lib/relay.sh
source "$suites_dir/lib/relay.sh"

minutes=10 relay=wireproxy-policy
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) minutes=${2:?}; shift ;;
        --relay) relay=${2:?}; shift ;;
        *) usage_error "usage: tests/suites/sqlsmith.sh [--minutes N] [--relay KIND]" ;;
    esac
    shift
done

need sqlsmith
use_installed_postgres
make_run_directory
start_server smith <<< "statement_timeout = 2s"
start_relay "$relay" "$server_port" "$run/relay"

psql() { as_server "$pg_bin/psql" -X -q -A -t -h 127.0.0.1 -p "$1" -U postgres -d "$2" "${@:3}"; }
psql "$server_port" postgres -c 'CREATE DATABASE smith'
psql "$server_port" smith -c 'CREATE EXTENSION hstore' -c 'CREATE EXTENSION ltree' -c 'CREATE EXTENSION pg_trgm' -c 'CREATE EXTENSION cube' \
    -c 'CREATE TABLE patients (id int PRIMARY KEY, name text, born date, tags hstore, record jsonb)' \
    -c "INSERT INTO patients SELECT n, 'name ' || n, date '1950-01-01' + n, hstore('n', n::text), '{}' FROM generate_series(1, 200) n"
as_server "$pg_bin/pgbench" -i -q -h 127.0.0.1 -p "$server_port" -U postgres smith > /dev/null 2>&1

end=$((SECONDS + minutes * 60)) seed=1 rounds=0
while [ "$SECONDS" -lt "$end" ]; do
    # sqlsmith gives up when the server's memory or a timeout ends its connection; then the next seed goes on.
    as_server timeout $((end - SECONDS)) sqlsmith --seed=$seed --verbose \
        "--target=host=127.0.0.1 port=$relay_port user=postgres dbname=smith sslmode=disable" > "$run/sqlsmith.log" 2>&1 || true
    rounds=$((rounds + 1)) seed=$((seed + 1))
    kill -0 "$relay_pid" 2> /dev/null || { echo "the relay ended:"; tail -20 "$run/relay/relay.log"; exit "$EXIT_DIFFERENT"; }
    [ "$(psql "$relay_port" smith -c 'SELECT 42')" = 42 ] || { echo "the relay does not answer"; exit "$EXIT_DIFFERENT"; }
    grep -h 'queries:' "$run/sqlsmith.log" | tail -1
done

if grep -i 'internal error\|unhandled exception' "$run/relay/relay.log"; then exit "$EXIT_DIFFERENT"; fi
if grep 'was terminated by signal' "$run/smith/server.log"; then echo "the server crashed, which is not the relay's doing"; fi
echo "memory of the relay: $(awk '/VmRSS/ { print $2, $3 }' "/proc/$relay_pid/status")"
kill "$relay_pid"
ended=0
wait "$relay_pid" || ended=$?
case $relay in
    wireproxy*) [ $ended = 0 ] || { echo "the relay ended with $ended"; tail -20 "$run/relay/relay.log"; exit "$EXIT_DIFFERENT"; } ;;
esac
if [ -d "$run/relay/journal" ]; then "$(gateway_program)" verify --journal "$run/relay/journal"; fi
echo "$minutes minutes of sqlsmith in $rounds rounds through $relay"
