"""The cluster's keys: one authority, a server certificate, the API server's client certificate, the key of tokens.

Must not: be used for anything but a test cluster on loopback.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

VALID = timedelta(days=30)
SERVICE_ADDRESS = "10.96.0.1"
SERVICE_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


def write_keys(folder: Path) -> None:
    """ca.crt, server.{crt,key}, kubelet-client.{crt,key}, tokens.{key,pub}; the authority's own key is not kept."""
    folder.mkdir(parents=True)
    authority = _Authority()
    _write(folder / "ca.crt", _certificate(authority.certificate))
    for name, subject, usage in (
        ("server", _name("cluster-server"), ExtendedKeyUsageOID.SERVER_AUTH),
        ("kubelet-client", _name("apiserver-kubelet-client", "system:masters"), ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        key = _key()
        _write(folder / f"{name}.key", _private(key))
        _write(folder / f"{name}.crt", _certificate(authority.sign(subject, key, usage)))
    key = _key()
    _write(folder / "tokens.key", _private(key))
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    _write(folder / "tokens.pub", key.public_key().public_bytes(serialization.Encoding.PEM, public))


class _Authority:
    def __init__(self) -> None:
        self.key = _key()
        self.name = _name("cluster-ca")
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        built = _builder(self.name, self.name, self.key).add_extension(constraint, critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        built = built.add_extension(identifier, critical=False).add_extension(_SIGNS, critical=True)
        self.certificate = built.sign(self.key, hashes.SHA256())

    def sign(self, subject: x509.Name, key: rsa.RSAPrivateKey, usage: ObjectIdentifier) -> x509.Certificate:
        """A certificate for loopback and the names of the service `kubernetes`."""
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in SERVICE_NAMES]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", SERVICE_ADDRESS)]
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        built = _builder(subject, self.name, key).add_extension(x509.SubjectAlternativeName(names), critical=False)
        built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return built.add_extension(authority, critical=False).sign(self.key, hashes.SHA256())


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    return built.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + VALID)


def _private(key: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _certificate(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, text: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(text)
