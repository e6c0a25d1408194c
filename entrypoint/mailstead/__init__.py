"""Mailstead: a mail server for one home or small organisation, from one env file. Start reading in settings.py."""
