"""The one policy table: every action of the API and of the sockets, and who may do it.

Must not: look anything up. A rule is data: `any_of` clauses of which one must hold, `none_of` of which none may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

DEVELOPER, TESTER, OPS = "developer", "tester", "ops"
ROLES = (DEVELOPER, TESTER, OPS)

ClauseName = Literal[
    "anyone",
    "signed_in",
    "self",
    "admin",
    "member",
    "owner",
    "requester",
    "role_on_pair",
    "role_in_project",
    "role_on_cluster",
]


@dataclass(frozen=True)
class Clause:
    """One way to hold (or lose) a right; `roles` matter to the clauses named after a role only."""

    name: ClauseName
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Who may: `scope` says whether the question needs a project; `tokens` whether an API token may ask at all, and
    `project_tokens` whether one that is limited to a project may."""

    any_of: tuple[Clause, ...]
    none_of: tuple[Clause, ...] = ()
    scope: Literal["global", "project", "mixed"] = "global"
    tokens: bool = True
    project_tokens: bool = True


ANYONE, SIGNED_IN, SELF = Clause("anyone"), Clause("signed_in"), Clause("self")
ADMIN, MEMBER, OWNER, REQUESTER = Clause("admin"), Clause("member"), Clause("owner"), Clause("requester")


def on_pair(*roles: str) -> Clause:
    """A live grant of one of these roles on exactly (project, environment)."""
    return Clause("role_on_pair", roles)


def in_project(*roles: str) -> Clause:
    """A live grant of one of these roles on any environment of the project."""
    return Clause("role_in_project", roles)


def on_cluster(*roles: str) -> Clause:
    """A live grant of one of these roles in an environment placed on the object's cluster; without one, anywhere."""
    return Clause("role_on_cluster", roles)


def _global(*any_of: Clause, tokens: bool = True) -> Rule:
    return Rule(any_of, tokens=tokens)


def _project(*any_of: Clause, none_of: tuple[Clause, ...] = (), tokens: bool = True) -> Rule:
    return Rule(any_of, none_of, scope="project", tokens=tokens)


_MEMBERS_READ = ("ticket.read", "release.read", "build.read", "board.read", "workload.read", "configuration.read")

ACTIONS: Mapping[str, Rule] = MappingProxyType(
    {
        # without a project
        "session.create": _global(ANYONE),
        "session.end": _global(SIGNED_IN, tokens=False),
        "me.read": _global(SIGNED_IN),
        "me.update": _global(SIGNED_IN, tokens=False),
        "token.manage": Rule((SELF,), tokens=False),
        "session.manage": Rule((SELF,), tokens=False),
        "account_link.use": _global(ANYONE),
        "person.read": _global(SIGNED_IN),
        "user.manage": _global(ADMIN, tokens=False),
        "why.read": _global(SIGNED_IN),
        "catalog.read": _global(SIGNED_IN),
        "standard.read": _global(SIGNED_IN),
        "standard.manage": _global(ADMIN),
        "environment.read": _global(SIGNED_IN),
        "environment.manage": _global(ADMIN),
        "hosts.manage": _global(ADMIN),
        "hosts_token.manage": _global(ADMIN, tokens=False),
        "cluster.read": _global(SIGNED_IN),
        "cluster.manage": _global(ADMIN),
        "integration.manage": _global(ADMIN),
        "inbox.read": _global(SIGNED_IN),
        "hints.subscribe": _global(SIGNED_IN),
        "project.create": _global(ADMIN),
        "project.request": Rule((SIGNED_IN,), project_tokens=False),
        # a hundred projects at once are made by a person at a page, never by a token
        "intake.manage": _global(ADMIN, tokens=False),
        "first_hour.read": _global(ADMIN),
        "brake.read": _global(SIGNED_IN),
        "brake.pull": _global(on_cluster(OPS), ADMIN),
        "brake.release": _global(on_cluster(OPS), ADMIN),
        # with a project
        "project.list": _project(MEMBER, ADMIN),
        "project.read": _project(MEMBER, ADMIN),
        "project.update": _project(OWNER, ADMIN),
        "project.archive": _project(OWNER, ADMIN),
        "project.pin": Rule((MEMBER, ADMIN), scope="project", tokens=False),
        "grant.read": _project(MEMBER, ADMIN),
        "grant.manage": _project(OWNER, ADMIN),
        "dockerfile.override": _project(ADMIN),
        **{name: _project(MEMBER) for name in _MEMBERS_READ},
        "workload.adopt": _project(on_pair(OPS)),
        "configuration.propose": _project(on_pair(*ROLES)),
        # a preset of a project belongs to no environment of it
        "preset.create": _project(in_project(*ROLES)),
        "preset.delete": _project(REQUESTER, in_project(OPS), OWNER),
        "secret.manage": _project(on_pair(OPS)),
        "release.request": _project(on_pair(*ROLES)),
        "promote.request": _project(on_pair(*ROLES), in_project(*ROLES)),
        "roll_back.request": _project(on_pair(OPS), OWNER),
        "ticket.approve": _project(on_pair(OPS), none_of=(REQUESTER,)),
        "ticket.cancel": _project(REQUESTER, on_pair(OPS), OWNER),
        "ticket.retry": _project(REQUESTER, on_pair(OPS)),
        "ticket.comment": _project(MEMBER),
        "ticket.review": _project(on_pair(OPS), none_of=(REQUESTER,)),
        "verdict.give": _project(on_pair(TESTER)),
        "migration.change": _project(on_pair(OPS)),
        # a shell is opened, watched and ended by a person at a page, never by a token
        "terminal.open": _project(on_pair(*ROLES), tokens=False),
        "emergency_shell.request": _project(on_pair(*ROLES), tokens=False),
        "terminal.break_glass": _project(on_pair(DEVELOPER, OPS), tokens=False),
        "terminal.read": _project(MEMBER, ADMIN),
        "terminal.watch": _project(REQUESTER, on_pair(OPS), ADMIN, tokens=False),
        "terminal.replay": _project(REQUESTER, on_pair(OPS), ADMIN, tokens=False),
        "terminal.end": _project(REQUESTER, on_pair(OPS), ADMIN, tokens=False),
        "terminal.extend": _project(on_pair(OPS), none_of=(REQUESTER,), tokens=False),
        "pod.read": _project(MEMBER),
        "pod.recycle": _project(on_pair(*ROLES)),
        # a project that is asked for has nobody yet: ops of anywhere decide, and see what it made
        "project_access.read": _project(MEMBER, on_cluster(OPS), ADMIN),
        "project_access.approve": _project(on_cluster(OPS), ADMIN, none_of=(REQUESTER,)),
        "project_access.operate": _project(REQUESTER, on_cluster(OPS), ADMIN),
        # who may edit templates (integration.manage) files a re-sync of their jobs; ops of anywhere decide, too
        "resync.read": _project(MEMBER, on_cluster(OPS), ADMIN),
        "resync.approve": _project(on_cluster(OPS), ADMIN, none_of=(REQUESTER,)),
        "resync.operate": _project(on_cluster(OPS), ADMIN),
        "provision.read": _project(MEMBER, on_cluster(OPS), ADMIN),
        # an admin reads everything, a member what belongs to his projects
        "audit.read": Rule((MEMBER, ADMIN), scope="mixed"),
        # an environment's: the room asks about a pair with that environment in which the actor holds a grant
        "hosts.read": Rule((on_pair(*ROLES), ADMIN), scope="mixed"),
        # what another person may do in a project; without a project it takes `user.manage`
        "why.read_others": _project(ADMIN, OWNER, in_project(OPS)),
    }
)
