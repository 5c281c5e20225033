# tedious' integration tests against a running server. --source names its tree, in which npm has installed what the tests need.
# shellcheck shell=bash

# shellcheck source=lib/tds.sh
source "$suites_dir/lib/tds.sh"

# Seconds that a file may take.
tedious_patience=300

suite_prepare() {
    use_tds_server
    need node
    [ -n "$suite_source" ] || skip "--source DIR names tedious' source with its node_modules, which the package on npm has no tests of"
    [ -x "$suite_source/node_modules/.bin/mocha" ] || skip "$suite_source has no mocha: npm ci"
}

suite_run() { # label host port out
    local out=$4 tree=$run/$1/tedious file name
    mkdir -p "$tree"
    cp -r "$suite_source/src" "$suite_source/test" "$suite_source/package.json" "$suite_source"/tsconfig*.json "$tree/"
    ln -s "$suite_source/node_modules" "$tree/node_modules"
    tedious_config "$2" "$3" > "$tree/test/config.ts"
    for file in "$tree"/test/integration/*-test.ts "$tree"/test/integration/*/*-test.ts; do
        [ -e "$file" ] || continue
        name=${file#"$tree/test/integration/"}
        rm -f "$run/report.json"
        (
            cd "$tree"
            SUITE_PASSWORD=$tds_password timeout --kill-after 5 "$tedious_patience" node_modules/.bin/mocha --exit \
                --reporter json --reporter-option "output=$run/report.json" "$file"
        ) > "$run/mocha.log" 2>&1 < /dev/null || true
        if [ -s "$run/report.json" ]; then
            /usr/bin/python3 "$suites_dir/lib/mocha_results.py" "$run/report.json" "$name"
            cp "$run/report.json" "$out/$(basename "$name").json"
        else
            printf 'failed\t%s: ended without a report\n' "$name"
            { echo "== $name"; tail -c 2000 "$run/mocha.log"; } >> "$out/details"
        fi >> "$out/results"
    done
    rm -rf "$tree"
}

tedious_config() { # host port
    cat <<-CONF
	export default {
	  server: '$1',
	  authentication: { type: 'default', options: { userName: '$tds_user', password: process.env.SUITE_PASSWORD } },
	  options: { port: $2, database: '$tds_database', encrypt: false, trustServerCertificate: true },
	} as any;
	CONF
}
