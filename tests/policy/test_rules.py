"""The policy table, question by question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from apps.policy.actions import ACTIONS, ROLES
from apps.policy.actor import ANONYMOUS, Actor
from apps.policy.services import allowed, explain, held_everywhere, may_attempt, scope_covers, visible_project_ids
from tests.policy.grants import PlainGrants, plain_grants

ME, OTHER, P, Q, TEST, PROD = 1, 2, 10, 11, 20, 21
USER = Actor(ME, "me", "user")
ADMIN = replace(USER, is_instance_admin=True)


@dataclass
class Thing:
    requester_id: int | None = None
    requester_ids: frozenset[int] | None = field(default=None)


@pytest.fixture
def grants() -> Iterator[PlainGrants]:
    with plain_grants() as source:
        yield source


def may(actor: Actor, action: str, **where: object) -> bool:
    return allowed(actor, action, **where).allowed  # type: ignore[arg-type]


PERSONS = ("stranger", "developer", "tester", "ops", "owner", "admin")
MEMBERS = {"developer", "tester", "ops", "owner"}
IN_PROJECT: dict[str, set[str]] = {
    "project.list": MEMBERS | {"admin"},
    "project.read": MEMBERS | {"admin"},
    "project.update": {"owner", "admin"},
    "project.pin": MEMBERS | {"admin"},
    "why.read_others": {"ops", "owner", "admin"},
    "grant.manage": {"owner", "admin"},
    "dockerfile.override": {"admin"},
    "grant.read": MEMBERS | {"admin"},
    "workload.read": MEMBERS,
    "ticket.read": MEMBERS,
    "ticket.comment": MEMBERS,
    "release.read": MEMBERS,
    "build.read": MEMBERS,
    "board.read": MEMBERS,
    "audit.read": MEMBERS | {"admin"},
    "workload.adopt": {"ops"},
    "release.request": set(ROLES),
    "promote.request": set(ROLES),
    "roll_back.request": {"ops", "owner"},
    "ticket.approve": {"ops"},
    "ticket.review": {"ops"},
    "ticket.cancel": {"ops", "owner"},
    "ticket.retry": {"ops"},
    "verdict.give": {"tester"},
    "migration.change": {"ops"},
    "hosts.read": {*ROLES, "admin"},
    "configuration.read": MEMBERS,
    "configuration.propose": set(ROLES),
    "preset.create": set(ROLES),
    "preset.delete": {"ops", "owner"},
    "secret.manage": {"ops"},
    "project.archive": {"owner", "admin"},
    "project_access.read": MEMBERS | {"admin"},
    "project_access.approve": {"ops", "admin"},
    "project_access.operate": {"ops", "admin"},
    "provision.read": MEMBERS | {"admin"},
    "resync.read": MEMBERS | {"admin"},
    "resync.approve": {"ops", "admin"},
    "resync.operate": {"ops", "admin"},
    "terminal.open": set(ROLES),
    "emergency_shell.request": set(ROLES),
    "terminal.break_glass": {"developer", "ops"},
    "terminal.read": MEMBERS | {"admin"},
    "terminal.watch": {"ops", "admin"},
    "terminal.replay": {"ops", "admin"},
    "terminal.end": {"ops", "admin"},
    "terminal.extend": {"ops"},
    "pod.read": MEMBERS,
    "pod.recycle": set(ROLES),
}
# ops of any project have these in every project
OPS_OF_ANYWHERE = {
    "project_access.read",
    "project_access.approve",
    "project_access.operate",
    "provision.read",
    "resync.read",
    "resync.approve",
    "resync.operate",
}


def person(name: str, grants: PlainGrants) -> Actor:
    if name in ROLES:
        grants.grants.add((ME, P, TEST, name))
    if name == "owner":
        grants.owners.add((ME, P))
    return ADMIN if name == "admin" else USER


@pytest.mark.parametrize(("action", "name"), list(product(IN_PROJECT, PERSONS)))
def test_the_table_row_by_row_in_ones_own_project(action: str, name: str, grants: PlainGrants) -> None:
    actor = person(name, grants)
    assert may(actor, action, project_id=P, environment_id=TEST) is (name in IN_PROJECT[action])


@pytest.mark.parametrize(("action", "name"), list(product(IN_PROJECT, PERSONS)))
def test_a_right_in_one_project_is_none_in_another(action: str, name: str, grants: PlainGrants) -> None:
    actor = person(name, grants)
    expected = name == "admin" and "admin" in IN_PROJECT[action]
    expected = expected or (name == "ops" and action in OPS_OF_ANYWHERE)
    assert may(actor, action, project_id=Q, environment_id=TEST) is expected


@pytest.mark.parametrize("role", ROLES)
def test_acting_needs_the_pair_and_reading_any_environment(role: str, grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, role))
    assert may(USER, "ticket.read", project_id=P, environment_id=PROD)
    elsewhere = {a for a in IN_PROJECT if may(USER, a, project_id=P, environment_id=PROD)}
    anywhere = {"promote.request", "preset.create"}
    anywhere |= {"why.read_others", "preset.delete", *OPS_OF_ANYWHERE} if role == "ops" else set()
    assert elsewhere == {a for a, who in IN_PROJECT.items() if who >= MEMBERS} | anywhere


def test_two_grants_never_combine_into_a_third_right(grants: PlainGrants) -> None:
    grants.grants |= {(ME, P, TEST, "ops"), (ME, Q, PROD, "ops")}
    assert not may(USER, "ticket.approve", project_id=P, environment_id=PROD)
    assert not may(USER, "ticket.approve", project_id=Q, environment_id=TEST)


def test_every_project_action_has_a_row_in_this_test() -> None:
    assert {name for name, rule in ACTIONS.items() if rule.scope != "global"} == IN_PROJECT.keys()


ADMIN_ONLY = {
    "user.manage",
    "environment.manage",
    "cluster.manage",
    "integration.manage",
    "project.create",
    "first_hour.read",
    "standard.manage",
    "hosts.manage",
    "hosts_token.manage",
    "intake.manage",
}
OPS_ANYWHERE = {"brake.pull", "brake.release"}
FOR_VISITORS = {"session.create", "account_link.use"}


@pytest.mark.parametrize("action", sorted(name for name, rule in ACTIONS.items() if rule.scope == "global"))
def test_what_needs_no_project(action: str, grants: PlainGrants) -> None:
    assert may(USER, action) is (action not in ADMIN_ONLY | OPS_ANYWHERE)
    assert may(ADMIN, action) is True
    assert may(ANONYMOUS, action) is (action in FOR_VISITORS)


@dataclass(frozen=True)
class Somewhere:
    """A brake's scope."""

    cluster_id: int | None


