# FreeTDS's own unit tests: of libtds, db-lib, ct-lib and ODBC, each a program. --source names a tree in which they are built
# (cmake: the target check).
# shellcheck shell=bash

# shellcheck source=lib/tds.sh
source "$suites_dir/lib/tds.sh"

# Seconds that a program may take.
freetds_patience=90

suite_prepare() {
    use_tds_server
    [ -n "$suite_source" ] || skip "--source DIR names a tree in which FreeTDS's unit tests are built"
    freetds_programs > /dev/null || skip "no unit tests are built in $suite_source"
}

# Lines of library<TAB>path.
freetds_programs() {
    local library found=
    for library in tds dblib ctlib odbc; do
        while read -r program; do
            printf '%s\t%s\n' "$library" "$program"
            found=1
        done < <(find "$suite_source" -path "*/src/$library/unittests/*" -maxdepth 6 -type f -executable ! -name '*.so*' ! -name '*.sh' \
            ! -path '*/CMakeFiles/*' ! -name '*.pl' | sort)
    done
    [ -n "$found" ]
}

suite_run() { # label host port out
    local library program name status out=$4
    freetds_conf "$3" > "$out/freetds.conf"
    printf 'UID=%s\nPWD=%s\nSRV=server\nDB=%s\n' "$tds_user" "$tds_password" "$tds_database" > "$out/PWD"
    chmod 600 "$out/PWD"
    while IFS=$'\t' read -r library program; do
        name=$library.${program##*/}
        [ -z "$quick" ] || [ "$library" != odbc ] || continue
        status=0
        (
            cd "$(dirname "$program")"
            FREETDSCONF=$out/freetds.conf FREETDS=$out/freetds.conf TDSPWDFILE=$out/PWD \
                timeout --kill-after 5 "$freetds_patience" "./${program##*/}" < /dev/null
        ) > "$run/program.log" 2>&1 || status=$?
        case $status in
            0) printf 'ok\t%s\n' "$name" ;;
            77) printf 'skipped\t%s\n' "$name" ;;
            *) printf 'failed\t%s\n' "$name"
                { echo "== $name ($status)"; tail -c 2000 "$run/program.log"; } >> "$out/details" ;;
        esac >> "$out/results"
        mkdir -p "$out/logs"
        cp "$run/program.log" "$out/logs/$name"
    done < <(freetds_programs)
    rm -f "$out/PWD"
}
