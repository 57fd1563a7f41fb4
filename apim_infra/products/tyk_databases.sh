# Makes a role and a database of the same name for each of $DATABASES, whose password is in PASSWORD_<name>. Nobody else may connect to it.
# PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD and PGSSLMODE say where and as whom; AUTHORITY holds the server's authority, if one is given.
if [ -n "${AUTHORITY:-}" ]; then
  printf '%s\n' "$AUTHORITY" > /tmp/authority.crt
  export PGSSLROOTCERT=/tmp/authority.crt
elif [ "$PGSSLMODE" = verify-full ]; then
  export PGSSLROOTCERT=system
fi
tries=0
until psql --no-psqlrc --quiet --command 'SELECT 1' > /dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "PostgreSQL at $PGHOST:$PGPORT does not answer"; exit 1; }
  sleep 10
done
for name in $DATABASES; do
  # Passwords come by the environment: neither the arguments of a process nor its output show them.
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<SQL
\getenv password PASSWORD_$name
SELECT 'CREATE ROLE "$name" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$name') \gexec
ALTER ROLE "$name" WITH LOGIN PASSWORD :'password';
GRANT "$name" TO CURRENT_USER;
SELECT 'CREATE DATABASE "$name" OWNER "$name"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$name') \gexec
REVOKE CONNECT ON DATABASE "$name" FROM PUBLIC;
GRANT CONNECT ON DATABASE "$name" TO "$name";
SQL
  echo "database $name is there"
done
