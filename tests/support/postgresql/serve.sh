#!/bin/sh
# serve: PostgreSQL on a disk that nobody waits for. Its words sort as people's do, not as bytes.
# PASSWORD is that of the user mailstead, who owns the database of the same name; CERTIFICATE is a key and a certificate in PEM.
set -eu
PATH="$PATH:$(echo /usr/lib/postgresql/*/bin)"
data=/var/lib/postgresql/data
if ! [ -e "$data/PG_VERSION" ]; then
    initdb --pgdata "$data" --auth-local trust --no-sync --encoding UTF8 --locale-provider icu --icu-locale en >/dev/null
    echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
    (umask 077 && echo "$CERTIFICATE" >"$data/server.pem")
    printf '%s\n' "CREATE ROLE mailstead LOGIN PASSWORD '$PASSWORD';" 'CREATE DATABASE mailstead OWNER mailstead;' |
        while read -r statement; do echo "$statement" | postgres --single -D "$data" postgres >/dev/null; done
fi
exec postgres -D "$data" -c listen_addresses='*' -c ssl=on -c ssl_cert_file=server.pem -c ssl_key_file=server.pem \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off
