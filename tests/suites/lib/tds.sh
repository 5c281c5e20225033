# Suites of TDS clients. No server for them can be obtained from a registry: one that listens already is named with --server-port,
# be it SQL Server or Babelfish for PostgreSQL, and serves both runs, each in a database that is made anew. $TDS_USER and
# $TDS_PASSWORD are its login; with $TDS_CATALOG_USER the gateway reads the catalog with that login instead of the suite's own session.
# shellcheck shell=bash

suite_protocol=tds
tds_user=${TDS_USER:-sa}
tds_password=${TDS_PASSWORD:-}
tds_database=wireproxy_suite
catalog_user=${TDS_CATALOG_USER:-}
catalog_password=$tds_password

use_tds_server() {
    need tsql
    [ -n "$server_port_wanted" ] || skip "no TDS server: --server-port N names one on 127.0.0.1, \$TDS_USER (sa) and \$TDS_PASSWORD its login"
    [ -n "$(ss -Hltn "sport = :$server_port_wanted")" ] || skip "nothing listens on port $server_port_wanted"
    [ -n "$tds_password" ] || skip "\$TDS_PASSWORD is not set"
}

# Sets server_port. What it reads on stdin is for PostgreSQL's suites.
start_server() { # label
    local sql
    cat > /dev/null
    server_port=$server_port_wanted
    as_server mkdir -p "$run/$1"
    freetds_conf "$server_port" > "$run/$1/server.conf"
    for sql in "drop database $tds_database" "create database $tds_database"; do
        printf '%s\ngo\n' "$sql" | FREETDSCONF=$run/$1/server.conf FREETDS=$run/$1/server.conf timeout 120 \
            tsql -S server -U "$tds_user" -P "$tds_password" -D master > "$run/$1/database.log" 2>&1 || true
    done
    if grep -q 'severity 1[1-9]' "$run/$1/database.log"; then
        say "no database $tds_database: $(grep -A 1 severity "$run/$1/database.log" | tail -1)"; return 1
    fi
}

stop_server() { :; }

# A configuration for FreeTDS with one server, named server.
freetds_conf() { # port
    cat <<-CONF
	[global]
	  tds version = ${TDS_VERSION:-7.4}
	  client charset = UTF-8
	  text size = 64512000
	[server]
	  host = 127.0.0.1
	  port = $1
	CONF
}