@pytest.mark.parametrize("action", sorted(OPS_ANYWHERE))
@pytest.mark.parametrize(("role", "expected"), [("developer", (0, 0, 0)), ("tester", (0, 0, 0)), ("ops", (1, 1, 0))])
def test_a_brake_takes_ops_where_the_cluster_carries_his_environment(
    action: str, role: str, expected: tuple[int, int, int], grants: PlainGrants
) -> None:
    grants.grants.add((ME, P, TEST, role))
    grants.placed |= {(TEST, 1), (PROD, 2)}
    found = tuple(int(may(USER, action, obj=Somewhere(cluster))) for cluster in (None, 1, 2))
    assert found == expected
    if role != "ops":
        assert allowed(USER, action).code == "policy.needs_role_on_cluster"


ACCESS = ("project_access.approve", "project_access.operate", "ticket.approve", "ticket.read")


@pytest.mark.parametrize(("role", "held"), [("developer", set()), ("tester", set()), ("ops", set(ACCESS[:2]))])
def test_what_ops_of_anywhere_hold_everywhere_is_told_without_a_project(
    role: str, held: set[str], grants: PlainGrants
) -> None:
    grants.grants.add((ME, P, TEST, role))
    assert held_everywhere(USER, ACCESS) == held
    assert held_everywhere(replace(USER, is_instance_admin=True), ACCESS) == set(ACCESS[:2])
    assert held_everywhere(ANONYMOUS, ACCESS) == set()


