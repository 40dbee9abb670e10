"""What the tests of held secrets share: setting values, looking into clusters, and searching everything for a value.

Must not: hold expectations.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from django.db import connection

from tests.releases.hand import SLUG, Cluster
from tests.support.story import CLUSTERS, Company
from tests.tickets.web import signed_in

Json = dict[str, Any]
OLD, NEW = "correct-horse-battery-staple", "tr0ub4dor-and-three"
OWN, PULL = f"{SLUG}-secrets", f"{SLUG}-pull"
DOCUMENT: Json = {
    "replicas": 1,
    "secrets": [{"name": "DB_PASSWORD", "secret": "", "key": "db"}],
    "shutdown": {"deregister": [], "sleep_seconds": 10, "grace_seconds": 40},
}


def hold(company: Company, value: str = OLD, key: str = "db", environment: str = "test") -> Json:
    """Ops set a value over the API."""
    url = f"/api/v1/projects/{SLUG}/secrets/{environment}/{SLUG}/{key}"
    body: Json = {"value": value}
    if key == ".pull":
        body = {"registry": "registry.example", "username": "robot", "password": value}
    answer = signed_in(company.people["ops"]).put(url, body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def drop(company: Company, key: str = "db", environment: str = "test") -> None:
    """Ops remove one."""
    url = f"/api/v1/projects/{SLUG}/secrets/{environment}/{SLUG}/{key}"
    assert signed_in(company.people["ops"]).delete(url).status_code == 204


def secret(company: Company, cluster: str = "test-1", name: str = OWN) -> Json | None:
    """A Secret as the cluster has it, its values decoded; None where there is none."""
    there = Cluster(company, cluster)
    try:
        found = there.call("GET", f"/api/v1/namespaces/{there.namespace}/secrets/{name}")
    except OSError as error:
        assert "404" in str(error)
        return None
    return {**found, "data": {key: base64.b64decode(text).decode() for key, text in (found.get("data") or {}).items()}}


def template(company: Company, cluster: str = "test-1") -> Json:
    """The pod template of the Deployment."""
    return dict(Cluster(company, cluster).deployment()["spec"]["template"])


def swept_of_secrets(company: Company) -> None:
    """No cluster has a Secret of the workload's name."""
    for name in [one for names in CLUSTERS.values() for one in names]:
        there = Cluster(company, name)
        for one in (OWN, PULL):
            try:
                there.call("DELETE", f"/api/v1/namespaces/{there.namespace}/secrets/{one}")
            except OSError:
                continue  # it never came to be


def forms_of(*values: str) -> list[str]:
    """How a value may show itself: plain, and as a Secret's data."""
    return [form for value in values for form in (value, base64.b64encode(value.encode()).decode().rstrip("="))]


def rows_with(texts: list[str]) -> Iterator[str]:
    """Tables with a row that holds one of the texts, in any column."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            if any(text in row[0] for row in cursor.fetchall() for text in texts):
                yield table
