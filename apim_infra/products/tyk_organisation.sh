# Makes one organisation of the dashboard and its first administrator, and the first administrator of its portal, if it has one. What is there already stays as it is.
# DASHBOARD and PORTAL are addresses; ID, NAME, HYBRID say what the organisation is; ADMIN_SECRET, EMAIL and PASSWORD are secret; AUTHORITY is who signed the servers' certificates.
printf '%s\n' "$AUTHORITY" > /tmp/authority.crt
umask 077
# Headers and bodies with secrets go by files: the arguments of a process can be read by others on its node.
printf 'header = "admin-auth: %s"\n' "$ADMIN_SECRET" > /tmp/administration
call() { # method, address, configuration, body; prints the status, the answer is in /tmp/answer
  curl --silent --show-error --cacert /tmp/authority.crt --config "$3" --request "$1" --header 'Content-Type: application/json' \
    ${4:+--data "@$4"} --output /tmp/answer --write-out '%{http_code}' "$2"
}
wait_for() {
  tries=0
  until curl --silent --fail --cacert /tmp/authority.crt --output /dev/null "$1"; do
    tries=$((tries + 1))
    [ "$tries" -lt 80 ] || { echo "$1 does not answer"; exit 1; }
    sleep 10
  done
}
refused() { echo "$1: $2"; exit 1; }
: > /tmp/nothing
wait_for "$DASHBOARD/hello"
status=$(call GET "$DASHBOARD/admin/organisations/$ID" /tmp/administration)
if [ "$status" != 200 ]; then
  printf '{"id":"%s","owner_name":"%s","owner_slug":"%s","cname_enabled":true,"cname":"","hybrid_enabled":%s}' "$ID" "$NAME" "$NAME" "$HYBRID" > /tmp/organisation
  status=$(call POST "$DASHBOARD/admin/organisations/import" /tmp/administration /tmp/organisation)
  case "$status" in 2??) echo "organisation $NAME is made" ;; *) refused "organisation $NAME" "$status" ;; esac
fi
printf '{"first_name":"%s","last_name":"administrator","email_address":"%s","password":"%s","active":true,"org_id":"%s","user_permissions":{"IsAdmin":"admin"}}' \
  "$NAME" "$EMAIL" "$PASSWORD" "$ID" > /tmp/user
status=$(call POST "$DASHBOARD/admin/users" /tmp/administration /tmp/user)
case "$status" in
  2??) echo "administrator of $NAME is made" ;;
  *) grep --quiet --ignore-case 'exist\|in use\|taken' /tmp/answer || refused "administrator of $NAME" "$status" ;;
esac
if [ -n "${PORTAL:-}" ]; then
  wait_for "$PORTAL/ready"
  printf '{"username":"%s","password":"%s","first_name":"%s","last_name":"administrator"}' "$EMAIL" "$PASSWORD" "$NAME" > /tmp/first
  status=$(call POST "$PORTAL/portal-api/bootstrap" /tmp/nothing /tmp/first)
  case "$status" in
    2??) echo "portal of $NAME has its first administrator" ;;
    *) grep --quiet --ignore-case 'already\|bootstrapped\|exist' /tmp/answer || refused "portal of $NAME" "$status" ;;
  esac
fi
