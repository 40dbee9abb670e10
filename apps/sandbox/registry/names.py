"""What may stand in a registry's paths: repository names, tags, digests, upload ids and media types.

Must not: know of HTTP requests or of what is stored.
"""

from __future__ import annotations

import hashlib
import re

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = rf"{_COMPONENT}(?:/{_COMPONENT})*"
TAG = r"[\w][\w.-]{0,127}"
# Wider than a valid digest on purpose: `sha256:12` is routed and then refused as DIGEST_INVALID.
DIGEST = r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+"
UPLOAD = r"[a-zA-Z0-9_.=-]+"

_VALID_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_TYPES = frozenset({OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST})
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})


def is_digest(text: str) -> bool:
    """Whether the text is a whole sha256 digest."""
    return _VALID_DIGEST.fullmatch(text) is not None


def digest_of(content: bytes) -> str:
    """The digest of raw bytes, in the form `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
