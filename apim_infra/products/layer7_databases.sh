# Makes the databases of the gateways and their users, again and again the same: BASE_<n>, USER_<n> and PASSWORD_<n> for each n from 1 to COUNT.
export MYSQL_PWD="$ADMINISTRATOR_PASSWORD" HOME=/tmp
server() {
  mysql --protocol=TCP --host="$HOST" --port="$PORT" --user="$ADMINISTRATOR" --ssl-mode=REQUIRED --connect-timeout=10 --batch "$@"
}
tries=0
until echo 'SELECT 1;' | server > /dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "the database server does not answer" >&2
    exit 1
  fi
  sleep 5
done
number=1
while [ "$number" -le "$COUNT" ]; do
  eval "base=\$BASE_$number user=\$USER_$number password=\$PASSWORD_$number"
  # Statements come by standard input: a password is never an argument.
  server << SQL
CREATE DATABASE IF NOT EXISTS \`$base\` CHARACTER SET $CHARSET COLLATE $COLLATION;
CREATE USER IF NOT EXISTS '$user'@'%' IDENTIFIED BY '$password' REQUIRE SSL;
ALTER USER '$user'@'%' IDENTIFIED BY '$password' REQUIRE SSL;
GRANT ALL PRIVILEGES ON \`$base\`.* TO '$user'@'%';
SQL
  echo "database $base is ready"
  number=$((number + 1))
done
