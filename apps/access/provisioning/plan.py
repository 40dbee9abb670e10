"""The plan of a project access: what is set up where, side by side per outside system (P2, P3).

From rows alone. Must not: call outside; what an approver reads is this plan.
"""

from __future__ import annotations

from typing import Any

from apps.access.provisioning import granting, hooking, jobs, namespaces, quotas  # noqa: F401 - registers the steps
from apps.access.provisioning.hooking import hook_address
from apps.access.provisioning.places import Place, placements_of, places_from
from apps.projects.models import Project
from apps.tickets.registry import StepSpec

MOST_TARGET = 100


def plan_access(project: Project, form: dict[str, Any]) -> list[StepSpec]:
    """`start`; per system its own line of steps in wave 1; then the grants, then the project is admitted.

    `project` with its ProjectEnvironment rows written; `form` as the request was filed.
    """
    hook_address(project)  # refused before anybody approves what could not be set up
    gitlab, jenkins = f"gitlab:{project.gitlab_id}", f"jenkins:{project.jenkins_id}"
    places = places_from(project.slug, placements_of(project).filter(cluster__is_enabled=True))
    people = {"testers": list(form.get("testers", [])), "operators": list(form.get("operators", []))}
    return [
        StepSpec("start", 0),
        StepSpec("bind_repository", 0, "gitlab", 1, gitlab),
        StepSpec("add_webhook", 1, "gitlab", 1, gitlab),
        StepSpec("create_job", 0, "jenkins", 1, jenkins),
        *(step for place in places for step in _namespace_steps(place)),
        StepSpec("grant_defaults", 0, "", 2, "", people),
        StepSpec("admit_project", 0, "", 3),
    ]


def target_of(cluster: str, namespace: str) -> str:
    """How a place is called on the ticket; a step's target has 100 characters, and two names may have 127."""
    return f"{cluster[: MOST_TARGET - 1 - len(namespace)]}/{namespace}"


def _namespace_steps(place: Place) -> list[StepSpec]:
    """Its quota only where a placement has one."""
    cluster, namespace = place.cluster, place.namespace
    target, system = target_of(cluster.name, namespace), f"cluster:{cluster.pk}"
    params = {"cluster_id": cluster.pk, "cluster": cluster.name, "namespace": namespace}
    names = ["create_namespace", *(["set_quota"] if place.hard else [])]
    return [StepSpec(name, order, target, 1, system, params) for order, name in enumerate(names)]
