#!/bin/sh
# serve: PostgreSQL on a disk that nobody waits for. Its words sort as people's do, not as bytes.
# PASSWORD is that of the user mailstead, who owns the database of the same name and may make others; NAME is in the certificate.
set -eu
PATH="$PATH:$(echo /usr/lib/postgresql/*/bin)"
data=/var/lib/postgresql/data
if ! [ -e "$data/PG_VERSION" ]; then
    initdb --pgdata "$data" --auth-local trust --no-sync --encoding UTF8 --locale-provider icu --icu-locale en >/dev/null
    echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$NAME" \
        -addext "subjectAltName=DNS:$NAME" -keyout "$data/server.key" -out "$data/server.crt" 2>/dev/null
    printf '%s\n' "CREATE ROLE mailstead LOGIN CREATEDB PASSWORD '$PASSWORD';" 'CREATE DATABASE mailstead OWNER mailstead;' |
        while read -r statement; do echo "$statement" | postgres --single -D "$data" postgres >/dev/null; done
fi
exec postgres -D "$data" -c listen_addresses='*' -c ssl=on -c fsync=off -c full_page_writes=off -c synchronous_commit=off
