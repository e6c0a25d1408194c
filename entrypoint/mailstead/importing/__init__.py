"""Coming from another mail server: its files are read, what they hold is fitted into our directory, a report says how it went.

    dms.read -> Found -> fit.declaration -> directory.apply     (and a Report all along)

What is read never touches the directory; `fit` drops what the directory would refuse, each with its reason; the rest is made
in one transaction by the way that `mailstead apply` goes too.
"""
