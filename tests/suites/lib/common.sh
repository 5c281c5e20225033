# Shared by every script here: where things are kept, how a script skips, which user PostgreSQL runs as.
# shellcheck shell=bash

# Exit codes, as automake has them: 0 the same as direct, 1 different, 2 wrong usage, 77 cannot run here (with the reason).
readonly EXIT_DIFFERENT=1 EXIT_USAGE=2 EXIT_SKIPPED=77

suites_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repository=$(cd "$suites_dir/../.." && pwd)

# What is downloaded is kept between runs. PostgreSQL refuses to run as root, so that root's cache must be one which the
# user `postgres` can read, and that is not /root/.cache.
if [ -n "${WIREPROXY_CACHE:-}" ]; then cache=$WIREPROXY_CACHE
elif [ "$(id -u)" = 0 ]; then cache=/var/cache/wireproxy
else cache=${XDG_CACHE_HOME:-$HOME/.cache}/wireproxy
fi

say() { printf '%s\n' "$*" >&2; }
skip() { printf 'skipped: %s\n' "$*"; exit "$EXIT_SKIPPED"; }
usage_error() { say "$*"; exit "$EXIT_USAGE"; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done; }

# Runs a command as the user who may run PostgreSQL: `postgres` where we are root, ourselves elsewhere.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$run" USER=postgres LOGNAME=postgres "$@"
    else
        "$@"
    fi
}

# A port below the ephemeral range on which nobody listens.
free_port() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + RANDOM % 12000))
        [ -z "$(ss -Hltn "sport = :$port")" ] && { echo "$port"; return; }
    done
    say "no free port between 20000 and 32000"; return 1
}

wait_for_port() { # port seconds
    local until=$((SECONDS + $2))
    while [ -z "$(ss -Hltn "sport = :$1")" ]; do
        [ "$SECONDS" -lt "$until" ] || { say "nothing listens on port $1 after $2 s"; return 1; }
        sleep 0.05
    done
}

# Everything that a run starts is noted here and ended, by its own id, when the run ends.
started=()
cleanups=()
finish() {
    local pid action
    for action in "${cleanups[@]}"; do eval "$action" || true; done
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ -n "${keep:-}" ] || [ -z "${run:-}" ] || rm -rf "$run"
}

make_run_directory() {
    run=$(mktemp -d "${TMPDIR:-/tmp}/wireproxy-suite.XXXXXX")
    chmod 755 "$run"
    trap finish EXIT
    trap 'exit 130' INT TERM
    if [ "$(id -u)" = 0 ]; then chown postgres "$run"; fi
}
