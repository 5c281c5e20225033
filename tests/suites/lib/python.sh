# Driver suites in Python: the driver and pytest are Debian's packages, the tests come from the driver's Debian source package,
# which the mirror may not serve; then --source names a directory that holds them.
# shellcheck shell=bash

# Sets driver_source to a directory with the package's source.
obtain_driver_source() { # Debian's source package
    if [ -n "$suite_source" ]; then driver_source=$suite_source; return; fi
    driver_source=$cache/$1/source
    exec {lock}> "$cache/lock"
    flock "$lock"
    if [ ! -e "$cache/$1/ready" ]; then
        private_apt_update
        rm -rf "${cache:?}/$1"
        source_package "$1" "$cache/$1/download" ||
            skip "the mirror does not serve the source of $1 ($(grep -m 1 '^E: Failed' "$cache/apt/source.log" || echo 'apt-get source failed')); --source DIR takes it from elsewhere"
        mkdir -p "$driver_source"
        tar -xf "$(ls "$cache/$1/download/"*.orig.tar.*z* | head -1)" -C "$driver_source" --strip-components 1
        chmod -R a+rX "$cache/$1"
        touch "$cache/$1/ready"
    fi
    exec {lock}>&-
}

need_python_modules() {
    local module
    for module in pytest "$@"; do
        /usr/bin/python3 -c "import $module" 2> /dev/null || skip "Debian's Python has no module $module"
    done
}

# Runs pytest in a copy of the tests, file by file, so that a test that hangs costs only its file, and turns its reports into
# results. The file details holds the end of what was said about failures.
run_pytest() { # out seconds-a-file arguments...
    local out=$1 seconds=$2 file name
    shift 2
    as_server rm -rf "$run/python"
    as_server mkdir "$run/python"
    as_server cp -r "$driver_source/tests" "$run/python/tests"
    # shellcheck disable=SC2086
    for file in "$run"/python/tests/${python_pattern:-test_*.py} "$run"/python/tests/*/${python_pattern:-test_*.py}; do
        [ -e "$file" ] || continue
        name=${file#"$run/python/tests/"}
        case " ${python_left_out:-} " in *" $name "*) continue ;; esac
        as_server rm -rf "$out/report.xml" "$run/cache"
        (
            cd "$run/python"
            as_server env "${python_environment[@]}" PYTHONDONTWRITEBYTECODE=1 timeout "$seconds" /usr/bin/python3 -m pytest -q --tb=short \
                -o "cache_dir=$run/cache" --rootdir "$run/python" --junitxml="$out/report.xml" "$@" "$file"
        ) > "$run/pytest.log" 2>&1 || true
        if [ -s "$out/report.xml" ]; then
            /usr/bin/python3 "$suites_dir/lib/junit_results.py" "$out/report.xml"
        else
            printf 'failed\t%s: ended without a report\n' "$name"
        fi > "$run/results"
        as_server tee -a "$out/results" < "$run/results" > /dev/null
        if grep -q '^failed' "$run/results"; then
            { echo "== $name"; tail -c 4000 "$run/pytest.log"; } | as_server tee -a "$out/details" > /dev/null
        fi
    done
}
