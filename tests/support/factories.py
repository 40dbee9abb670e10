"""Rows for tests, made by plain functions. Must not: hide what a test is about behind defaults it depends on."""

from __future__ import annotations

import itertools
from typing import Any

from apps.accounts.models import User
from apps.integrations.models import Cluster, GitLabServer, JenkinsController, Registry
from apps.policy.actor import Actor
from apps.projects.models import Environment, Grant, Placement, Project, ProjectEnvironment

_numbers = itertools.count(1)


def make_user(name: str = "", **fields: Any) -> User:
    """A person who may sign in with the password `opsportal-test`."""
    user = User(username=name or f"person{next(_numbers)}", **fields)
    user.set_password("opsportal-test")
    user.save()
    return user


def actor_of(user: User) -> Actor:
    """The person as an actor with a session."""
    return Actor(
        user_id=user.pk,
        name=user.username,
        kind="user",
        is_instance_admin=user.is_instance_admin,
        display_name=user.display_name,
    )


def make_environment(slug: str = "test", tier: str = "test", **fields: Any) -> Environment:
    """An environment; `promotes_from` takes a list."""
    before = fields.pop("promotes_from", [])
    found = Environment.objects.create(slug=slug, name=slug, tier=tier, **fields)
    found.promotes_from.set(before)
    return found


def make_project(slug: str = "", **fields: Any) -> Project:
    """A project on servers nobody listens at, unless given."""
    slug = slug or f"project-{next(_numbers)}"
    fields.setdefault("gitlab", GitLabServer.objects.filter(name="nowhere").first() or _nowhere(GitLabServer))
    fields.setdefault(
        "jenkins", JenkinsController.objects.filter(name="nowhere").first() or _nowhere(JenkinsController)
    )
    fields.setdefault("registry", Registry.objects.filter(name="nowhere").first() or _nowhere(Registry))
    return Project.objects.create(
        slug=slug,
        name=fields.pop("name", slug),
        language=fields.pop("language", "java"),
        gitlab_path=fields.pop("gitlab_path", f"shop/{slug}"),
        image_repository=fields.pop("image_repository", f"shop/{slug}"),
        **fields,
    )


def _nowhere(model: Any) -> Any:
    extra = {"host": "127.0.0.1:1"} if model is Registry else {}
    return model.objects.create(name="nowhere", url="http://127.0.0.1:1", **extra)


def use(project: Project, environment: Environment, **fields: Any) -> ProjectEnvironment:
    """The project uses the environment."""
    return ProjectEnvironment.objects.create(project=project, environment=environment, **fields)


def grant(user: User, project: Project, environment: Environment, role: str, **fields: Any) -> Grant:
    """A live grant."""
    return Grant.objects.create(user=user, project=project, environment=environment, role=role, **fields)


def make_cluster(name: str = "lab", **fields: Any) -> Cluster:
    """A cluster nobody listens at, unless given."""
    return Cluster.objects.create(name=name, api_url=fields.pop("api_url", "https://127.0.0.1:1"), **fields)


def place(environment: Environment, cluster: Cluster, **fields: Any) -> Placement:
    """The environment has a place on the cluster."""
    return Placement.objects.create(environment=environment, cluster=cluster, **fields)
