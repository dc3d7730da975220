#!/bin/sh
# Makes the users of users.sql on a server and tries, as the analyst, what must be refused.
#
#   CLICKHOUSE=http://localhost:8123 ADMIN=default:secret WRITER_PASSWORD=... ANALYST_PASSWORD=... ./users.sh
#
# Passwords are letters and digits: they go into SQL as they are.
set -eu
cd "$(dirname "$0")"
: "${CLICKHOUSE:?the address of the server, such as http://localhost:8123}" "${ADMIN:?user:password of an administrator}"
: "${WRITER_PASSWORD:?}" "${ANALYST_PASSWORD:?}"
case "$WRITER_PASSWORD$ANALYST_PASSWORD" in *[!A-Za-z0-9]*) echo "letters and digits only in passwords" >&2; exit 2 ;; esac

sed -e '/^--/d' -e "s/WRITER_PASSWORD/$WRITER_PASSWORD/; s/ANALYST_PASSWORD/$ANALYST_PASSWORD/" users.sql | tr '\n' ' ' | tr ';' '\n' |
while read -r statement; do
    [ -z "$statement" ] || printf '%s' "$statement" | curl -sS --fail-with-body -u "$ADMIN" "$CLICKHOUSE/" --data-binary @-
done

failed=0
try() { # try WANT STATEMENT: WANT is "ok" or error codes, any of which is right
    code=$(printf '%s' "$2" | curl -sS -o /dev/null -D - -u "analyst:$ANALYST_PASSWORD" "$CLICKHOUSE/" --data-binary @- |
        tr -d '\r' | awk -F': ' 'tolower($1) == "x-clickhouse-exception-code" { print $2 }')
    case " $1 " in
    *" ${code:-ok} "*) ;;
    *) echo "wanted $1, got ${code:-ok}: $2" >&2; failed=1 ;;
    esac
}
try ok "SELECT 1"
try ok "SHOW TABLES FROM rolescope"
try "164 497" "CREATE TABLE rolescope.x (a Int8) ENGINE = Memory"
try "164 497" "INSERT INTO FUNCTION file('x.csv') SELECT 1"
try "164 497" "DROP DATABASE rolescope"
try "164 497" "SELECT * FROM file('/etc/passwd', LineAsString)"
try "164 497" "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)"
try "164 497" "SELECT * FROM remote('127.0.0.1', system.one)"
try "164 497" "SELECT * FROM (SELECT * FROM url('http://127.0.0.1:1/', LineAsString) SETTINGS readonly = 0)"
try "164 497" "SELECT 1 SETTINGS readonly = 0"
try "164 452" "SELECT 1 SETTINGS max_execution_time = 0"
try "497" "SELECT * FROM system.query_log"
try "497" "SHOW USERS"
try "164 497" "KILL QUERY WHERE 1"
try "164 497" "SYSTEM SHUTDOWN"
try "158" "SELECT max(sipHash64(number)) FROM numbers(1000000000000)"
try "241" "SELECT groupArray(number) FROM numbers(900000000)"
[ "$failed" = 0 ] && echo "users made; the analyst was refused what it should be"
exit "$failed"
