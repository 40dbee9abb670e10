"""Beginning an intake: the systems to read, or the rows of a CSV; and making rows of what was read (P9).

Must not: call outside; the readings are a worker's.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.access.intake import reading, table
from apps.access.intake.checking import SYSTEMS, Portal, check_row
from apps.access.intake.matching import Matched, match
from apps.access.intake.proposals import Settings, as_values
from apps.access.intake.things import Found
from apps.access.models import Intake, IntakeReading, IntakeRow
from apps.audit.services import record
from apps.catalog.models import Language, TemplateVersion
from apps.common.errors import Conflict
from apps.integrations.models import Cluster, Registry
from apps.policy.actor import Actor
from apps.projects.models import Environment

Json = dict[str, Any]
MOST_FOUND = 5000


def start_finding(*, actor: Actor) -> Intake:
    """A batch that reads every GitLab, Jenkins and cluster; Conflict when there is none, or one is read already."""
    systems = reading.systems()
    if not systems:
        raise Conflict("intake.nothing_to_read")
    with transaction.atomic():
        _one_at_a_time()
        intake = _made(Intake.Source.FOUND, Intake.State.READING, actor)
        IntakeReading.objects.bulk_create(IntakeReading(intake=intake, system=s, name=name) for s, name in systems)
        record("intake.started", target=intake, params={"source": "found", "systems": _names(systems)}, actor=actor)
    return intake


def start_csv(text: str, *, actor: Actor) -> Intake:
    """A batch of the rows of a CSV; Invalid with what is wrong with the file, line by line."""
    given = table.read_table(text)
    with transaction.atomic():
        intake = _made(Intake.Source.CSV, Intake.State.READY, actor)
        rows = [IntakeRow(intake=intake, confidence=IntakeRow.Confidence.CERTAIN, **values) for values in given]
        write_rows(rows)
        record("intake.started", target=intake, params={"source": "csv", "rows": len(rows)}, actor=actor)
    return intake


def _one_at_a_time() -> None:
    """Two searches at once would read everything twice; the second is told of the first."""
    running = Intake.objects.select_for_update().filter(state=Intake.State.READING).first()
    if running is not None:
        raise Conflict("intake.reading_already", intake=running.pk)


def _made(source: str, state: str, actor: Actor) -> Intake:
    return Intake.objects.create(source=source, state=state, created_by_id=actor.user_id)


def _names(systems: list[tuple[str, str]]) -> list[str]:
    return [name for _, name in systems]


def make_rows(intake: Intake) -> None:
    """The rows of all that was read, inside the caller's transaction, which holds the intake; then it is ready."""
    found = Found()
    for one in intake.readings.filter(state=IntakeReading.State.READ):
        found.add(one.system.partition(":")[0], one.found)
    matched = match(found)
    write_rows(_rows_of(intake, matched))
    intake.readings.update(found=[])
    left_out = {kind: told for kind, told in matched.left_out.items() if told["count"]}
    more = len(matched.proposals) - MOST_FOUND
    if more > 0:
        left_out["rows"] = {"count": more, "names": []}
    Intake.objects.filter(pk=intake.pk).update(state=Intake.State.READY, left_out=left_out)


def _rows_of(intake: Intake, matched: Matched) -> list[IntakeRow]:
    settings = _settings()
    proposals = matched.proposals[:MOST_FOUND]
    return [
        IntakeRow(intake=intake, number=number, **as_values(one, settings)) for number, one in enumerate(proposals, 1)
    ]


def _settings() -> Settings:
    registries = {row.host: row.name for row in Registry.objects.filter(is_enabled=True)}
    for cluster in Cluster.objects.exclude(pull_host="").filter(registry__is_enabled=True).select_related("registry"):
        assert cluster.registry is not None  # the filter's
        registries.setdefault(cluster.pull_host, cluster.registry.name)
    templates = TemplateVersion.objects.filter(kind=TemplateVersion.Kind.JENKINS_JOB).exclude(jenkins_template="")
    return Settings(
        registries=registries,
        languages=frozenset(Language.objects.values_list("slug", flat=True)),
        templates=dict(templates.values_list("jenkins_template", "language__slug")),
        order=tuple(Environment.objects.values_list("slug", flat=True)),
    )


def write_rows(rows: list[IntakeRow]) -> None:
    """Complete, check and store new rows; those that are certain and without a problem are ticked."""
    only = {name: _only_one(model) for name, model in SYSTEMS.items()}
    for row in rows:
        complete(row, only)
    portal = Portal(rows)
    for row in rows:
        place_workloads(row, portal)
    portal = Portal(rows)  # with the names and namespaces that the rows have now
    for row in rows:
        judge(row, portal)
        _warn(row, portal)
        is_sure = row.confidence == IntakeRow.Confidence.CERTAIN
        row.is_ticked = is_sure and not row.problems and row.state == IntakeRow.State.WAITING
    IntakeRow.objects.bulk_create(rows, batch_size=500)


def complete(row: IntakeRow, only: Json) -> None:
    """Fill in what follows from the rest: the only system of its kind, the name, the image's repository."""
    for name, value in only.items():
        if not getattr(row, name):
            setattr(row, name, value)
    row.name = row.name or row.slug
    row.gitlab_path = row.gitlab_path.strip("/").removesuffix(".git")
    row.image_repository = row.image_repository or row.gitlab_path.lower()[:255]


def place_workloads(row: IntakeRow, portal: Portal) -> None:
    """A Deployment without a namespace is where its placement says; its environment is one of the project's."""
    for one in row.workloads:
        place = portal.placement(one.get("environment", ""), one.get("cluster", ""))
        one.setdefault("namespace", "")
        if not one["namespace"] and place is not None:
            text = place.namespace_pattern.replace("{environment}", place.environment.slug)
            one["namespace"] = text.replace("{project}", row.slug)
        if one.get("environment") and one["environment"] not in row.environments:
            row.environments = [*row.environments, one["environment"]]


def judge(row: IntakeRow, portal: Portal) -> None:
    """Write what is wrong with it, or which project it is."""
    finding = check_row(row, portal)
    row.problems = finding.problems
    if finding.project is not None:
        row.state, row.project, row.error = IntakeRow.State.EXISTS, finding.project, None
    elif row.state == IntakeRow.State.EXISTS:
        row.state, row.project = IntakeRow.State.WAITING, None
    if row.problems or row.state == IntakeRow.State.EXISTS:
        row.is_ticked = False


def _warn(row: IntakeRow, portal: Portal) -> None:
    """What follows from taking it in that nobody sees in its values."""
    if row.state == IntakeRow.State.EXISTS:
        return
    users = [one.slug for one in portal.by_repository.get((row.gitlab, row.gitlab_path.lower()), [])]
    if users:
        row.why = [*row.why, {"code": "intake.repository_used", "params": {"projects": users[:5]}}]
        row.confidence = IntakeRow.Confidence.UNSURE
    if row.job and row.job.lower() == row.slug:
        row.why = [*row.why, {"code": "intake.job_in_the_way", "params": {"job": row.job}}]
    elif row.job:
        row.why = [*row.why, {"code": "intake.job_beside", "params": {"job": row.job, "project": row.slug}}]


def _only_one(model: Any) -> str:
    names = list(model._default_manager.filter(is_enabled=True).values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""
