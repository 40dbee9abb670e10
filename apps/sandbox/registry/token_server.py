"""A token service as registries use one: `GET /token` with Basic credentials answers a JWT for the scopes asked for.

Its tokens carry its self-signed certificate (`x5c`): the stand-in and a real distribution accept the same ones. Must
not: refuse a scope it does not grant (it leaves it out, silently), or know what a registry holds.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from apps.sandbox.base.server import StandIn, call
from apps.sandbox.registry.access import is_allowed
from apps.sandbox.registry.tokens import Trust, text_of

ISSUER = "sandbox-tokens"
# Which actions a user gets of those asked for, by scope name (`repository:a/b`); as a registry's own access list.
Policy = Callable[[str, set[str]], set[str]]


class TokenServer(StandIn):
    """`GET /token` with Basic credentials; grants what `policy` leaves of the scopes asked for, silently."""

    name = "tokens"

    def __init__(self, *, user: str, password: str, service: str, policy: Policy | None = None) -> None:
        self._user, self._password, self.service = user, password, service
        self._policy = policy or (lambda _, actions: actions)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _self_signed(self._key)
        self.life = 300
        super().__init__(None)

    @property
    def certificate_pem(self) -> str:
        """For the `rootcertbundle` of a real registry."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def trust(self) -> Trust:
        """For the stand-in; only once the server is started."""
        return Trust(f"{self.url}/token", self.service, ISSUER, self._key.public_key())

    def routes(self) -> None:
        """The one path of a token service."""
        self.app.router.add_route("GET", "/token", self._answer)

    @call("token")
    async def _answer(self, request: web.Request) -> web.Response:
        if not is_allowed(request, self._user, self._password):
            body = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
            return web.json_response(body, status=401, headers={"WWW-Authenticate": 'Basic realm="tokens"'})
        asked = [scope for line in request.query.getall("scope", []) for scope in line.split()]
        request["agent"], request["subject"] = self._user, " ".join(asked)
        token = self.issue(asked)
        issued = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return web.json_response({"token": token, "access_token": token, "expires_in": self.life, "issued_at": issued})

    def issue(self, scopes: list[str], *, ago: float = 0) -> str:
        """A token for these scopes (`repository:a/b:pull,push`), as if issued so many seconds ago."""
        access = []
        for scope in scopes:
            what, _, actions = scope.rpartition(":")
            kind, _, name = what.partition(":")
            granted = self._policy(what, set(actions.split(",")))
            access.append({"type": kind, "name": name, "actions": sorted(granted)})
        start = int(time.time() - ago)
        claims = {
            "iss": ISSUER,
            "sub": self._user,
            "aud": self.service,
            "exp": start + self.life,
            "nbf": start - 1,
            "iat": start,
            "jti": uuid.uuid4().hex,
            "access": access,
        }
        return self._sign(claims)

    def _sign(self, claims: dict[str, Any]) -> str:
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        signed = f"{text_of(json.dumps(head).encode())}.{text_of(json.dumps(claims).encode())}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{text_of(signature)}"


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
