#!/usr/bin/env bash
# What the scripts need besides the .NET SDK, by Debian's names, and how it comes onto the machine. Sourced, not run.
# A package is listed once, where it is first needed; test.sh installs all of them.

# The demo: PostgreSQL's own parser as a library, a server with its programs, psql, and FreeTDS's clients of TDS.
demo_packages=(libpg-query-dev postgresql-15 postgresql-client-15 freetds-bin)

# What the tests want on top of that, one a line: tests/suites/packages.txt.
mapfile -t test_packages < <(grep -vE '^(#|$)' "$(dirname "${BASH_SOURCE[0]}")/../tests/suites/packages.txt")

# missing_packages NAME...: those that are not installed. npm and Node.js also come by other ways, and count as there when they run.
missing_packages() {
    local name
    for name in "$@"; do
        case $name in nodejs) command -v node >/dev/null && continue ;; npm) command -v npm >/dev/null && continue ;; esac
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' || echo "$name"
    done
}

# apt_quietly ARGUMENTS: apt-get as root; says something only when it fails.
apt_quietly() {
    local output run=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Please run as root: apt-get $*" >&2; return 1; }
        run=(sudo)
    fi
    output=$("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null 2>&1) && return 0
    printf '%s\n' "$output" | tail -n 20 >&2
    return 1
}

# install_packages NAME...: installs what is missing; an error where that cannot be done.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "These are needed and apt-get is not here to install them: ${missing[*]}" >&2
        return 1
    fi
    echo "installing ${missing[*]}"
    # Package lists that are absent or old make the first try fail; then they are fetched, once.
    apt_quietly --no-install-recommends install "${missing[@]}" 2>/dev/null \
        || { apt_quietly update && apt_quietly --no-install-recommends install "${missing[@]}"; }
}

# offer_packages NAME...: installs what is missing and can be had. What cannot is named; the tests that want it skip and say so.
offer_packages() {
    local missing name known=() unknown=()
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null || return 0
    apt_quietly update || true
    for name in "${missing[@]}"; do
        if apt-cache show "$name" >/dev/null 2>&1; then known+=("$name"); else unknown+=("$name"); fi
    done
    [ "${#unknown[@]}" -eq 0 ] || echo "not in the archive: ${unknown[*]}"
    [ "${#known[@]}" -gt 0 ] || return 0
    echo "installing ${known[*]}"
    apt_quietly --no-install-recommends install "${known[@]}" 2>/dev/null && return 0
    # One that conflicts with what is here must not keep the others away.
    for name in "${known[@]}"; do
        apt_quietly --no-install-recommends install "$name" 2>/dev/null || echo "could not be installed: $name"
    done
}

require_dotnet() {
    command -v dotnet >/dev/null && return 0
    echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    return 1
}
