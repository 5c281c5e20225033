# python3-tds's own tests against a running server. --source names its tree; the driver of that tree is the one that is tried.
# shellcheck shell=bash

# shellcheck source=lib/tds.sh
source "$suites_dir/lib/tds.sh"
# shellcheck source=lib/python.sh
source "$suites_dir/lib/python.sh"

suite_prepare() {
    use_tds_server
    need_python_modules six
    [ -n "$suite_source" ] || skip "--source DIR names the source of python-tds, which Debian's mirror serves under no name of its own"
    driver_source=$suite_source
}

suite_run() { # label host port out
    # Their settings know no port.
    python_environment=("HOST=$2" "SUITE_PORT=$3" "DATABASE=$tds_database" "SQLUSER=$tds_user" "SQLPASSWORD=$tds_password"
        "PYTHONPATH=$run/python/tests:$suites_dir/lib:$suite_source:$suite_source/src")
    python_pattern='*_test.py'
    python_left_out="all_test.py"
    run_pytest "$4" 240 -p pytds_port
}
