#!/usr/bin/env bash
# What the scripts need besides the .NET SDK, by Debian's names, and how it comes onto the machine. Sourced, not run.
# A package is listed once, where it is first needed; test.sh installs all of them.

# The demo: PostgreSQL's own parser as a library, a server with its programs, and psql.
demo_packages=(libpg-query-dev postgresql-15 postgresql-client-15)

# The tests, on top of the demo's.
test_packages=(postgresql-contrib)

# install_packages NAME...: installs those that are missing, quietly; says what failed.
install_packages() {
    local missing=() name run=()
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$name")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "These are needed and apt-get is not here to install them: ${missing[*]}" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Please run as root: apt-get install ${missing[*]}" >&2; return 1; }
        run=(sudo)
    fi
    echo "installing ${missing[*]}"
    apt_quietly() {
        local output
        output=$("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null 2>&1) && return 0
        printf '%s\n' "$output" >&2
        return 1
    }
    # Package lists that are absent or old make the first try fail; then they are fetched, once.
    if ! apt_quietly --no-install-recommends install "${missing[@]}" 2>/dev/null; then
        apt_quietly update && apt_quietly --no-install-recommends install "${missing[@]}"
    fi
}

require_dotnet() {
    command -v dotnet >/dev/null && return 0
    echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    return 1
}
