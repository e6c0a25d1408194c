"""What Mailstead is to those who use it, and what it costs, in figures, beside a bare Postfix and Dovecot.

`stacks` makes the servers and takes them away, `people` does what a person's mail program does, `load` what other servers do,
`pace` has many of them at the same time, `mailboxes` and `crowd` make what is large at once. Each question is a module by the
name it has on the command line (`matrix` is that of `deliver --matrix`); `measure` has the figures' arithmetic, `report` and
`plot` show them. Standard library and the `docker` command only, but for the plots: it runs where a server runs.
"""
