#!/bin/sh
# outside: a second MTA, Debian's Postfix as plain as it goes, that keeps all mail for outside.test in one Maildir.
# OWNER is the numeric user its files shall belong to.
set -eu
postconf -e \
    'compatibility_level = 3.10' \
    'myhostname = mx.outside.test' \
    'mydestination =' \
    'mynetworks = 0.0.0.0/0' \
    'virtual_mailbox_domains = outside.test' \
    'virtual_mailbox_base = /kept' \
    'virtual_mailbox_maps = static:everyone/' \
    "virtual_uid_maps = static:$OWNER" \
    "virtual_gid_maps = static:$OWNER" \
    'message_size_limit = 104857600' \
    'virtual_mailbox_limit = 0' \
    'smtp_tls_security_level = may' \
    'maillog_file = /dev/stdout'
# Postfix waits for a main.cf younger than a second to settle.
touch -d '1 minute ago' /etc/postfix/main.cf
exec postfix start-fg
