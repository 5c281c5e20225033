# psycopg 3's own tests.
# shellcheck shell=bash

# shellcheck source=lib/python.sh
source "$suites_dir/lib/python.sh"

suite_prepare() {
    use_installed_postgres
    need_python_modules psycopg
    obtain_driver_source psycopg3
}

suite_run() { # label host port out
    python_environment=("PSYCOPG_TEST_DSN=host=$2 port=$3 user=postgres dbname=postgres sslmode=disable" PSYCOPG_IMPL=python "PYTHONPATH=$run/python")
    run_pytest "$4" 180 -m "not slow and not timing and not mypy and not crdb"
}
