#!/bin/sh
# zone: DNS zones of somebody's own: BIND, authoritative for each of ZONES, which takes updates (RFC 2136) signed with the key
# KEY, whose SECRET is in base64 (TSIG, RFC 8945). The name server of all is ns in the first.
set -eu
first=${ZONES%% *}
mkdir /zone
cat >/zone/named.conf <<END
options { directory "/zone"; listen-on { any; }; listen-on-v6 { none; }; pid-file none; recursion no; dnssec-validation no; };
controls { };
zone "." { type hint; file "/dev/null"; };
key "$KEY" { algorithm hmac-sha256; secret "$SECRET"; };
END
for zone in $ZONES; do
    echo "zone \"$zone\" { type primary; file \"$zone\"; update-policy { grant $KEY subdomain $zone.; }; };" >>/zone/named.conf
    cat >"/zone/$zone" <<END
\$TTL 1
@ SOA ns.$first. hostmaster.$first. 1 60 60 3600 1
@ NS ns.$first.
END
done
echo "ns A $(hostname -i)" >>"/zone/$first"
exec named -g -c /zone/named.conf