def test_a_token_holds_everywhere_what_its_scopes_name_and_nothing_when_it_is_one_projects(grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, "ops"))
    assert held_everywhere(token("project_access.approve"), ACCESS) == {"project_access.approve"}
    assert held_everywhere(token("*", project_id=P), ACCESS) == set()


def test_who_asked_for_a_project_never_approves_it(grants: PlainGrants) -> None:
    grants.grants.add((ME, Q, PROD, "ops"))
    assert may(USER, "project_access.approve", project_id=P, obj=Thing(requester_id=OTHER))
    for actor in (USER, ADMIN):
        decision = allowed(actor, "project_access.approve", project_id=P, obj=Thing(requester_id=ME))
        assert (decision.allowed, decision.code) == (False, "policy.not_requester")


def test_an_unknown_action_is_refused_to_everybody() -> None:
    for actor in (USER, ADMIN, Actor.system("worker")):
        assert allowed(actor, "ticket.destroy", project_id=P).code == "policy_undeclared"


def test_a_project_right_without_a_project_is_refused(grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, "ops"))
    assert allowed(USER, "ticket.approve").code == "policy.needs_project"
    assert allowed(ADMIN, "project.read").code == "policy.needs_project"


@pytest.mark.parametrize("action", ["ticket.approve", "ticket.review"])
@pytest.mark.parametrize("thing", [Thing(requester_id=ME), Thing(OTHER, frozenset({OTHER, ME}))])
def test_nobody_decides_what_he_requested(action: str, thing: Thing, grants: PlainGrants) -> None:
    grants.grants.add((ME, P, PROD, "ops"))
    where = {"project_id": P, "environment_id": PROD}
    assert may(USER, action, **where, obj=Thing(requester_id=OTHER))
    token = replace(USER, kind="token", token_id=5)
    for actor in (USER, ADMIN, token):
        decision = allowed(actor, action, project_id=P, environment_id=PROD, obj=thing)
        assert (decision.allowed, decision.code) == (False, "policy.not_requester")


@pytest.mark.parametrize("action", ["ticket.cancel", "ticket.retry"])
def test_the_requester_may_cancel_and_retry_his_own_while_he_belongs_to_the_project(
    action: str, grants: PlainGrants
) -> None:
    where = {"project_id": P, "environment_id": PROD}
    assert not may(USER, action, **where, obj=Thing(requester_id=ME))
    grants.grants.add((ME, P, TEST, "developer"))
    assert may(USER, action, **where, obj=Thing(requester_id=ME))
    assert not may(USER, action, **where, obj=Thing(requester_id=OTHER))
    assert not may(USER, action, **where, obj=Thing(OTHER, frozenset({OTHER, ME})))


def test_the_answer_says_which_role_is_missing_where(grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, "developer"))
    decision = allowed(USER, "ticket.approve", project_id=P, environment_id=PROD)
    assert decision.code == "policy.needs_role"
    assert decision.params == {"roles": ["ops"], "project_id": P, "environment_id": PROD}
    assert allowed(USER, "project.update", project_id=P).code == "policy.needs_owner"
    assert allowed(USER, "cluster.manage").code == "policy.needs_admin"


def test_a_stranger_is_told_nothing(grants: PlainGrants) -> None:
    assert explain(USER, "ticket.approve", project_id=P, environment_id=PROD).code == "not_found"
    assert explain(USER, "ticket.approve", project_id=999_999).code == "not_found"


def token(*scopes: str, project_id: int | None = None, admin: bool = False) -> Actor:
    return Actor(ME, "me", "token", 5, frozenset(scopes), admin, project_id)


