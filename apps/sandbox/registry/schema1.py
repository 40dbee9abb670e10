"""What 2.8 makes of a schema2 image for a client that does not accept schema2: a signed schema1 manifest.

Other bytes, so another digest, and one that differs per tag: the trap for whoever sends no Accept header. Must not:
be stored, or be made for an index or an OCI manifest (2.8 converts neither).
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from apps.sandbox.registry.names import digest_of
from apps.sandbox.registry.replies import RefusalError

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v1+prettyjws"
EMPTY_LAYER = "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
_KEY = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"registry stand-in").digest()), ec.SECP256R1())


def convert(name: str, tag: str, manifest: dict[str, Any], config: dict[str, Any]) -> tuple[str, bytes]:
    """Digest and bytes. The digest is of the part without signatures, so that it stays the same from read to read."""
    layers = [layer["digest"] for layer in manifest["layers"]]
    history = config.get("history") or []
    if not history or sum(not one.get("empty_layer") for one in history) != len(layers):
        raise RefusalError("MANIFEST_INVALID", {})
    blobs, entries, parent, left = [], [], "", iter(layers)
    for one in history[:-1]:
        blobs.append(EMPTY_LAYER if one.get("empty_layer") else next(left))
        ident = hashlib.sha256(f"{blobs[-1]} {parent}".encode()).hexdigest()
        entries.append(_compact({"id": ident, **_linked(parent), **_told(one)}))
        parent = ident
    blobs.append(EMPTY_LAYER if history[-1].get("empty_layer") else next(left))
    ident = hashlib.sha256(f"{blobs[-1]} {parent} {_compact(config)}".encode()).hexdigest()
    rest = {key: value for key, value in config.items() if key not in ("rootfs", "history")}
    entries.append(_compact(dict(sorted({**rest, "id": ident, **_linked(parent)}.items()))))
    body = {
        "schemaVersion": 1,
        "name": name,
        "tag": tag,
        "architecture": config.get("architecture", ""),
        "fsLayers": [{"blobSum": blob} for blob in reversed(blobs)],
        "history": [{"v1Compatibility": entry} for entry in reversed(entries)],
    }
    payload = json.dumps(body, indent=3).encode()
    return digest_of(payload), _signed(payload)


def _linked(parent: str) -> dict[str, str]:
    return {"parent": parent} if parent else {}


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {key: entry[key] for key in ("created", "author", "comment") if key in entry}
    told["container_config"] = {"Cmd": [entry.get("created_by", "")]}
    return {**told, "throwaway": True} if entry.get("empty_layer") else told


def _signed(payload: bytes) -> bytes:
    """The payload with its `signatures` before the closing brace, as libtrust's pretty form has them."""
    cut = len(payload) - 2
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    protected = _text(_compact({"formatLength": cut, "formatTail": _text(payload[cut:]), "time": time}).encode())
    raw = _KEY.sign(f"{protected}.{_text(payload)}".encode(), ec.ECDSA(hashes.SHA256()))
    signature = b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(raw))
    public = _KEY.public_key().public_numbers()
    jwk = {"crv": "P-256", "kty": "EC", "x": _text(public.x.to_bytes(32)), "y": _text(public.y.to_bytes(32))}
    block = [{"header": {"jwk": jwk, "alg": "ES256"}, "signature": _text(signature), "protected": protected}]
    return payload[:cut] + b',\n   "signatures": ' + json.dumps(block).encode() + payload[cut:]


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
