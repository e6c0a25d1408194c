# For the keeper: which letter teaches what (lessons.py).
require ["environment", "imapsieve", "variables", "vnd.dovecot.debug"];
if header :matches "Message-ID" "*" {
    set "id" "${1}";
}
if environment :matches "imap.mailbox" "*" {
    debug_log "lesson spam ${id} ${1}";
}
