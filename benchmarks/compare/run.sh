#!/usr/bin/env bash
# Measures WireProxy beside a direct connection, pgbouncer and haproxy, and writes benchmarks/README.md. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

missing=0
need() {
    if ! PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null; then
        echo "run.sh: $1 is missing; on Debian: apt-get install $2" >&2
        missing=1
    fi
}
need python3 python3
need gcc "gcc libc6-dev"
need pgbench postgresql-contrib
need pgbouncer pgbouncer
need haproxy haproxy
need openssl openssl
need setpriv util-linux
if [ ! -x "${PG_BIN:-/usr/lib/postgresql/15/bin}/postgres" ]; then
    echo "run.sh: PostgreSQL 15 is missing; on Debian: apt-get install postgresql-15 (or set PG_BIN)" >&2
    missing=1
fi
case " $* " in *" --wireproxy "* | *" --no-wireproxy "* | *" --help "* | *" -h "*) ;; *) need dotnet "dotnet-sdk-10.0 (from Microsoft's feed)" ;; esac
[ "$missing" -eq 0 ] || exit 2

export PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin"
exec python3 "$here/harness" "$@"
