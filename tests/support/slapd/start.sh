#!/bin/sh
# start.sh: slapd with what stands in /shared: server.pem (key and certificate), data.ldif (read once), limits.conf.
set -eu
if [ ! -e /data/data.mdb ]; then
    mkdir -p /data
    slapadd -q -f /slapd/slapd.conf -l /shared/data.ldif
fi
exec slapd -d none -f /slapd/slapd.conf -h "ldap:/// ldaps:/// ldapi://%2Frun%2Fldapi"
