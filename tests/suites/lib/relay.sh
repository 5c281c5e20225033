# What stands between the suite and the server: the gateway, or a plain relay to compare with.
# shellcheck shell=bash

# Sets relay_port for a relay of the given kind in front of the given port.
start_relay() { # kind upstream-port directory
    local kind=$1 upstream=$2 directory=$3
    relay_port=$(free_port)
    mkdir -p "$directory"
    case $kind in
        port:*) relay_port=${kind#port:}; return ;;
        haproxy) need haproxy; haproxy_config "$upstream" > "$directory/haproxy.cfg"
            haproxy -db -f "$directory/haproxy.cfg" > "$directory/relay.log" 2>&1 & ;;
        socat) need socat
            socat "TCP-LISTEN:$relay_port,bind=127.0.0.1,reuseaddr,fork,backlog=256" "TCP:127.0.0.1:$upstream" \
                > "$directory/relay.log" 2>&1 & ;;
        wireproxy | wireproxy-journal | wireproxy-policy)
            gateway_config "$kind" "$upstream" "$directory" > "$directory/gateway.yaml"
            SUITE_CATALOG_PASSWORD=${catalog_password:-unused} "$(gateway_program)" serve --config "$directory/gateway.yaml" > "$directory/relay.log" 2>&1 & ;;
        *) usage_error "--relay takes wireproxy, wireproxy-journal, wireproxy-policy, haproxy, socat or port:N, not $kind" ;;
    esac
    relay_pid=$!
    started+=("$relay_pid")
    wait_for_port "$relay_port" 120 || { tail -20 "$directory/relay.log" >&2; return 1; }
}

haproxy_config() { # upstream-port
    cat <<-CONF
	global
	  maxconn 5000
	defaults
	  mode tcp
	  timeout connect 5s
	  timeout client 1h
	  timeout server 1h
	frontend suite
	  bind 127.0.0.1:$relay_port
	  default_backend server
	backend server
	  server one 127.0.0.1:$1
	CONF
}

gateway_program() {
    local found
    if [ -n "${WIREPROXY:-}" ]; then echo "$WIREPROXY"; return; fi
    # shellcheck disable=SC2012
    found=$(ls -t "$repository"/src/WireProxy.Cli/bin/*/net10.0/wireproxy 2>/dev/null | head -1)
    [ -n "$found" ] || { say "wireproxy is not built: dotnet build src/WireProxy.Cli"; return 1; }
    echo "$found"
}

# wireproxy: no policy, transparent. -journal: everything recorded as well. -policy: every statement analysed, judged by a rule
# that matches none of the suite's, with a protected column that none of them touches (or those of suite_protects), and recorded.
gateway_config() { # kind upstream-port directory
    cat <<-CONF
	listeners:
	  - name: suite
	    protocol: ${suite_protocol:-postgres}
	    address: 127.0.0.1:$relay_port
	    upstream:
	      address: 127.0.0.1:$2
	      tls: { mode: disable }
	CONF
    # Without it the sessions of the suite read the catalog themselves.
    if [ "${catalog_user=postgres}" ]; then
        printf '      catalog: { username: "%s", password: { env: SUITE_CATALOG_PASSWORD } }\n' "$catalog_user"
    fi
    case $1 in
        wireproxy-journal | wireproxy-policy)
            "$(gateway_program)" keys new "$3/signing" > /dev/null 2>&1 || true
            printf 'journal:\n  directory: %s\n  durability: batched\n' "$3/journal"
            if [ -s "$3/signing.pem" ]; then printf '  signing_key: %s\n' "$3/signing.pem"; fi ;;
    esac
    if [ "$1" = wireproxy-policy ]; then
        cat > "$3/policy.yaml" <<-POLICY
		version: 1
		protect:
		  - columns: [${suite_protects:-nowhere.nothing.never, ward_of_nobody.patients.full_name, ward_of_nobody.patients.ssn}]
		    mask: redact
		unparsed: block
		rules:
		  - name: never
		    when: { statement: [DROP DATABASE], users: [nobody-at-all] }
		    then: block
		    message: This rule matches nobody.
		POLICY
        echo "policy: $3/policy.yaml"
    fi
}
