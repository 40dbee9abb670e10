"""Values the portal holds for a workload in one environment (W17): set, counted, removed, and never read out.

Only `configuring.held` reads a value, when it goes to a cluster. Must not: put a value, or anything made of one, into an
answer, an audit row, a log line or an error.
"""

from __future__ import annotations

import base64
import json

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from apps.audit.services import record
from apps.catalog.configuration.names import is_data_key
from apps.common.errors import Conflict, Invalid, Missing
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import Project, ProjectEnvironment
from apps.workloads.configuring.revisions import in_force
from apps.workloads.models import HeldSecret
from apps.workloads.rendering.secrets import PULL_KEY, own_keys

# As of a variable that is written into the document: what a process can be given is limited by the kernel.
LONGEST_VALUE = 32768
# What the API server accepts in one Secret.
MOST_BYTES = 1 << 20


def held_secrets(pair: ProjectEnvironment, workload: str) -> QuerySet[HeldSecret]:
    """What is held for a workload, without the values."""
    rows = HeldSecret.objects.filter(project_environment=pair, workload=workload, size__gt=0)
    return rows.select_related("set_by").defer("value")


def keys_in_use(pair: ProjectEnvironment, workload: str) -> frozenset[str]:
    """The keys that the configuration in force takes from the portal; `PULL_KEY` where it pulls with what is held."""
    now = in_force(pair, workload)
    if now is None:
        return frozenset()
    pulls = {PULL_KEY} & set(now.secret_versions)
    return frozenset(own_keys(now.document)) | pulls


def set_secret(pair: ProjectEnvironment, workload: str, key: str, value: str, *, actor: Actor) -> HeldSecret:
    """Hold a value under a key; every call makes a new version, for whether two values are equal is not told.

    Raises Invalid with `fields` for a key that no Secret can have, and for more than one Secret can hold.
    """
    _require(pair, actor)
    if not is_data_key(key) or key == PULL_KEY:
        problem = {"code": "configuration.bad_data_key", "params": {"name": "key", "value": key[:100]}}
        raise Invalid(fields={"key": [problem]})
    return _store(pair, workload, key, value, actor)


def set_pull_secret(
    pair: ProjectEnvironment, workload: str, *, registry: str, username: str, password: str, actor: Actor
) -> HeldSecret:
    """Hold what images are pulled with, in the form of `kubernetes.io/dockerconfigjson`."""
    _require(pair, actor)
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    login = {"username": username, "password": password, "auth": auth}
    return _store(pair, workload, PULL_KEY, json.dumps({"auths": {registry: login}}), actor)


def delete_secret(pair: ProjectEnvironment, workload: str, key: str, *, actor: Actor) -> None:
    """Forget a value; Missing when none is held, Conflict `secret.in_use` while the configuration in force names it.

    What images are pulled with is named by no document: it goes, and leaves the clusters with the next configuration.
    """
    _require(pair, actor)
    with transaction.atomic():
        rows = HeldSecret.objects.select_for_update().filter(project_environment=pair, workload=workload)
        found = rows.filter(key=key, size__gt=0).first()
        if found is None:
            raise Missing
        if key != PULL_KEY and key in keys_in_use(pair, workload):
            raise Conflict("secret.in_use", key=key, workload=workload, environment=pair.environment.slug)
        found.value, found.size, found.set_by_id, found.set_at = "", 0, actor.user_id, Now()
        found.save(update_fields=["value", "size", "set_by", "set_at"])
        _record("secret.deleted", found, pair, actor)


def forget_secrets(project: Project, *, actor: Actor) -> int:
    """Forget every value of a project that is closed; how many there were. In the transaction that closes it."""
    rows = HeldSecret.objects.filter(project_environment__project=project, size__gt=0)
    count = rows.update(value="", size=0, set_by=None, set_at=Now())
    if count:
        record("secret.all_deleted", target=project, params={"count": count}, project_id=project.pk, actor=actor)
    return count


def _store(pair: ProjectEnvironment, workload: str, key: str, value: str, actor: Actor) -> HeldSecret:
    size = len(value.encode())
    with transaction.atomic():
        ProjectEnvironment.objects.select_for_update(no_key=True).get(pk=pair.pk)  # one after the other, for the sum
        others = HeldSecret.objects.filter(project_environment=pair, workload=workload).exclude(key=key)
        together = size + (others.exclude(key=PULL_KEY).aggregate(bytes=Sum("size"))["bytes"] or 0)
        if key != PULL_KEY and together > MOST_BYTES:
            problem = {"code": "secret.too_large", "params": {"size": together, "most": MOST_BYTES}}
            raise Invalid(fields={"value": [problem]})
        found, _ = HeldSecret.objects.get_or_create(project_environment=pair, workload=workload, key=key)
        found.value, found.size, found.version = value, size, found.version + 1
        found.set_by_id, found.set_at = actor.user_id, Now()
        found.save()
        _record("secret.set", found, pair, actor)
    return held_secrets(pair, workload).get(key=key)


def _require(pair: ProjectEnvironment, actor: Actor) -> None:
    require(actor, "secret.manage", project_id=pair.project_id, environment_id=pair.environment_id)


def _record(action: str, row: HeldSecret, pair: ProjectEnvironment, actor: Actor) -> None:
    record(
        action,
        target=row,
        params={"workload": row.workload, "key": row.key, "version": row.version},
        project_id=pair.project_id,
        environment_id=pair.environment_id,
        actor=actor,
    )
