"""Which of Dovecot's password schemes are crypt(3) hashes that both PAM and Dovecot check here.

MD5-CRYPT is not among them: Dovecot 2.4 refuses it as a weak scheme.

https://doc.dovecot.org/2.4/core/config/auth/schemes.html; the forms are those of crypt(5).
"""

import re

_SALT, _SUM = "[./0-9A-Za-z]", "[./0-9A-Za-z]"
_ROUNDS = r"(rounds=[1-9][0-9]{3,8}\$)?"
_FORMS = {
    "SHA256-CRYPT": rf"\$5\${_ROUNDS}{_SALT}{{0,16}}\${_SUM}{{43}}",
    "SHA512-CRYPT": rf"\$6\${_ROUNDS}{_SALT}{{0,16}}\${_SUM}{{86}}",
    "BLF-CRYPT": rf"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\${_SUM}{{53}}",
    "YESCRYPT": rf"\$y\${_SALT}+\${_SALT}{{0,86}}\${_SUM}{{43}}",
}
_ANY = "|".join(_FORMS.values())
_SCHEME = re.compile(r"(?:\{([^{}]*)\})?(.*)", re.DOTALL)


def crypt_hash(text: str) -> str | None:
    """Return the bare crypt(3) hash in a password field such as `{SHA512-CRYPT}$6$...`; None where it holds none."""
    scheme, hashed = _SCHEME.fullmatch(text).groups()
    name = (scheme or "CRYPT").upper()
    form = _ANY if name == "CRYPT" else _FORMS.get(name)
    return hashed if form and re.fullmatch(form, hashed, re.ASCII) else None


def scheme(text: str) -> str:
    """Return the name of the scheme of a password field, and nothing of the password."""
    return _SCHEME.fullmatch(text)[1] or "no scheme"
