"""A certificate authority of the tests' own, for servers of the world that ours has to verify."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = datetime.timedelta(days=2)
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """An authority nobody has heard of: who trusts `pem` trusts what it issues."""

    def __init__(self, name: str = "Test Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        builder = _builder(self._name, self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        # Strict clients want to see who signed whom (RFC 5280, 4.2.1.1).
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = builder.add_extension(self._identifier, critical=False).add_extension(_SIGNS, critical=True)
        self.pem = _pem(builder.sign(self._key, hashes.SHA256()))

    def issue(self, *hostnames: str, expired: bool = False) -> str:
        """Return a server's certificate for these DNS names with its key before it, as one PEM text."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_named(hostnames[0]), self._name, key.public_key(), 2 * LIFE if expired else datetime.timedelta())
        signer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        builder = builder.add_extension(signer, critical=False)
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in hostnames])
        certificate = builder.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        return _key_pem(key) + _pem(certificate)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, age: datetime.timedelta = datetime.timedelta()
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC) - age
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public_key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - LIFE).not_valid_after(now + LIFE)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    private = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()
