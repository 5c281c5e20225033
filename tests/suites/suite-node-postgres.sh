# node-postgres' own integration tests (packages/pg/test/integration). The tests come from the Debian source package, which the
# mirror may not serve; the code they test comes from npm, in the version that the tests belong to.
# shellcheck shell=bash

# shellcheck source=lib/python.sh
source "$suites_dir/lib/python.sh"

suite_prepare() {
    use_installed_postgres
    need node npm
    obtain_driver_source node-postgres
    local version
    version=$(node -p 'require(process.argv[1]).version' "$driver_source/packages/pg/package.json") || skip "there is no packages/pg in $driver_source"
    node_cache=$cache/node-postgres-$version
    exec {lock}> "$cache/lock"
    flock "$lock"
    if [ ! -e "$node_cache/ready" ]; then
        rm -rf "$node_cache"
        mkdir -p "$node_cache"
        (
            cd "$node_cache"
            echo '{ "name": "suite", "private": true }' > package.json
            npm install --silent --no-audit --no-fund --ignore-scripts "pg@$version" async@2.6.4 bluebird@3.5.2 co@4.6.0 pg-copy-streams@0.3.0
        ) > "$cache/npm.log" 2>&1 || skip "npm does not serve what node-postgres' tests want: $(tail -1 "$cache/npm.log")"
        cp -r "$driver_source/packages/pg/test" "$driver_source/packages/pg/script" "$node_cache/node_modules/pg/"
        chmod -R a+rX "$node_cache"
        touch "$node_cache/ready"
    fi
    exec {lock}>&-
}

suite_run() { # label host port out
    local file result package=$node_cache/node_modules/pg
    local environment=("PGHOST=$2" "PGPORT=$3" PGUSER=postgres PGDATABASE=postgres PGPASSWORD=unused PGTESTNOSSL=true)
    (cd "$package" && as_server env "${environment[@]}" node script/create-test-tables.js postgres:// > "$run/tables.log" 2>&1) ||
        { tail -5 "$run/tables.log" >&2; return 1; }
    (cd "$package" && find test/integration -name '*-tests.js' | sort) > "$run/files"
    while read -r file; do
        result=ok
        (cd "$package" && as_server env "${environment[@]}" timeout 300 node "$file" postgres:// < /dev/null > "$run/script.log" 2>&1) || result=failed
        printf '%s\t%s\n' $result "$file" | as_server tee -a "$4/results" > /dev/null
        if [ $result = failed ]; then { echo "== $file"; tail -c 3000 "$run/script.log"; } | as_server tee -a "$4/details" > /dev/null; fi
    done < "$run/files"
}
