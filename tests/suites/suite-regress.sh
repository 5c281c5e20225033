# PostgreSQL's regression suite, src/test/regress, with its own parallel schedule, and PL/pgSQL's.
# shellcheck shell=bash

suite_prepare() { obtain_postgres; }

# A policy protects something only where it is there: the databases that the suite makes have it from their template. It is there
# directly as well, so that what lists all tables lists it both times.
server_script() {
    [ "$relay" = wireproxy-policy ] || return 0
    cat <<-'SQL'
	ALTER DATABASE template0 ALLOW_CONNECTIONS true;
	\connect template0
	CREATE SCHEMA ward_of_nobody;
	CREATE TABLE ward_of_nobody.patients (id int PRIMARY KEY, full_name text, ssn text);
	INSERT INTO ward_of_nobody.patients VALUES (1, 'Invented Person', '000-00-0000');
	\connect postgres
	ALTER DATABASE template0 ALLOW_CONNECTIONS false;
	SQL
}

# Turns pg_regress's lines ("test x ... ok 12 ms", "     x ... FAILED") into results.
regress_results() { # log
    sed -nE 's/^(test +| {5})([A-Za-z0-9_.-]+) +\.\.\. (ok|FAILED|failed \(ignored\)).*/\3\t\2/p' "$1" |
        sed -E 's/^FAILED/failed/; s/^failed \(ignored\)/failed/'
}

run_pg_regress() { # program inputdir name options... (tests)
    local program=$1 input=$2 name=$3
    shift 3
    as_server mkdir -p "$out_dir/$name"
    # pg_regress writes to the current directory, and its exit code only repeats what the results say.
    (cd "$out_dir/$name" && as_server timeout 1500 "$program" --inputdir="$input" --outputdir="$out_dir/$name" --bindir="$pg_bin" \
        --dlpath="$pg_root/dl" --host="$test_host" --port="$test_port" --user=postgres "$@" > "$run/$name.log" 2>&1) || true
    regress_results "$run/$name.log" > "$run/$name.results"
    [ -s "$run/$name.results" ] || { say "pg_regress ran no test:"; tail -5 "$run/$name.log" >&2; return 1; }
    as_server tee -a "$out_dir/results" < "$run/$name.results" > /dev/null
    if [ -s "$out_dir/$name/regression.diffs" ]; then
        as_server tee -a "$out_dir/details" < "$out_dir/$name/regression.diffs" > /dev/null
    fi
}

# The first test fills the tables from files of the server. What is in a file nobody can know, so that a policy refuses it; it runs
# directly, and all others, which need its tables, through the relay.
run_after_setup() { # label host port out
    local through=$test_port
    grep -v '^test: test_setup$' "$pg_source/src/test/regress/parallel_schedule" | as_server tee "$out_dir/schedule" > /dev/null
    test_port=$server_port
    run_pg_regress "$pg_tests/regress/pg_regress" "$pg_source/src/test/regress" setup test_setup
    test_port=$through
    # One test at a time: while another session changes the catalog, what a function says is withheld.
    run_pg_regress "$pg_tests/regress/pg_regress" "$pg_source/src/test/regress" core --use-existing \
        --schedule="$out_dir/schedule" --max-connections=1
}

suite_run() { # label host port out
    local test_host=$2 test_port=$3 out_dir=$4
    if [ "$relay" = wireproxy-policy ]; then
        run_after_setup "$@"
    else
        run_pg_regress "$pg_tests/regress/pg_regress" "$pg_source/src/test/regress" core \
            --schedule="$pg_source/src/test/regress/parallel_schedule" --max-connections=20
    fi
    # shellcheck disable=SC2046
    run_pg_regress "$pg_tests/regress/pg_regress" "$pg_source/src/pl/plpgsql/src" plpgsql --dbname=pl_regression \
        $(cd "$pg_source/src/pl/plpgsql/src/sql" && ls -- *.sql | sed 's/\.sql$//')
}
