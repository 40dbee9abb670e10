"""A GitLab that answers, the rows that point to it, and people signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.catalog.models import Language
from apps.integrations import models as outside
from apps.integrations.clients import forget_clients
from apps.projects.models import Environment, Project
from apps.sandbox.gitlab.server import GitLabServer
from tests.accounts.factories import browser, make_admin, make_user
from tests.support.factories import grant, make_environment, make_project, use
from tests.support.servers import serving


@pytest.fixture(scope="module")
def gitlab_server() -> Iterator[GitLabServer]:
    with serving(GitLabServer(token="glpat-test")) as running:
        yield running


@dataclass
class Office:
    """One project in test and production: an owner, a developer and an ops in test, a stranger, an administrator."""

    project: Project
    test: Environment
    production: Environment
    admin: User
    owner: User
    developer: User
    stranger: User

    def client(self, who: str) -> APIClient:
        return browser(getattr(self, who))


@pytest.fixture
def office(db: None, gitlab_server: GitLabServer) -> Iterator[Office]:
    server = outside.GitLabServer.objects.create(name="gitlab", url=gitlab_server.url, token="glpat-test")
    outside.JenkinsController.objects.create(name="jenkins", url="http://127.0.0.1:1")
    outside.Registry.objects.create(name="registry", url="http://127.0.0.1:1", host="127.0.0.1:1")
    Language.objects.create(slug="java", name="Java")
    test = make_environment("test", position=1)
    production = make_environment("production", "production", position=2, approvals_required=1, promotes_from=[test])
    project = make_project("book-api-n1", gitlab=server, gitlab_path="shop/book-api-n1")
    use(project, test)
    use(project, production)
    people = {name: make_user(name) for name in ("owner", "developer", "stranger")}
    project.owners.add(people["owner"])
    grant(people["developer"], project, test, "developer")
    yield Office(project, test, production, make_admin("admin"), **people)
    forget_clients()


def fields(answer: Any) -> dict[str, str]:
    """Which field was refused with which code."""
    return {name: items[0]["code"] for name, items in answer.json()["fields"].items()}
