"""Passwords: which are taken, how they are kept, and new ones.

A hash is a bare crypt(3) string, `$y$...`, without Dovecot's {SCHEME} in front, which pam_pwdfile does not know. It is
made by the C library's own libxcrypt: Python has had no crypt module since 3.13.
"""

import ctypes
import functools
import secrets

from ..declare import has_control

LONGEST = 200
_LONGEST_BYTES = 255  # saslauthd cuts a password at 256 bytes (saslauthd(8) says nothing; seen, and in its sources).

_YESCRYPT, _SHA512 = b"$y$", b"$6$"
_FEWEST_ROUNDS = 1000  # crypt(5), sha512crypt
_SETTING_SIZE = 192  # CRYPT_GENSALT_OUTPUT_SIZE of crypt.h
_DATA_SIZE = 32768  # sizeof(struct crypt_data)

# No letter or digit that reads like another one: i l o 0 1.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def check(password: str) -> None:
    """Refuse, as a ValueError that says why, a password that would not work the same for sending and for reading."""
    if not password:
        raise ValueError("a password cannot be empty")
    if has_control(password):
        raise ValueError("a password cannot hold a line break, a tab or another control character")
    if len(password) > LONGEST:
        raise ValueError(f"a password has at most {LONGEST} characters; this one has {len(password)}")
    _check_bytes(password)


def _check_bytes(password: str) -> None:
    try:
        length = len(password.encode())
    except UnicodeEncodeError:
        raise ValueError("a password is text in UTF-8; this one is not") from None
    if length > _LONGEST_BYTES:
        raise ValueError(f"a password has at most {_LONGEST_BYTES} bytes as UTF-8; this one has {length}")


def generate(groups: int = 3) -> str:
    """Return a new password of random signs, 6 in a group (29 bits), easy to read out and to type."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(6)) for _ in range(groups))


def hash(password: str) -> str:
    """Return the yescrypt hash of a password, with a new salt and the C library's default cost; ValueError as `check`."""
    check(password)
    return crypt(password, _salt(_YESCRYPT, 0))


def hash_generated(password: str) -> str:
    """Return a cheap hash (SHA-512, 1000 rounds) of a long generated password, which nobody guesses however fast he can try."""
    return crypt(password, _salt(_SHA512, _FEWEST_ROUNDS))


def _salt(method: bytes, cost: int) -> str:
    setting = ctypes.create_string_buffer(_SETTING_SIZE)
    if not _libcrypt().crypt_gensalt_rn(method, cost, None, 0, setting, _SETTING_SIZE):
        raise OSError(ctypes.get_errno(), "libcrypt makes no salt")
    return setting.value.decode()


def crypt(password: str, setting: str) -> str:
    """Return crypt(3) of a password; `setting` is a salt, or a hash, which comes back if the password is the one."""
    data = ctypes.create_string_buffer(_DATA_SIZE)
    hashed = _libcrypt().crypt_rn(password.encode(), setting.encode(), data, _DATA_SIZE)
    if hashed is None:
        raise OSError(ctypes.get_errno(), "libcrypt cannot hash by this setting")
    return hashed.decode()


@functools.cache
def _libcrypt() -> ctypes.CDLL:
    library = ctypes.CDLL("libcrypt.so.1", use_errno=True)
    library.crypt_gensalt_rn.restype = library.crypt_rn.restype = ctypes.c_char_p
    library.crypt_gensalt_rn.argtypes = (
        ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int
    )
    library.crypt_rn.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int)
    return library
