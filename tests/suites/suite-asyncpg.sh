# asyncpg's own tests, against a running server (tests start a cluster of their own unless PGHOST is set).
# shellcheck shell=bash

# shellcheck source=lib/python.sh
source "$suites_dir/lib/python.sh"

suite_prepare() {
    use_installed_postgres
    need_python_modules asyncpg
    obtain_driver_source asyncpg
}

suite_run() { # label host port out
    python_environment=("PGHOST=$2" "PGPORT=$3" PGUSER=postgres PGDATABASE=postgres PGSSLMODE=disable "PYTHONPATH=$run/python")
    # These start clusters of their own, or look at asyncpg's files.
    python_left_out="test__environment.py test__sourcecode.py"
    run_pytest "$4" 120
}
