#!/bin/sh
# names: authoritative DNS whose answers are signed: Knot, with each file ZONE.zone of /zones; it signs those named in SIGNED. Whoever
# has the key KEY, whose SECRET is in base64 (TSIG, RFC 8945), may change them all.
set -eu
mkdir -p /tmp/knot
{
    printf 'server:\n    listen: 0.0.0.0@53\n    rundir: /tmp/knot\n'
    printf 'database:\n    storage: /tmp/knot\n'
    printf 'log:\n  - target: stderr\n    any: warning\n'
    if [ -n "${KEY-}" ]; then
        printf 'key:\n  - id: %s\n    algorithm: hmac-sha256\n    secret: %s\n' "$KEY" "$SECRET"
        printf 'acl:\n  - id: owner\n    key: %s\n    action: [update, transfer]\n' "$KEY"
    fi
    printf 'policy:\n  - id: lab\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n'
    printf 'template:\n  - id: default\n    storage: /zones\n    file: "%%s.zone"\n    zonefile-sync: -1\n    zonefile-load: difference-no-serial\n'
    printf '    journal-content: all\n    dnssec-policy: lab\n%szone:\n' "${KEY:+    acl: owner
}"
    for zone in /zones/*.zone; do
        name=$(basename "$zone" .zone)
        case " $SIGNED " in *" $name "*) signing=on ;; *) signing=off ;; esac
        printf '  - domain: %s\n    dnssec-signing: %s\n' "$name" "$signing"
    done
} >/tmp/knot.conf
exec knotd -c /tmp/knot.conf