@pytest.mark.parametrize(
    ("scopes", "action", "covered"),
    [
        (["ticket.read"], "ticket.read", True),
        (["ticket.read"], "ticket.approve", False),
        (["ticket.*"], "ticket.approve", True),
        (["*"], "ticket.approve", True),
        ([], "ticket.read", False),
        (["tick*"], "ticket.read", False),
        (["ticket"], "ticket.read", False),
        (["project.*"], "projects.read", False),
        ([".*"], "ticket.read", False),
    ],
)
def test_scopes_are_actions_families_or_everything(scopes: list[str], action: str, covered: bool) -> None:
    assert scope_covers(scopes, action) is covered


def test_a_token_never_has_more_rights_than_its_user(grants: PlainGrants) -> None:
    assert not may(token("*"), "ticket.read", project_id=P)
    grants.grants.add((ME, P, TEST, "developer"))
    assert may(token("*"), "ticket.read", project_id=P)
    assert not may(token("*"), "ticket.approve", project_id=P, environment_id=TEST)
    assert allowed(token("ticket.read"), "build.read", project_id=P).code == "policy.token_scope"


def test_a_token_of_one_project_sees_only_that_project(grants: PlainGrants) -> None:
    grants.grants |= {(ME, P, TEST, "ops"), (ME, Q, TEST, "ops")}
    limited = token("*", project_id=P)
    assert may(limited, "ticket.read", project_id=P)
    assert allowed(limited, "ticket.read", project_id=Q).code == "policy.token_project"
    assert explain(limited, "ticket.read", project_id=Q).code == "not_found"
    assert visible_project_ids(limited) == (P,)
    assert set(visible_project_ids(token("*")) or ()) == {P, Q}
    grants.grants.clear()
    assert visible_project_ids(limited) == ()


def test_a_token_of_one_project_administers_nothing() -> None:
    limited = token("*", project_id=P, admin=True)
    assert allowed(limited, "cluster.manage").code == "policy.token_project"
    assert visible_project_ids(limited, admin_sees_all=True) == (P,)
    assert may(token("*", admin=True), "cluster.manage")


def test_a_token_of_one_project_asks_for_no_other() -> None:
    assert allowed(token("*", project_id=P), "project.request").code == "policy.token_project"
    assert may(token("*"), "project.request")
    assert may(USER, "project.request")


@pytest.mark.parametrize("action", ["token.manage", "user.manage", "me.update", "session.end"])
def test_tokens_make_no_tokens_and_manage_no_people(action: str) -> None:
    assert allowed(token("*", admin=True), action).code == "policy.no_tokens"


@pytest.mark.parametrize("deed", ["open", "break_glass", "watch", "replay", "end", "extend"])
def test_no_token_opens_watches_or_ends_a_terminal(deed: str, grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, "ops"))
    where = {"project_id": P, "environment_id": TEST}
    assert may(USER, f"terminal.{deed}", **where)
    for actor in (token("*"), token("terminal.*"), token("*", admin=True)):
        assert allowed(actor, f"terminal.{deed}", **where, obj=Thing(requester_id=ME)).code == "policy.no_tokens"


def test_nobody_extends_his_own_terminal(grants: PlainGrants) -> None:
    grants.grants.add((ME, P, TEST, "ops"))
    where = {"project_id": P, "environment_id": TEST}
    assert allowed(USER, "terminal.extend", **where, obj=Thing(requester_id=ME)).code == "policy.not_requester"


def test_lists_are_opened_before_the_project_is_known() -> None:
    assert may_attempt(USER, "ticket.read").allowed
    assert not may_attempt(token("build.*"), "ticket.read").allowed
    assert may_attempt(ANONYMOUS, "ticket.read").code == "not_authenticated"


def test_an_admin_sees_all_only_where_that_is_said(grants: PlainGrants) -> None:
    assert visible_project_ids(ADMIN, admin_sees_all=True) is None
    assert set(visible_project_ids(ADMIN) or ()) == set()
    assert visible_project_ids(ANONYMOUS, admin_sees_all=True) == ()
    assert visible_project_ids(Actor.system("worker")) is None
