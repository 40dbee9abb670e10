"""Terminal sessions over the API, as a browser asks for them: with a login that the portal knows of."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.models import User, UserSession
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.workloads.models import Workload
from tests.releases.hand import SLUG
from tests.support.jenkins import wait_for
from tests.support.story import Company
from tests.tickets.web import signed_in

SESSIONS = "/api/v1/terminal-sessions/"
REASON = "Orders hang; looking at the queue."


def browser(user: User) -> APIClient:
    """A client whose session is a login of the person's, as signing in makes it."""
    client = signed_in(user)
    UserSession.objects.create(user=user, session_key=client.cookies[settings.SESSION_COOKIE_NAME].value)
    return client


def key_of(client: APIClient) -> str:
    """The session cookie."""
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def workload_on(cluster: str) -> Workload:
    """The company's one workload, as it lies there."""
    rows = Workload.objects.select_related("placement__cluster", "project_environment__environment")
    return rows.get(placement__cluster__name=cluster, deployment=SLUG)


def first_pod_on(cluster: str) -> dict[str, Any]:
    """A raw pod there that runs, once there is one: a company's first pods are still starting when it opens."""
    return wait_for(lambda: pods_on(cluster), 30)[0]


def pods_on(cluster: str) -> list[dict[str, Any]]:
    """The raw pods there that run."""
    workload = workload_on(cluster)
    client = get_kubernetes(workload.placement.cluster)
    found = run(client.list_pods(workload.namespace, f"app={SLUG}"), 10)
    return [
        pod for pod in found if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
    ]


def wanted(cluster: str = "test-1", **more: Any) -> dict[str, Any]:
    """The body that opens a shell in the first pod there."""
    body = {
        "workload": workload_on(cluster).pk,
        "cluster": cluster,
        "pod": first_pod_on(cluster)["metadata"]["name"] if "pod" not in more else "",
        "container": "app",
        "reason": REASON,
        "minutes": 20,
    }
    return {**body, **more}


def opened(company: Company, who: str = "developer", **more: Any) -> tuple[APIClient, dict[str, Any]]:
    """A session in test, opened over the API: the person's client, and the answer."""
    client = browser(company.people[who])
    answer = client.post(SESSIONS, wanted(**more))
    assert answer.status_code == 201, answer.json()
    return client, answer.json()
