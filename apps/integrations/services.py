"""Adding, changing and testing the rows of outside systems; each change with its audit row (law 8).

Must not: put a secret into the audit trail, call an outside system inside a transaction, or let a stored secret be
sent to another host than the one it was given for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.audit.services import ActorLike, record
from apps.common.db import db_now
from apps.common.errors import Conflict, IntegrationError, Invalid, Rejected
from apps.integrations.checklist import Check, Tell, tell_nobody
from apps.integrations.clients import get_gitlab, get_jenkins, get_kubernetes, get_registry
from apps.integrations.loop import run
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry
from apps.integrations.outbound import check_url
from apps.integrations.sessions import pinned

R = TypeVar("R", bound=Connection)
CHECK_SECONDS = 90.0
AUDIT_NAMES = {
    GitLabServer: "gitlab_server",
    JenkinsController: "jenkins_controller",
    Registry: "registry",
    Cluster: "cluster",
}


def create_connection(model: type[R], values: dict[str, Any], *, actor: ActorLike) -> R:
    """Add a row; the name must be new."""
    _check(model, values)
    row = model(**values)
    if values.get(model.SECRET_FIELD):
        _mark_credential(row, actor)
    try:
        with transaction.atomic():
            row.save()
            row.refresh_from_db()
            record(f"{AUDIT_NAMES[model]}.created", target=row, params=_shown(values, model), actor=actor)
    except IntegrityError:
        raise Conflict("integration.name_taken", name=row.name) from None
    return row


def update_connection(row: R, changes: dict[str, Any], *, actor: ActorLike) -> R:
    """Change a row. Another address needs the secret anew: a stored one is never sent to a new host."""
    model = type(row)
    _check(model, changes)
    secret, address = model.SECRET_FIELD, model.ADDRESS_FIELD
    try:
        with transaction.atomic():
            row = model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
            moved = address in changes and _origin(changes[address]) != _origin(getattr(row, address))
            redirected = "token_host" in changes and changes["token_host"] != getattr(row, "token_host", "")
            if (moved or redirected) and getattr(row, secret) and not changes.get(secret):
                problem = {"code": "integration.secret_needed", "params": {}}
                raise Invalid("integration.secret_needed", fields={secret: [problem]}, field=secret)
            before = {key: getattr(row, key) for key in changes}
            for key, value in changes.items():
                setattr(row, key, value)
            if moved and isinstance(row, Cluster):
                row.uid = ""
            if changes.get(secret):
                _mark_credential(row, actor)
            row.updated_at = Now()
            row.save()
            row.refresh_from_db()
            changed = {key: value for key, value in changes.items() if value != before[key]}
            record(f"{AUDIT_NAMES[model]}.updated", target=row, params=_shown(changed, model), actor=actor)
    except IntegrityError:
        raise Conflict("integration.name_taken", name=changes.get("name", row.name)) from None
    return row


def check_connection(
    row: Connection, *, namespace: str = "", repository: str = "", actor: ActorLike, tell: Tell = tell_nobody
) -> dict[str, Any]:
    """Test the connection, keep the result on the row, and answer it: `{at, ok, checks}`.

    `tell` hears each check as soon as it is known, on another thread, the last ones before the result is kept.
    """
    told: list[Check] = []

    def hear(check: Check) -> None:
        told.append(check)
        tell(check)

    checks = _run_checks(row, namespace, repository, hear, told)
    uid = next((str(c.params.get("uid", "")) for c in checks if c.name == "cluster_uid"), "")
    if isinstance(row, Cluster) and uid:
        checks = _with_identity(row, uid, checks)
    for check in checks[len(told) :]:
        tell(check)
    result = {
        "at": db_now().isoformat(),
        "ok": all(check.outcome != "failed" for check in checks),
        "checks": [check.as_json() for check in checks],
    }
    model = type(row)
    changes: dict[str, Any] = {"last_check": result}
    if isinstance(row, Cluster) and uid and not row.uid and result["ok"]:
        changes["uid"] = uid
    failed = [check.name for check in checks if check.outcome == "failed"]
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=row.pk).update(**changes)
            params = {"ok": result["ok"], "failed": failed}
            record(f"{AUDIT_NAMES[model]}.tested", target=row, params=params, actor=actor)
    except IntegrityError:
        # Another row of the same cluster was tested at the same moment and came first.
        raise Conflict("cluster.uid_taken", system=row.SYSTEM, name=row.name, other="") from None
    return result


def probe_connection(row: Connection, seconds: float) -> list[Check]:
    """The checks of the connection within that time, kept nowhere: for a look that changes nothing. No rows are read."""
    heard: list[Check] = []
    return _run_checks(row, "", "", heard.append, heard, seconds)


def _run_checks(
    row: Connection, namespace: str, repository: str, hear: Tell, heard: list[Check], seconds: float = CHECK_SECONDS
) -> list[Check]:
    try:
        return run(_checks_of(row, namespace, repository, hear), seconds)
    except IntegrationError as error:  # switched off, or out of time: what was known by then stays
        return [*heard, Check("connection", "failed", 0, error.code, error.params)]


def _checks_of(row: Connection, namespace: str, repository: str, tell: Tell) -> Coroutine[Any, Any, list[Check]]:
    makers: dict[type[Connection], Callable[[Any], Coroutine[Any, Any, list[Check]]]] = {
        GitLabServer: lambda one: get_gitlab(one).check(tell=tell),
        JenkinsController: lambda one: get_jenkins(one).check(tell=tell),
        Registry: lambda one: get_registry(one).check(repository, tell=tell),
        Cluster: lambda one: get_kubernetes(one).self_check(namespace, tell=tell),
    }
    return makers[type(row)](row)


def _with_identity(row: Cluster, uid: str, checks: list[Check]) -> list[Check]:
    """Red if the address leads to another cluster than before, or to one that has a row already."""
    if row.uid and row.uid != uid:
        error = Rejected("cluster.uid_changed", system=row.SYSTEM, name=row.name, what="uid")
        return [*checks, Check("identity", "failed", 0, error.code, error.params)]
    other = Cluster.objects.filter(uid=uid).exclude(pk=row.pk).first()
    if other is not None:
        error = Rejected("cluster.uid_taken", system=row.SYSTEM, name=row.name, what="uid", other=other.name)
        return [*checks, Check("identity", "failed", 0, error.code, error.params)]
    return checks


def _check(model: type[Connection], values: dict[str, Any]) -> None:
    """Addresses the portal may call, certificates it can read."""
    address = model.ADDRESS_FIELD
    if address in values:
        allow_loopback = settings.CONFIG.allow_loopback or settings.DEBUG
        values[address] = check_url(values[address], allow_loopback=allow_loopback, field=address)
    if values.get("ca_pem"):
        try:
            pinned(values["ca_pem"])
        except ValueError:
            problem = {"code": "integration.ca_invalid", "params": {}}
            raise Invalid("integration.ca_invalid", fields={"ca_pem": [problem]}) from None


def _mark_credential(row: Connection, actor: ActorLike) -> None:
    row.credential_set_at = db_now()
    row.credential_set_by_id = actor.user_id


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port


def _shown(values: dict[str, Any], model: type[Connection]) -> dict[str, Any]:
    """What the audit trail says of a change: names of secrets and certificates, values of the rest."""
    hidden = {model.SECRET_FIELD, "ca_pem"}
    shown = {key: str(value) for key, value in values.items() if key not in hidden and value is not None}
    return {"values": shown, "replaced": sorted(key for key in values if key in hidden and values[key])}
