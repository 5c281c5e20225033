#!/usr/bin/env bash
# Runs a suite that others wrote, once against PostgreSQL directly and once through a relay, and says whether the results
# are the same. Nothing of the suites is kept in this repository: it comes from the package registries at run time.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=lib/postgres.sh
source "$suites_dir/lib/postgres.sh"
# shellcheck source=lib/relay.sh
source "$suites_dir/lib/relay.sh"
# shellcheck source=lib/compare.sh
source "$suites_dir/lib/compare.sh"

usage() {
    cat <<-TEXT
	usage: tests/suites/run.sh SUITE [--relay KIND] [--quick] [--prepare-only] [--out DIR] [--server-port N] [--source DIR]

	  SUITE           $(cd "$suites_dir" && ls suite-*.sh | sed 's/suite-//; s/\.sh//' | tr '\n' ' ')
	  --relay KIND    wireproxy (default), wireproxy-journal, wireproxy-policy, haproxy, socat, or port:N for something that
	                  already listens on N in front of --server-port
	  --quick         the subset that test.sh runs, where the suite has one
	  --prepare-only  only download and build
	  --out DIR       keep the suite's output there
	  --source DIR    the suite's source, where the registries do not serve it

	  exit code: 0 the same, 1 different, 2 wrong usage, 77 cannot run here (the reason is printed)
	  example:   tests/suites/run.sh regress --relay haproxy
	TEXT
}

relay=wireproxy quick= prepare_only= out= server_port_wanted= suite_source=
[ $# -gt 0 ] || { usage >&2; exit "$EXIT_USAGE"; }
suite=$1
shift
case $suite in -h | --help) usage; exit 0 ;; esac
while [ $# -gt 0 ]; do
    case $1 in
        --relay) relay=${2:?--relay KIND}; shift ;;
        --quick) quick=1 ;;
        --prepare-only) prepare_only=1 ;;
        --out) out=${2:?--out DIR}; shift ;;
        --server-port) server_port_wanted=${2:?--server-port N}; shift ;;
        --source) suite_source=$(cd "${2:?--source DIR}" && pwd); shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage_error "what is $1? See tests/suites/run.sh --help" ;;
    esac
    shift
done
case $relay in port:*) [ -n "$server_port_wanted" ] || usage_error "--relay port:N wants --server-port too" ;; esac
[ -f "$suites_dir/suite-$suite.sh" ] || usage_error "there is no suite $suite. See tests/suites/run.sh --help"

# A suite file defines suite_prepare and suite_run (label, host, port, output directory), and may define server_settings and server_script.
# server_script prints what psql runs on a new server before the suite does.
server_settings() { :; }
server_script() { :; }
# shellcheck source=/dev/null
source "$suites_dir/suite-$suite.sh"

suite_prepare
[ -z "$prepare_only" ] || exit 0
make_run_directory

run_once() { # label; leaves $run/LABEL/out/results
    local began=$SECONDS port
    start_server "$1" < <(server_settings)
    port=$server_port
    server_script | "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d postgres
    if [ "$1" = through ]; then
        start_relay "$relay" "$server_port" "$run/$1/relay"
        port=$relay_port
    fi
    as_server mkdir -p "$run/$1/out"
    suite_run "$1" 127.0.0.1 "$port" "$run/$1/out"
    stop_server "$1"
    say "$suite $1$([ "$1" = direct ] || echo " $relay"): $(summary "$run/$1/out/results"), $((SECONDS - began)) s"
}

keep_output() {
    [ -n "$out" ] || return 0
    mkdir -p "$out"
    for label in direct through; do rm -rf "${out:?}/$label"; cp -r "$run/$label/out" "$out/$label"; done
    cp "$run/through/relay/relay.log" "$out/" 2> /dev/null || true
}

run_both() {
    run_once direct
    require_results "$run/direct/out"
    run_once through
    keep_output
}

run_both
lost "$run/direct/out" "$run/through/out" > "$run/lost"
if [ -s "$run/lost" ]; then
    # Suites have tests that fail now and then on a busy machine. What the relay breaks it breaks again.
    say "once more, because $(wc -l < "$run/lost") passed directly only"
    mv "$run/lost" "$run/lost.first"
    rm -rf "$run/direct" "$run/through"
    run_both
    lost "$run/direct/out" "$run/through/out" | comm -12 - "$run/lost.first" > "$run/lost"
fi
if [ -s "$run/lost" ]; then
    report_lost "$run/through/out" < "$run/lost"
    exit "$EXIT_DIFFERENT"
fi
echo "the same results: $(summary "$run/direct/out/results")"
