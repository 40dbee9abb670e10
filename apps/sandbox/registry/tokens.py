"""What a registry that trusts a token service reads out of its tokens: RS256 JWTs that carry the signer's certificate.

Must not: issue any (`token_server.py` does), or know what a registry holds.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LEEWAY_SECONDS = 60


class InvalidTokenError(Exception):
    """Raised for a token that is no token, is not for this registry, or has ended."""


class ForgedTokenError(InvalidTokenError):
    """Raised for a token whose signature is not the service's."""


@dataclass(frozen=True)
class Claims:
    """What a token says."""

    subject: str
    access: dict[str, set[str]]

    def allows(self, what: str, action: str) -> bool:
        """Whether the token holds this action on `repository:a/b` or `registry:catalog`."""
        return bool({action, "*"} & self.access.get(what, set()))


@dataclass(frozen=True)
class Trust:
    """What a registry has to know of its token service."""

    realm: str
    service: str
    issuer: str
    public_key: rsa.RSAPublicKey

    def read(self, token: str) -> Claims:
        """The claims of a token that is ours and lives; raises InvalidTokenError for any other."""
        try:
            head, body, signature = token.split(".")
            self.public_key.verify(bytes_of(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = json.loads(bytes_of(body))
        except ValueError as error:
            raise InvalidTokenError from error
        except InvalidSignature as error:
            raise ForgedTokenError from error
        lives = claims["nbf"] - LEEWAY_SECONDS <= time.time() <= claims["exp"] + LEEWAY_SECONDS
        if not lives or claims["iss"] != self.issuer or claims["aud"] != self.service:
            raise InvalidTokenError
        access = {f"{one['type']}:{one['name']}": set(one["actions"]) for one in claims["access"]}
        return Claims(claims["sub"], access)


def text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
