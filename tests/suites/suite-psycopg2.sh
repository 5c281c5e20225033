# psycopg2's own tests. The environment is theirs: tests/testconfig.py.
# shellcheck shell=bash

# shellcheck source=lib/python.sh
source "$suites_dir/lib/python.sh"

suite_prepare() {
    use_installed_postgres
    need_python_modules psycopg2
    obtain_driver_source psycopg2
}

suite_run() { # label host port out
    as_server "$pg_bin/psql" -X -q -h "$run/$1" -p "$server_port" -U postgres -d postgres -c 'CREATE DATABASE psycopg2_test' \
        -c 'CREATE EXTENSION hstore' > /dev/null
    python_environment=(PSYCOPG2_TESTDB=psycopg2_test "PSYCOPG2_TESTDB_HOST=$2" "PSYCOPG2_TESTDB_PORT=$3" PSYCOPG2_TESTDB_USER=postgres
        PGSSLMODE=disable "PYTHONPATH=$run/python")
    as_server "$pg_bin/psql" -X -q -h "$run/$1" -p "$server_port" -U postgres -d psycopg2_test -c 'CREATE EXTENSION hstore' > /dev/null
    run_pytest "$4" 90
}
