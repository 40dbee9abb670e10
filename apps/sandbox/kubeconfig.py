"""Writes a kubeconfig for one stand-in cluster: three users, the administrator's context is the current one.

Must not: leave a file that others can read; it holds bearer tokens.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from apps.sandbox.world import ClusterSpec


def write_kubeconfig(path: Path, spec: ClusterSpec, url: str) -> None:
    """Contexts `<cluster>` (administrator), `<cluster>-portal` and `<cluster>-readonly`."""
    users = {
        spec.name: spec.admin_token,
        f"{spec.name}-portal": spec.portal_token,
        f"{spec.name}-readonly": spec.readonly_token,
    }
    authority = base64.b64encode(spec.ca_pem.encode()).decode()
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": spec.name, "cluster": {"server": url, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
        "contexts": [{"name": name, "context": {"cluster": spec.name, "user": name}} for name in users],
        "current-context": spec.name,
    }
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600, exist_ok=True)
    aside.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    aside.replace(path)
