# Tests of node-postgres' family as npm still serves them: recent packages leave their tests out, so that the tests are those of
# older pg-pool, pg-cursor, pg-query-stream and pg-copy-streams, run with a recent pg. What does not fit together fails
# directly, too, and is then no matter of the relay.
# shellcheck shell=bash

node_packages=(pg-cursor@2.1.0 pg-pool@3.1.0 pg-query-stream@2.0.0 pg-copy-streams@1.2.0)
node_dependencies=(pg@8.16.3 pg-cursor@2.1.0 mocha@10.8.2 expect.js@0.3.1 lodash@4.17.21 bluebird@3.4.1 co@4.6.0 concat-stream@1.0.1 JSONStream@0.7.4
    through@2.3.8 async@2.6.4 heredoc@1.3.1 deferred@0.7.11 gonna@0.0.0)

suite_prepare() {
    use_installed_postgres
    need node npm tar
    node_cache=$cache/node-2
    exec {lock}> "$cache/lock"
    flock "$lock"
    if [ ! -e "$node_cache/ready" ]; then
        rm -rf "$node_cache"
        mkdir -p "$node_cache/suites"
        (
            cd "$node_cache"
            echo '{ "name": "suites", "private": true }' > package.json
            npm install --silent --no-audit --no-fund --ignore-scripts "${node_dependencies[@]}" > npm.log 2>&1
            for package in "${node_packages[@]}"; do
                archive=$(npm pack --silent "$package" 2>> npm.log | tail -1)
                mkdir -p "suites/${package%@*}"
                tar -xzf "$archive" -C "suites/${package%@*}" --strip-components 1
                rm -f "$archive"
            done
        ) || skip "npm does not serve what the node suites want: $(tail -1 "$node_cache/npm.log")"
        chmod -R a+rX "$node_cache"
        touch "$node_cache/ready"
    fi
    exec {lock}>&-
}

suite_run() { # label host port out
    local file suite environment=(PGHOST="$2" PGPORT="$3" PGUSER=postgres PGDATABASE=postgres PGPASSWORD=unused PGSSLMODE=disable)
    for file in "$node_cache"/suites/*/test/*.js; do
        suite=$(basename "$(dirname "$(dirname "$file")")")/$(basename "$file")
        # These want a package that npm gets from elsewhere, or are no tests.
        case $suite in */stream-tester*.js | */pauses.js | */helper.js | */setup.js | pg-copy-streams/index.js) continue ;; esac
        if grep -q 'describe(\|require(.\./helper' "$file"; then run_mocha "$file" "$suite" "$4"; else run_script "$file" "$suite" "$4"; fi
    done
}

run_mocha() { # file suite out
    (
        cd "$(dirname "$1")/.."
        as_server env "${environment[@]}" timeout 600 node "$node_cache/node_modules/mocha/bin/mocha.js" --exit --timeout 30000 \
            --reporter json --reporter-option "output=$3/mocha.json" "test/$(basename "$1")" > "$run/mocha.log" 2>&1
    ) || true
    as_server sh -c "cat >> '$3/results'" < <(
        node -e '
            const { stats, passes, failures, pending } = JSON.parse(require("fs").readFileSync(process.argv[1]))
            const say = (word, tests) => tests.forEach(test => console.log(`${word}\t${process.argv[2]}: ${test.fullTitle}`))
            say("ok", passes); say("failed", failures); say("skipped", pending)
        ' "$3/mocha.json" "$2" 2> /dev/null || printf 'failed\t%s: did not run\n' "$2")
    as_server rm -f "$3/mocha.json"
}

run_script() { # file suite out
    local result=ok
    (cd "$(dirname "$1")/.." && as_server env "${environment[@]}" timeout 600 node "$1" > "$run/script.log" 2>&1) || result=failed
    printf '%s\t%s\n' $result "$2" | as_server tee -a "$3/results" > /dev/null
}
