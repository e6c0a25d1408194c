#!/bin/bash
# mine
postconf -e 'smtpd_helo_required = yes'
