"""Who calls, and what they may do: tokens, scopes, roles, and the sight of a project.

What a caller may not see does not exist (404). Must not: answer a call itself.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from aiohttp import web

from apps.sandbox.gitlab.errors import bad_token, forbidden, insufficient_scope, not_found, unauthorized
from apps.sandbox.gitlab.model import REPORTER, Project, State, Token, User, digest, now

EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
REVOKED = "Token was revoked. You have to re-authorize from the user."


@dataclass(frozen=True)
class Caller:
    """A user with the token they came with."""

    user: User
    token: Token


class Access:
    """Look-ups over the state; one per server."""

    def __init__(self, state: State) -> None:
        self.state = state

    def caller(self, request: web.Request, *scopes: str) -> Caller | None:
        """Who calls; None for anonymous. Without `scopes`, reading needs `api` or `read_api`, the rest `api`."""
        secret = _secret(request)
        if secret is None:
            return None
        caller = self.by_token(secret)
        request["agent"] = caller.user.username
        needed = scopes or (("api", "read_api") if request.method in ("GET", "HEAD") else ("api",))
        if not set(needed) & set(caller.token.scopes):
            raise insufficient_scope(" ".join(needed))
        return caller

    def by_token(self, secret: str) -> Caller:
        """The caller of a token that is known, valid and not expired."""
        token = self.state.tokens.get(digest(secret))
        if token is None:
            raise bad_token("Bad Access Token.")
        if token.revoked:
            raise bad_token(REVOKED)
        if token.expired:
            raise bad_token(EXPIRED)
        token.last_used_at = now()
        return Caller(self.state.users[token.user_id], token)

    def user(self, request: web.Request, *scopes: str) -> Caller:
        """The caller of an endpoint that needs somebody."""
        caller = self.caller(request, *scopes)
        if caller is None:
            raise unauthorized()
        return caller

    @staticmethod
    def level(caller: Caller | None, project: Project) -> int:
        """Role in the project: the greater of the token's and the membership's."""
        if caller is None:
            return 0
        return max(caller.token.access_level, project.members.get(caller.user.username, 0))

    def visible(self, caller: Caller | None, project: Project) -> bool:
        """Whether the caller may know that the project exists."""
        if project.visibility == "public" or (project.visibility == "internal" and caller is not None):
            return True
        return self.level(caller, project) > 0

    def reads_code(self, caller: Caller | None, project: Project) -> bool:
        """Guests of a private project see it, but not its code."""
        return self.visible(caller, project) and (
            project.visibility != "private" or self.level(caller, project) >= REPORTER
        )

    def project(self, request: web.Request) -> tuple[Caller | None, Project]:
        """The project of the path, for a caller who may see it."""
        caller = self.caller(request)
        ref = request.match_info["id"]
        project = self.state.find_project(ref)
        if project is None and ref in self.state.moved:
            self._redirect(request, caller, self.state.projects[self.state.moved[ref]])
        if project is None or not self.visible(caller, project):
            raise not_found("Project")
        request["subject"] = project.path
        return caller, project

    def _redirect(self, request: web.Request, caller: Caller | None, project: Project) -> None:
        if not self.visible(caller, project):
            return
        rest = request.rel_url.raw_path.split("/")[5:]
        location = "/".join([f"{request['external_url']}/api/v4/projects/{project.id}", *rest])
        text = f"This resource has been moved permanently to {location}"
        raise web.HTTPMovedPermanently(location, text=text)

    def code(self, request: web.Request) -> tuple[Caller | None, Project]:
        """The project of the path, for a caller who may read its code."""
        caller, project = self.project(request)
        if not self.reads_code(caller, project):
            raise forbidden()
        return caller, project

    def require(self, caller: Caller | None, project: Project, level: int) -> Caller:
        """Refuse who has less than this role."""
        if caller is None:
            raise unauthorized()
        if self.level(caller, project) < level:
            raise forbidden()
        return caller


def _secret(request: web.Request) -> str | None:
    """The token of the call, from whichever header carries it."""
    header = request.headers.get("PRIVATE-TOKEN")
    if header:
        return header
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return basic_password(request) if scheme.lower() == "basic" else None


def basic_password(request: web.Request) -> str | None:
    """The password of HTTP basic authentication; any user name goes."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[2]
