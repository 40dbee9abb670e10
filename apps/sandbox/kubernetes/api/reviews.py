"""Who am I, may I, whose token is this: answered and forgotten.

Must not: store.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import body
from apps.sandbox.kubernetes.api.access import Token
from apps.sandbox.kubernetes.api.call import Call

Obj = dict[str, Any]
AUDIENCES = ["https://kubernetes.default.svc"]
ONE_NEEDED = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


async def review(call: Call) -> web.StreamResponse:
    """POST of any review."""
    sent = await body.read_object(call, call.resource.kind, call.resource.api_version)
    obj = body.checked_fields(call, sent, call.resource.kind)
    obj["metadata"] = {"creationTimestamp": None}
    answer = {
        "selfsubjectreviews": _subject,
        "selfsubjectaccessreviews": _access,
        "tokenreviews": _token,
    }[call.resource.plural]
    return call.answer(answer(call, obj), 201)


def _user_info(user: Token) -> Obj:
    info: Obj = {"username": user.user, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    return info


def _subject(call: Call, obj: Obj) -> Obj:
    return {**obj, "status": {"userInfo": _user_info(call.user)}}


def _access(call: Call, obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (wanted is None) == (path is None):
        cause = errors.field_invalid("spec.resourceAttributes", '"null"', ONE_NEEDED)
        raise errors.invalid("", "", [cause], "authorization.k8s.io")
    if wanted is None:
        allowed = call.user.allows_path(str((path or {}).get("path", "")))
    else:
        resource = str(wanted.get("resource", ""))
        if wanted.get("subresource"):
            resource += f"/{wanted['subresource']}"
        allowed = call.user.allows(
            str(wanted.get("verb", "")), str(wanted.get("group", "")), resource, str(wanted.get("namespace", ""))
        )
    status: Obj = {"allowed": allowed}
    if allowed and call.user.role:
        status["reason"] = _reason(call.user)
    return {**obj, "status": status}


def _reason(user: Token) -> str:
    namespace, _, name = user.user.removeprefix("system:serviceaccount:").partition(":")
    subject = f'ServiceAccount "{name}/{namespace}"' if name else f'User "{user.user}"'
    return f'RBAC: allowed by ClusterRoleBinding "{user.role}" of ClusterRole "{user.role}" to {subject}'


def _token(call: Call, obj: Obj) -> Obj:
    user = call.server.tokens.get(str((obj.get("spec") or {}).get("token", "")))
    if user is None:
        return {**obj, "status": {"user": {}, "error": "invalid bearer token"}}
    return {**obj, "status": {"authenticated": True, "user": _user_info(user), "audiences": AUDIENCES}}
