"""Sessions as rows, for what is decided from rows alone: no server listens anywhere.

Must not: shortcut what the services do; a session here is what opening and connecting leave behind.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from apps.accounts.models import User, UserSession
from apps.projects.models import Environment, Project
from apps.terminals.models import TerminalSession
from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from tests.support.factories import grant, make_cluster, make_environment, make_project, make_user, place, use

HOST = "web-1:10:aa"


class Room:
    """A project in test and production; `dev` develops, `ops` operates, `root` administers, `stranger` has nothing."""

    def __init__(self) -> None:
        self.project: Project = make_project("book")
        self.environments: dict[str, Environment] = {
            "test": make_environment("test", "test"),
            "production": make_environment("production", "production"),
        }
        self.cluster = make_cluster("lab", uid="u-lab", credential_set_at=timezone.now())
        self.workloads: dict[str, Workload] = {}
        self.people: dict[str, User] = {
            "dev": make_user("dev", display_name="Dev Eloper"),
            "ops": make_user("ops", display_name="Chen Hao"),
            "stranger": make_user("stranger"),
            "root": make_user("root", is_instance_admin=True),
        }
        for slug, environment in self.environments.items():
            pair, placement = use(self.project, environment), place(environment, self.cluster)
            for who, role in (("dev", "developer"), ("ops", "ops")):
                grant(self.people[who], self.project, environment, role)
            self.workloads[slug] = Workload.objects.create(
                project_environment=pair,
                placement=placement,
                name="book",
                namespace=slug,
                deployment="book",
                container="app",
                deployment_uid=f"d-{slug}",
            )

    def login(self, who: str) -> UserSession:
        """A browser's login."""
        store = SessionStore()
        store["who"] = who
        store.create()
        return UserSession.objects.create(user=self.people[who], session_key=store.session_key or "")

    def ticket(self, who: str = "dev", where: str = "production", **fields: Any) -> Ticket:
        """An emergency shell's ticket that runs."""
        form = {"workload": self.workloads[where].pk, "minutes": 20, "break_glass": False, "reason": "it is on fire"}
        return Ticket.objects.create(
            kind="emergency_shell",
            status=fields.pop("status", "running"),
            project=self.project,
            environment=self.environments[where],
            requester=self.people[who],
            title="a shell",
            form={**form, **fields.pop("form", {})},
            facts={"workload": self.workloads[where].pk, "name": "book"},
            **fields,
        )

    def session(self, who: str = "dev", where: str = "test", **fields: Any) -> TerminalSession:
        """A shell that runs in the process HOST, opened two minutes ago and not used yet."""
        now = timezone.now()
        values: dict[str, Any] = {
            "pod": "book-6f-abc",
            "pod_uid": "11111111-2222-3333-4444-555555555555",
            "container": "app",
            "reason": "it is on fire",
            "minutes": 30,
            "credential_set_at": self.cluster.credential_set_at,
            "state": "live",
            "host": HOST,
            "seen_at": now,
            "opened_at": now - timedelta(minutes=2),
            "shell": "/bin/sh",
            **fields,
        }
        if "login" not in values:
            values["login"] = self.login(who)
        made = TerminalSession.objects.create(
            project=self.project,
            environment=self.environments[where],
            workload=self.workloads[where],
            cluster=self.cluster,
            namespace=where,
            user=self.people[who],
            **values,
        )
        made.refresh_from_db()
        return made
