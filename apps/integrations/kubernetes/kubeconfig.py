"""A kubeconfig as a person pastes it, taken apart into what a cluster's row holds: address, CA and bearer token (E3).

Source: the v1 Config of client-go (`clientcmd/api/v1`). Only what the file itself carries counts: what it would read
from this machine, or run on it, is refused. Must not: open a file, start a program, or put a secret into a message.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from apps.common.errors import Invalid

MOST_CHARACTERS = 64 * 1024
MOST_TOLD = 20
# Instead of a token: each needs a program, a file or a key that the portal does not keep.
OTHER_CREDENTIALS = (
    "exec",
    "auth-provider",
    "tokenFile",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "username",
    "password",
)
OTHER_WAYS = ("insecure-skip-tls-verify", "tls-server-name", "proxy-url", "certificate-authority")
Json = dict[str, Any]


@dataclass(frozen=True)
class Access:
    """How a cluster is reached. `ca_pem` is empty where the system's certificates count."""

    api_url: str
    ca_pem: str
    token: str


def read_kubeconfig(text: str, context: str = "") -> Access:
    """The access of one context: the named one, else the current one, else the only one. Invalid with field
    `kubeconfig`, or `kubeconfig_context` where a choice is missing."""
    config = _parse(text)
    chosen = _chosen(config, context)
    cluster = _named(config, "clusters", "cluster", str(chosen.get("cluster") or ""))
    user = _named(config, "users", "user", str(chosen.get("user") or ""))
    for key in OTHER_WAYS:
        if cluster.get(key):
            _refuse("kubeconfig.unsupported", key=key)
    server = cluster.get("server")
    if not isinstance(server, str) or not server:
        _refuse("kubeconfig.missing", what="server")
    token = user.get("token")
    if not isinstance(token, str) or not token.strip():
        found = next((key for key in OTHER_CREDENTIALS if user.get(key)), "")
        if found:
            _refuse("kubeconfig.no_token", found=found)
        _refuse("kubeconfig.missing", what="token")
    return Access(server.strip(), _certificates(cluster.get("certificate-authority-data")), token.strip())


def _parse(text: str) -> Json:
    try:
        # An alias would be the same object twice, never more of them: this cannot grow.
        config = yaml.safe_load(text[:MOST_CHARACTERS])
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        _refuse("kubeconfig.unreadable", line=mark.line + 1 if mark else 1)
    except yaml.YAMLError:
        _refuse("kubeconfig.unreadable", line=1)
    if not isinstance(config, dict) or config.get("kind") != "Config":
        _refuse("kubeconfig.other_kind")
    return config


def _chosen(config: Json, context: str) -> Json:
    names = [name for name, _ in _entries(config, "contexts", "context")]
    wanted = context or config.get("current-context") or (names[0] if len(names) == 1 else "")
    if not wanted or wanted not in names:
        told = {"context": str(wanted)[:100], "contexts": [name[:100] for name in names[:MOST_TOLD]]}
        _refuse("kubeconfig.no_context", field="kubeconfig_context", **told)
    return _named(config, "contexts", "context", str(wanted))


def _named(config: Json, many: str, one: str, name: str) -> Json:
    found = next((inner for other, inner in _entries(config, many, one) if other == name), None)
    if found is None:
        _refuse("kubeconfig.missing", what=f"{one} {name[:100]}".strip())
    return found


def _entries(config: Json, many: str, one: str) -> list[tuple[str, Json]]:
    rows = config.get(many)
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [(str(row.get("name", "")), row[one]) for row in rows if isinstance(row.get(one), dict)]


def _certificates(data: Any) -> str:
    if not data:
        return ""
    try:
        return base64.b64decode(str(data), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        _refuse("kubeconfig.bad_certificates")


def refused_config(code: str, *, field: str = "kubeconfig", **params: Any) -> Invalid:
    """The refusal, under its field."""
    return Invalid(code, fields={field: [{"code": code, "params": params}]}, **params)


def _refuse(code: str, *, field: str = "kubeconfig", **params: Any) -> NoReturn:
    raise refused_config(code, field=field, **params)
