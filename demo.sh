#!/usr/bin/env bash
# The demo on a fresh Debian machine with the .NET SDK: ./demo.sh shows the scripted tour and exits; ./demo.sh --stay
# leaves the clinic, its database and the gateway up to be tried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/packages.sh

case "${1-}" in
    "" | --once) arguments=(--once) ;;
    --stay) arguments=() ;;
    *) echo "usage: ./demo.sh [--once | --stay]" >&2; exit 2 ;;
esac

require_dotnet
install_packages "${demo_packages[@]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet build src/WireProxy.Cli -c Release -v quiet -nologo >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    exit 1
fi
dotnet src/WireProxy.Cli/bin/Release/net10.0/wireproxy.dll demo "${arguments[@]}"
