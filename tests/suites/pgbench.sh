#!/usr/bin/env bash
# pgbench in its three modes with 1, 8 and 64 clients, directly and through a relay: no transaction may fail. The figures are for
# the eye; benchmarks/compare measures.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=lib/postgres.sh
source "$suites_dir/lib/postgres.sh"
# shellcheck source=lib/relay.sh
source "$suites_dir/lib/relay.sh"

seconds=6 relay=wireproxy clients="1 8 64" script=
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=${2:?}; shift ;;
        --relay) relay=${2:?}; shift ;;
        --clients) clients=${2:?}; shift ;;
        --read-only) script=-S ;;
        *) usage_error "usage: tests/suites/pgbench.sh [--seconds N] [--relay KIND] [--clients '1 8 64'] [--read-only]" ;;
    esac
    shift
done

use_installed_postgres
make_run_directory
start_server bench < /dev/null
start_relay "$relay" "$server_port" "$run/relay"
as_server "$pg_bin/pgbench" -i -q -s 4 -h 127.0.0.1 -p "$relay_port" -U postgres postgres > "$run/load.log" 2>&1 ||
    { tail -5 "$run/load.log"; exit "$EXIT_DIFFERENT"; }

failed=
for mode in simple extended prepared; do
    for count in $clients; do
        for way in "direct $server_port" "$relay $relay_port"; do
            as_server env PGSSLMODE=disable "$pg_bin/pgbench" -n $script -M $mode -c "$count" -j 2 -T "$seconds" -h 127.0.0.1 -p "${way#* }" -U postgres \
                postgres > "$run/pgbench.log" 2>&1 || { echo "$mode, $count clients, ${way% *}:"; tail -5 "$run/pgbench.log"; failed=1; }
            grep -q 'number of failed transactions: 0 ' "$run/pgbench.log" || failed=1
            printf '%-9s %3s clients  %-18s %8.0f tps\n' $mode "$count" "${way% *}" "$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$run/pgbench.log")"
        done
    done
done
[ -z "$failed" ] || exit "$EXIT_DIFFERENT"
