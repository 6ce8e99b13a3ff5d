# A PostgreSQL cluster of its own, for as long as standard input is open: whatever becomes of whoever holds it, nothing
# stays behind. Prints the address for tests when it listens, and the folder with its socket, log and data.
#
# Arguments: the folder of PostgreSQL's programs, or nothing where they are on PATH; a port that is free.
#
# Only the user it runs as may enter the folder with its socket. On 127.0.0.1 are two users with one random password:
# `lanekeeper`, who may make databases and is bound by row-level security as in production; and `auditor`, who sees every
# row of what `lanekeeper` has made.
set -eu
PATH="$1:$PATH"
port=$2

cd /
folder=$(mktemp -d "${TMPDIR:-/tmp}/lanekeeper-postgres-XXXXXX")
data="$folder/data"
log="$folder/log"
: >"$log"

clean() {
    status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    pg_ctl --pgdata="$data" --mode=immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap clean EXIT

initdb --pgdata="$data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
    --auth-local=trust --auth-host=scram-sha-256 >>"$log" 2>&1

# A certificate for localhost, from an authority of its own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=Tests" \
    -keyout "$folder/authority.key" -out "$data/authority.crt" >>"$log" 2>&1
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$data/server.key" -out "$folder/server.csr" >>"$log" 2>&1
printf 'subjectAltName = DNS:localhost\nbasicConstraints = CA:FALSE\n' >"$folder/server.ext"
openssl x509 -req -in "$folder/server.csr" -days 2 -extfile "$folder/server.ext" -CAcreateserial \
    -CA "$data/authority.crt" -CAkey "$folder/authority.key" -out "$data/server.crt" >>"$log" 2>&1

# As in production: what is committed is on disk.
cat >>"$data/postgresql.conf" <<SETTINGS
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
max_connections = 300
shared_buffers = 128MB
max_wal_size = 512MB
fsync = on
synchronous_commit = on
ssl = on
SETTINGS
pg_ctl --pgdata="$data" --log="$log" --wait start >>"$log" 2>&1

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
psql --host="$folder" --port="$port" --username=postgres --dbname=postgres --no-psqlrc --quiet \
    --set=ON_ERROR_STOP=1 >>"$log" 2>&1 <<USERS
create role lanekeeper login createdb password '$password';
create role auditor login createdb bypassrls in role lanekeeper, pg_signal_backend password '$password';
grant pg_read_server_files, pg_read_all_settings to auditor;
USERS

echo "postgres://lanekeeper:$password@127.0.0.1:$port/postgres"
echo "$folder"
cat >/dev/null
