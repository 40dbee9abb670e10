"""What the demo's company looks like, as data: people by role, environments and where they lie, projects and grants.

Must not: do anything; `company.py` makes it so through the portal's API.
"""

from __future__ import annotations

from dataclasses import dataclass

ADMIN = "admin"


@dataclass(frozen=True)
class Person:
    """An account: its user name says what it is there for; `make demo` prints `about` beside it."""

    username: str
    display_name: str
    about: str


@dataclass(frozen=True)
class Place:
    """An environment's cluster and wave."""

    cluster: str
    wave: int = 1


@dataclass(frozen=True)
class EnvironmentPlan:
    """One environment of the chain."""

    slug: str
    name: str
    tier: str
    position: int
    places: tuple[Place, ...]
    promotes_from: tuple[str, ...] = ()
    approvals: int = 0


@dataclass(frozen=True)
class ProjectPlan:
    """One demo repository as a project."""

    slug: str
    name: str
    language: str
    environments: tuple[str, ...] = ("test", "production")
    replicas: int = 2
    has_callback: bool = False

    @property
    def repository(self) -> str:
        """Its path in GitLab and in the registry."""
        return f"shop/{self.slug}"


PEOPLE = (
    Person("developer", "Lin Yue", "files releases and promotes"),
    Person("tester", "Wang Fang", "gives verdicts in test and staging"),
    Person("ops", "Chen Hao", "approves, adopts, rolls back"),
    Person("ops2", "Sun Jie", "the second pair of eyes"),
    Person("owner", "Zhao Min", "owns every project, gives grants"),
)
ADMINISTRATOR = Person(ADMIN, "Gao Ming", "environments, clusters, people; no right to approve")

ENVIRONMENTS = (
    EnvironmentPlan("test", "Test", "test", 10, (Place("test-1"),)),
    EnvironmentPlan("staging", "Staging", "staging", 20, (Place("test-1"),), promotes_from=("test",)),
    EnvironmentPlan(
        "production",
        "Production",
        "production",
        30,
        (Place("dc1", 1), Place("dc2", 2)),
        promotes_from=("staging", "test"),
        approvals=1,
    ),
)

PROJECTS = (
    ProjectPlan("book-api-n1", "Book API", "java", has_callback=True),
    ProjectPlan("pay-gate-n1", "Payment gate", "go", ("test", "staging", "production")),
    ProjectPlan("admin-php-n1", "Back office", "php"),
    ProjectPlan("user-web-n1", "Accounts", "nodejs"),
    ProjectPlan("mail-py-n1", "Mailer", "python"),
)

# who holds which role, in which environments; None: wherever the project is
GRANTS: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("developer", "developer", ("test", "staging")),
    ("tester", "tester", ("test", "staging")),
    ("ops", "ops", None),
    ("ops2", "ops", None),
)


def places_of(environment: str) -> tuple[Place, ...]:
    """Where an environment lies."""
    return next(e.places for e in ENVIRONMENTS if e.slug == environment)


def grants_of(project: ProjectPlan) -> list[tuple[str, str, str]]:
    """The grants of a project: (user name, role, environment)."""
    return [
        (username, role, environment)
        for username, role, only in GRANTS
        for environment in project.environments
        if only is None or environment in only
    ]
