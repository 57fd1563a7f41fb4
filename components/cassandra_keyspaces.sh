# Makes roles and keyspaces; run again, it changes what differs. Passwords are read on the node and never shown.
set -euo pipefail
umask 077
$environment HOME=/root
secret() { $fetch |
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]], end="")' "$$2"; }
administrator=$$(secret $administrator_secret password)
application=$$(secret $application_secret password)
work=$$(mktemp -d)
trap 'rm -rf "$$work"' EXIT
login() {
  cp /root/.cassandra/cqlshrc "$$work/cqlshrc"
  if [ $version = 4.0 ]; then
    printf '[authentication]\nusername = %s\npassword = %s\n' "$$1" "$$2" >>"$$work/cqlshrc"
  else
    printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$$1" "$$2" >"$$work/credentials"
    printf '[auth_provider]\nmodule = cassandra.auth\nclassname = PlainTextAuthProvider\n[authentication]\ncredentials = %s\n' \
      "$$work/credentials" >>"$$work/cqlshrc"
  fi
}
cql() { cqlsh --cqlshrc "$$work/cqlshrc" --file "$$1"; }
login $administrator_name "$$administrator"
echo 'SELECT now() FROM system.local;' >"$$work/probe"
if ! cql "$$work/probe" >/dev/null 2>&1; then
  # A new ring knows one role, whose password everybody knows.
  login cassandra cassandra
  cat >"$$work/first" <<CQL
ALTER KEYSPACE system_auth WITH replication = $replication;
CREATE ROLE IF NOT EXISTS $administrator_name WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '$$administrator';
CQL
  cql "$$work/first"
  login $administrator_name "$$administrator"
fi
cat >"$$work/roles" <<CQL
ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false;
CREATE ROLE IF NOT EXISTS $application_name WITH LOGIN = true AND PASSWORD = '$$application';
ALTER ROLE $application_name WITH PASSWORD = '$$application';
$statements
CQL
cql "$$work/roles"
