#!/usr/bin/env bash
# sqlsmith: random but valid SQL for some minutes through a relay. The relay and the server must live, every connection must stay
# usable, and with a journal the journal must verify. With --protect columns of the tables are protected, and all that the client receives is
# recorded and searched for what is in them: none of it may be there, as it is, in hexadecimal, in base64 or backwards.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=lib/postgres.sh
source "$suites_dir/lib/postgres.sh"
# shellcheck source=lib/relay.sh
source "$suites_dir/lib/relay.sh"

minutes=10 relay=wireproxy-policy protect=
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) minutes=${2:?}; shift ;;
        --relay) relay=${2:?}; shift ;;
        --protect) protect=yes ;;
        *) usage_error "usage: tests/suites/sqlsmith.sh [--minutes N] [--relay KIND] [--protect]" ;;
    esac
    shift
done

need sqlsmith
[ -z "$protect" ] || { need socat; suite_protects='public.patients.name, public.patients.record, public.visits.reason'; }
use_installed_postgres
make_run_directory
start_server smith <<< "statement_timeout = 2s"
start_relay "$relay" "$server_port" "$run/relay"

psql() { as_server "$pg_bin/psql" -X -q -A -t -h 127.0.0.1 -p "$1" -U postgres -d "$2" "${@:3}"; }
psql "$server_port" postgres -c 'CREATE DATABASE smith'
psql "$server_port" smith -c 'CREATE EXTENSION hstore' -c 'CREATE EXTENSION ltree' -c 'CREATE EXTENSION pg_trgm' -c 'CREATE EXTENSION cube' \
    -c 'CREATE TABLE patients (id int PRIMARY KEY, name text, born date, tags hstore, record jsonb)' \
    -c "INSERT INTO patients SELECT n, 'qzwkxj' || n, date '1950-01-01' + n, hstore('n', n::text), '{\"v\": \"qzwkxj\"}' FROM generate_series(1, 200) n" \
    -c 'CREATE TABLE visits (id int PRIMARY KEY, patient int REFERENCES patients, reason text, day date)' \
    -c "INSERT INTO visits SELECT n, n, 'qzwkxj' || n, date '2024-01-01' + n FROM generate_series(1, 200) n" \
    -c 'CREATE VIEW cards AS SELECT p.id, p.name || v.reason AS card, v.day FROM patients p JOIN visits v ON v.patient = p.id' \
    -c "CREATE FUNCTION name_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM patients WHERE id = \$1'"
as_server "$pg_bin/pgbench" -i -q -h 127.0.0.1 -p "$server_port" -U postgres smith > /dev/null 2>&1

client_port=$relay_port
if [ -n "$protect" ]; then
    client_port=$(free_port)
    socat -R "$run/received" "TCP-LISTEN:$client_port,bind=127.0.0.1,reuseaddr,fork" "TCP:127.0.0.1:$relay_port" > "$run/socat.log" 2>&1 &
    started+=($!)
    wait_for_port "$client_port" 20
fi

end=$((SECONDS + minutes * 60)) seed=1 rounds=0
while [ "$SECONDS" -lt "$end" ]; do
    # sqlsmith gives up when the server's memory or a timeout ends its connection; then the next seed goes on.
    as_server timeout $((end - SECONDS)) sqlsmith --seed=$seed --verbose \
        "--target=host=127.0.0.1 port=$client_port user=postgres dbname=smith sslmode=disable" > "$run/sqlsmith.log" 2>&1 || true
    rounds=$((rounds + 1)) seed=$((seed + 1))
    kill -0 "$relay_pid" 2> /dev/null || { echo "the relay ended:"; tail -20 "$run/relay/relay.log"; exit "$EXIT_DIFFERENT"; }
    [ "$(psql "$relay_port" smith -c 'SELECT 42')" = 42 ] || { echo "the relay does not answer"; exit "$EXIT_DIFFERENT"; }
    grep -h 'queries:' "$run/sqlsmith.log" | tail -1
    # As it is, in hexadecimal, base64 (at each of the three places) and backwards.
    if [ -n "$protect" ] && grep -aqE 'qzwkxj|717a776b786a|cXp3a3hq|F6d2t4a|xendreG|jxkwzq' "$run/received"; then
        echo "a protected value has come out; the bytes are in $run/received, the seed is $((seed - 1))"
        exit "$EXIT_DIFFERENT"
    fi
    if [ -n "$protect" ]; then echo "$(stat -c %s "$run/received") bytes received so far, no protected value among them"; fi
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
