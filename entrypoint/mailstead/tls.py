"""TLS to our own daemons. Whether their certificate is to be trusted is asked elsewhere (certs/, doctor/certificate.py)."""

import ssl


def unverified() -> ssl.SSLContext:
    """Return what encrypts on the way within this container, whoever is at the other end."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
