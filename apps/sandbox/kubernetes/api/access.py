"""Who calls and what they may: tokens, rules in RBAC's terms, ready-made roles, the words of refusals.

Must not: know of objects; existence is asked only after authorization.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.exec.protocol import BEARER_PREFIX

ANY = ("*",)
READ = ("get", "list", "watch")
PUBLIC_PATHS = ("/version", "/healthz", "/livez", "/readyz")
# Everyone who is known may discover (system:discovery).
DISCOVERY_PATHS = ("/api", "/apis", "/openapi", *PUBLIC_PATHS)
REVIEWS = ("selfsubjectreviews", "selfsubjectaccessreviews")


@dataclass(frozen=True)
class Rule:
    """One allowance. Subresources are written `pods/exec`; `*` stands for all."""

    verbs: Sequence[str]
    groups: Sequence[str]
    resources: Sequence[str]
    namespaces: Sequence[str] = ANY

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Whether this rule covers a call."""
        return (
            _in(verb, self.verbs)
            and _in(group, self.groups)
            and _in(resource, self.resources)
            and ("*" in self.namespaces or (bool(namespace) and namespace in self.namespaces))
        )


def _in(what: str, allowed: Sequence[str]) -> bool:
    return "*" in allowed or what in allowed


@dataclass(frozen=True)
class Token:
    """Who a bearer token stands for. `role` names the ClusterRole in access reviews."""

    user: str
    groups: tuple[str, ...] = ("system:authenticated",)
    rules: tuple[Rule, ...] = ()
    role: str = ""
    uid: str = ""

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Whether some rule covers a call."""
        if group in ("authentication.k8s.io", "authorization.k8s.io") and resource in REVIEWS:
            return "system:authenticated" in self.groups
        return any(rule.allows(verb, group, resource, namespace) for rule in self.rules)

    def allows_path(self, path: str) -> bool:
        """Whether a path that is no resource may be read."""
        if path in PUBLIC_PATHS:
            return True
        known = "system:authenticated" in self.groups
        if known and any(path == p or path.startswith(p + "/") for p in DISCOVERY_PATHS):
            return True
        return any("*" in rule.verbs and "*" in rule.resources for rule in self.rules)


ANONYMOUS = Token("system:anonymous", ("system:unauthenticated",))


@dataclass(frozen=True)
class Roles:
    """Ready-made rules."""

    cluster_admin: tuple[Rule, ...] = (Rule(ANY, ANY, ANY),)
    readonly: tuple[Rule, ...] = (Rule(READ, ANY, ANY),)
    portal: tuple[Rule, ...] = field(
        default=(
            Rule(READ, ANY, ANY),
            Rule(("create", "update", "patch", "delete"), ("apps",), ("deployments", "deployments/scale")),
            Rule(
                ("create", "update", "patch", "delete"),
                ("",),
                ("configmaps", "events", "resourcequotas", "secrets", "serviceaccounts", "services"),
            ),
            Rule(("create", "patch", "delete"), ("",), ("namespaces",)),
            Rule(("create", "update", "patch", "delete"), ("networking.k8s.io",), ("ingresses",)),
            Rule(("create", "update", "patch", "delete"), ("autoscaling",), ("horizontalpodautoscalers",)),
            Rule(("create", "update", "patch", "delete"), ("policy",), ("poddisruptionbudgets",)),
            Rule(("create", "patch", "delete"), ("batch",), ("cronjobs", "jobs")),
            Rule(("patch", "delete"), ("",), ("pods",)),
            Rule(("create",), ("",), ("pods/eviction",)),
        )
    )


ROLES = Roles()


def cluster_admin(user: str = "kubernetes-admin") -> Token:
    """A token of a cluster administrator."""
    return Token(user, ("system:masters", "system:authenticated"), ROLES.cluster_admin)


def service_account(namespace: str, name: str, rules: tuple[Rule, ...], role: str) -> Token:
    """A token of a service account."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return Token(f"system:serviceaccount:{namespace}:{name}", groups, rules, role)


def portal(namespace: str = "default", name: str = "portal") -> Token:
    """A token with the rights that the portal needs."""
    return service_account(namespace, name, ROLES.portal, "portal")


def readonly(namespace: str = "default", name: str = "viewer") -> Token:
    """A token that only reads."""
    return service_account(namespace, name, ROLES.readonly, "view")


def authenticate(request: web.Request, tokens: dict[str, Token]) -> Token:
    """The caller; no token at all is the anonymous user, an unknown one 401."""
    header = request.headers.get("Authorization", "")
    scheme, _, given = header.partition(" ")
    if not header:
        given = _socket_token(request)
        if not given:
            return ANONYMOUS
    elif scheme.lower() != "bearer":
        raise errors.unauthorized()
    found = tokens.get(given.strip())
    if found is None:
        raise errors.unauthorized()
    return found


def _socket_token(request: web.Request) -> str:
    """A token among the WebSocket subprotocols; it counts only together with a real one."""
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
    names = [name.strip() for name in offered.split(",") if name.strip()]
    for name in names:
        if name.startswith(BEARER_PREFIX):
            raw = name.removeprefix(BEARER_PREFIX)
            if len(names) == 1:
                raise errors.unauthorized()
            try:
                return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
            except ValueError as error:
                raise errors.unauthorized() from error
    return ""


def denied(user: str, verb: str, group: str, resource: str, namespace: str, name: str) -> ApiError:
    """403 for a resource; `resource` may carry a subresource."""
    plural = resource.partition("/")[0]
    qualified = f"{plural}.{group}" if group else plural
    about = f'{qualified} "{name}"' if name else qualified
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = f'{about} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    details = {key: value for key, value in (("name", name), ("group", group), ("kind", plural)) if value}
    return ApiError(403, "Forbidden", message, details)


def denied_path(user: str, verb: str, path: str) -> ApiError:
    """403 for a path that is no resource."""
    return ApiError(403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{path}"', {})
