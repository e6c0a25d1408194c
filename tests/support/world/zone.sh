#!/bin/sh
# zone: a DNS zone of somebody's own: BIND, authoritative for ZONE, which takes updates of TXT records (RFC 2136) signed with
# the key KEY, whose SECRET is in base64 (TSIG, RFC 8945).
set -eu
mkdir /zone
cat >/zone/named.conf <<END
options { directory "/zone"; listen-on { any; }; listen-on-v6 { none; }; pid-file none; recursion no; dnssec-validation no; };
controls { };
zone "." { type hint; file "/dev/null"; };
key "$KEY" { algorithm hmac-sha256; secret "$SECRET"; };
zone "$ZONE" { type primary; file "records"; update-policy { grant $KEY subdomain $ZONE. TXT; }; };
END
cat >/zone/records <<END
\$TTL 1
@ SOA ns.$ZONE. hostmaster.$ZONE. 1 60 60 3600 1
@ NS ns
ns A $(hostname -i)
END
exec named -g -c /zone/named.conf
