# PostgreSQL's own source, and server, psql and test programs of exactly that version.
# shellcheck shell=bash
#
# The distribution's mirror serves the source of some 15.x, which need not be the installed one. The suite wants server, source
# and psql of one version, so that the packages of the source's version are unpacked (not installed) next to it.

debian_version=15
pg_cache=$cache/postgresql-$debian_version

# apt with private lists and private sources: the machine's configuration is neither used for sources nor changed.
private_apt() {
    local apt=$cache/apt tool=$1
    shift
    if [ ! -s "$apt/sources.list" ]; then
        mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
        # shellcheck disable=SC2016
        apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
            while read -r origin uri _ release component; do
                [ "$origin" = Debian ] || continue
                echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
                echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
            done > "$apt/sources.list.new"
        mv "$apt/sources.list.new" "$apt/sources.list"
        [ -s "$apt/sources.list" ] || { rm -f "$apt/sources.list"; skip "no Debian package source is configured on this machine"; }
    fi
    "$tool" -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists" \
        -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o Acquire::Retries=2 "$@"
}

private_apt_update() {
    need apt-get dpkg-deb
    local stamp=$cache/apt/updated
    if [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then return; fi
    private_apt apt-get update -qq >&2 || skip "the package lists cannot be fetched"
    touch "$stamp"
}

# The installed server, for suites that bring no source that has to match it. Sets pg_bin.
use_installed_postgres() {
    pg_bin=/usr/lib/postgresql/$debian_version/bin
    [ -x "$pg_bin/postgres" ] || skip "PostgreSQL $debian_version is not installed"
}

# Downloads a source package's files, checked by apt against the signed lists, into a directory. Fails where the mirror
# does not serve them.
source_package() { # package[=version] directory
    mkdir -p "$2"
    (cd "$2" && private_apt apt-get source --download-only -qq "$1" > "$cache/apt/source.log" 2>&1)
}

# Leaves $pg_cache/$version with source/ and root/, and sets pg_source, pg_root, pg_bin, pg_tests (pg_regress and friends).
obtain_postgres() {
    mkdir -p "$pg_cache"
    # Two runs at once must not unpack over each other.
    exec {lock}> "$cache/lock"
    flock "$lock"
    if [ ! -e "$pg_cache/ready" ]; then
        need gcc tar
        private_apt_update
        local versions version
        versions=$(private_apt apt-cache showsrc "postgresql-$debian_version" | sed -n 's/^Version: //p' | sort -rV)
        for version in $versions; do
            say "trying the source of postgresql $version"
            if source_package "postgresql-$debian_version=$version" "$pg_cache/download" && unpack_postgres "$version"; then
                break
            fi
            say "not served: $(grep -m 1 '^E: Failed to fetch' "$cache/apt/source.log" || tail -1 "$cache/apt/source.log")"
        done
        [ -e "$pg_cache/ready" ] || skip "the mirror serves the source of no PostgreSQL $debian_version (of: $(echo $versions))"
    fi
    exec {lock}>&-
    local base
    base=$pg_cache/$(cat "$pg_cache/ready")
    pg_source=$base/source pg_root=$base/root
    pg_bin=$pg_root/usr/lib/postgresql/$debian_version/bin
    pg_tests=$pg_root/usr/lib/postgresql/$debian_version/lib/pgxs/src/test
    export LD_LIBRARY_PATH=$pg_root/usr/lib/x86_64-linux-gnu
}

unpack_postgres() { # Debian's version
    local version=$1 upstream=${1%%-*} package download=$pg_cache/download base=$pg_cache/$1
    rm -rf "$base"
    mkdir -p "$base/root"
    for package in postgresql-$debian_version postgresql-client-$debian_version postgresql-server-dev-$debian_version libpq5 libpq-dev
    do
        (cd "$download" && private_apt apt-get download -qq "$package=$version" > "$cache/apt/source.log" 2>&1) || return 1
        dpkg-deb -x "$download/${package}_${version}"_*.deb "$base/root"
    done
    tar -xjf "$download/postgresql-${debian_version}_$upstream.orig.tar.bz2" -C "$base" \
        "postgresql-$upstream/src/test" "postgresql-$upstream/src/pl/plpgsql" "postgresql-$upstream/src/interfaces/libpq"
    mv "$base/postgresql-$upstream" "$base/source"
    build_postgres_tests "$base" || return 1
    chmod -R a+rX "$pg_cache"
    rm -rf "$download"
    echo "$version" > "$pg_cache/ready"
}

# The two things that no package brings compiled: the regression suite's C functions, and libpq's pipeline tester.
build_postgres_tests() { # base
    local source=$1/source root=$1/root lib=$1/root/usr/lib/postgresql/$debian_version/lib
    local include=$1/root/usr/include/postgresql
    mkdir -p "$1/root/dl"
    gcc -O2 -fPIC -shared "-I$include/$debian_version/server" -o "$root/dl/regress.so" "$source/src/test/regress/regress.c" &&
        cp "$lib/refint.so" "$lib/autoinc.so" "$root/dl/" &&
        gcc -O2 "-I$include" "-I$include/internal" "-I$include/$debian_version/server" -o "$root/dl/libpq_pipeline" \
            "$source/src/test/modules/libpq_pipeline/libpq_pipeline.c" \
            "-L$lib" "-L$root/usr/lib/x86_64-linux-gnu" -lpgcommon -lpgport -lpq
}

# Starts a private cluster: superuser postgres, trust, loopback. Sets server_port. Further lines of configuration on stdin.
start_server() { # label
    local data=$run/$1/data
    as_server mkdir -p "$run/$1"
    server_port=${server_port_wanted:-$(free_port)}
    as_server "$pg_bin/initdb" -D "$data" -U postgres -A trust --no-locale -E UTF8 --no-sync > "$run/$1/initdb.log" 2>&1 || {
        say "initdb failed"; cat "$run/$1/initdb.log" >&2; return 1
    }
    { # Nothing here survives a crash, nor has to.
        cat <<-CONF
		port = $server_port
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$run/$1'
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		max_connections = ${server_connections:-200}
		max_prepared_transactions = 4
		wal_level = logical
		CONF
        cat
    } | as_server tee -a "$data/postgresql.conf" > /dev/null
    as_server "$pg_bin/pg_ctl" -D "$data" -l "$run/$1/server.log" -w start > /dev/null || {
        say "the server did not start"; tail -5 "$run/$1/server.log" >&2; return 1
    }
    cleanups+=("stop_server $1")
}

stop_server() { # label
    [ ! -e "$run/$1/data/postmaster.pid" ] || as_server "$pg_bin/pg_ctl" -D "$run/$1/data" -m immediate stop > /dev/null 2>&1
}
