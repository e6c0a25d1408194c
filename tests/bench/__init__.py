"""How fast a start, how small an idle server, how many messages a second: Mailstead beside a bare Postfix and Dovecot.

`stacks` makes the two and takes them away, `people` does what a person's mail program does, `load` what other servers do.
`start`, `memory` and `deliver` are the three questions; `measure` has the figures' arithmetic, `report` their print.
Standard library and the `docker` command only: it runs where a server runs.
"""
