#!/usr/bin/env bash
# Everything that must hold, on a fresh Debian machine with the .NET SDK: the build without a warning, the formatting, and
# every test project. The last line is always `N passed, N failed, N skipped`; the exit code is 0 only if nothing failed.
# A part that is not a test (build, formatting, a crashed test run) counts as one failure.
# ./test.sh Policy Sql runs the tests of those projects only.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/packages.sh

# These start servers or whole executables: one at a time, so that they do not take each other's processor.
alone='Relay|EndToEnd|Cli|TdsStandIn'

passed=0 failed=0 skipped=0
work=$(mktemp -d)
summary() {
    rm -rf "$work"
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ]
}
stop() {
    echo "$1"
    failed=$((failed + 1))
    summary
    exit 1
}
# A shell takes a signal when the command before it has ended; from a wait it is called away at once. So what takes long runs
# beside it, and ends with it.
end_jobs() {
    trap '' INT TERM
    jobs -p | xargs -r kill 2>/dev/null
}
trap 'end_jobs; stop "interrupted"' INT TERM
# wait_for OUTPUT COMMAND...
wait_for() {
    "${@:2}" >"$1" 2>&1 </dev/null &
    wait "$!"
}

say() { printf '== %s\n' "$1"; }

require_dotnet || stop "no .NET SDK"
say "packages"
install_packages "${demo_packages[@]}" || stop "packages are missing"
offer_packages "${test_packages[@]}"

say "build, warnings as errors"
wait_for "$work/build" dotnet build WireProxy.sln -c Release -v quiet -nologo -nodeReuse:false
built=$?
# NU1603 says that the package mirror has a nearer version; Directory.Build.props has the reason.
grep -E ': (error|warning) ' "$work/build" | grep -v NU1603 | sort -u
[ $built -eq 0 ] || { tail -n 30 "$work/build"; stop "the build failed"; }

say "format"
if ! wait_for "$work/format" dotnet format WireProxy.sln --no-restore --verify-no-changes; then
    tail -n 40 "$work/format"
    echo "FAILED: dotnet format would change files"
    failed=$((failed + 1))
fi

# run_project FILE.csproj: one test run; its output, result file and exit code are left in $work. A test that hangs ends the run
# of its project, which counts as a failure. Nothing is tried a second time: a test that fails by chance is mended.
run_project() {
    local name hang=5m
    name=$(basename "$1" .csproj)
    # A test there is a suite of others, or a benchmark: some minutes each.
    [ "$name" != WireProxy.EndToEnd.Tests ] || hang=8m
    wait_for "$work/$name.log" timeout --kill-after 30 2400 dotnet test "$1" -c Release --no-build --nologo \
        --logger "trx;LogFileName=$name.trx" --results-directory "$work/results" \
        --blame-hang-timeout "$hang" --blame-hang-dump-type none
    echo $? >"$work/$name.exit"
}

# count FILE.trx: "passed failed skipped", from the result file's own counters.
count() {
    awk 'match($0, /<Counters [^>]*>/) {
        line = substr($0, RSTART, RLENGTH)
        total = attribute("total"); executed = attribute("executed"); passed = attribute("passed")
        printf "%d %d %d\n", passed, executed - passed, total - executed
        exit
    }
    function attribute(name) {
        if (!match(line, " " name "=\"[0-9]+\"")) return 0
        return substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0
    }' "$1"
}

# skips FILE.trx: each test that did not run, and the reason that it gives.
skips() {
    awk '/<UnitTestResult / {
        name = ""
        if (/outcome="NotExecuted"/ && match($0, / testName="[^"]*"/)) name = substr($0, RSTART + 11, RLENGTH - 12)
    }
    name != "" && /<Message>/ {
        reason = $0
        sub(/.*<Message>/, "", reason); sub(/<\/Message>.*/, "", reason)
        print "   skipped " name ": " reason
        name = ""
    }
    name != "" && /<\/UnitTestResult>/ { print "   skipped " name ": no reason given"; name = "" }' "$1" \
        | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g'
}

report() {
    local name trx p=0 f=0 s=0
    name=$(basename "$1" .csproj)
    trx="$work/results/$name.trx"
    [ -f "$trx" ] && read -r p f s < <(count "$trx")
    # A result file that is half written has no counters.
    p=${p:-0} f=${f:-0} s=${s:-0}
    # A run that broke without saying so in its results must not look like success; neither must one that ran nothing.
    if [ "$f" -eq 0 ] && { [ "$(cat "$work/$name.exit" 2>/dev/null || echo 1)" -ne 0 ] || [ $((p + s)) -eq 0 ]; }; then
        f=1
        [ $((p + s)) -gt 0 ] || echo "   no test ran in $name"
    fi
    printf '%-32s %d passed, %d failed, %d skipped\n' "$name" "$p" "$f" "$s"
    [ "$f" -eq 0 ] || tail -n 200 "$work/$name.log"
    [ ! -f "$trx" ] || skips "$trx"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

say "tests"
wanted=$(IFS='|'; echo "${*:-.*}")
mapfile -t projects < <(printf '%s\n' tests/*/*.Tests.csproj | grep -E "WireProxy\.($wanted)\.Tests\.csproj" | sort)
[ "${#projects[@]}" -gt 0 ] || stop "no test project is called $*"
mapfile -t together < <(printf '%s\n' "${projects[@]}" | grep -vE "WireProxy\.($alone)\.Tests\.csproj")
mapfile -t single < <(printf '%s\n' "${projects[@]}" | grep -E "WireProxy\.($alone)\.Tests\.csproj")
for project in "${together[@]}"; do
    while [ "$(jobs -pr | wc -l)" -ge 2 ]; do wait -n; done
    { trap 'end_jobs; exit 1' TERM; run_project "$project"; } &
done
wait
for project in "${together[@]}"; do report "$project"; done
for project in "${single[@]}"; do run_project "$project"; report "$project"; done
summary
