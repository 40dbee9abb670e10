"""Presets of the configuration form (W3): reading, saving and deleting them, and what never goes into one.

A preset is filled into forms of other environments, so what belongs to one environment is taken out here and not left
to whoever saves it. Must not: complete a document, or judge it by standards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from apps.audit.services import record
from apps.catalog.configuration.parts_scale import WORKLOADS
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.validate import check_shape
from apps.catalog.models import Language
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor
from apps.policy.services import allowed, require
from apps.projects.models import Project
from apps.workloads.models import ConfigurationPreset

Json = dict[str, Any]

SCOPES = ("project", "language")
# A preset belongs to no tier, and the tiers differ in defaults alone, which a preset does not get.
ANY_TIER = "test"


def presets_of(project: Project | None, language: Language | None) -> QuerySet[ConfigurationPreset]:
    """The presets of the one and of the other, with what an answer shows."""
    wanted = Q()
    if project is not None:
        wanted |= Q(project=project)
    if language is not None:
        wanted |= Q(language=language)
    rows = ConfigurationPreset.objects.filter(wanted) if wanted else ConfigurationPreset.objects.none()
    return rows.select_related("project", "language", "created_by")


def create_preset(owner: Project | Language, name: str, document: Json, *, actor: Actor) -> ConfigurationPreset:
    """Save the document under a name, without what belongs to one environment.

    Raises Invalid with `fields` for a document of a wrong shape, Conflict `preset.name_taken`.
    """
    project = owner if isinstance(owner, Project) else None
    language = owner if isinstance(owner, Language) else None
    _require_to_write(project, actor)
    _check(document, project.language if project else owner.slug)
    try:
        with transaction.atomic():
            made = ConfigurationPreset.objects.create(
                name=name,
                project=project,
                language=language,
                document=for_any_environment(document),
                created_by_id=actor.person_id,
            )
            _record("preset.created", made, actor)
    except IntegrityError as error:
        raise Conflict("preset.name_taken", name=name, owner=owner.slug) from error
    return made


def delete_preset(preset_id: int, *, actor: Actor) -> None:
    """Delete a preset; Missing when there is none, or none that the actor may know of."""
    with transaction.atomic():
        found = ConfigurationPreset.objects.select_for_update(of=("self",)).filter(pk=preset_id).first()
        if found is None:
            raise Missing
        if found.project_id is None:
            require(actor, "standard.manage", obj=found)
        else:
            require(actor, "preset.delete", project_id=found.project_id, obj=found)
        _record("preset.deleted", found, actor)
        found.delete()


def deletable(presets: Iterable[ConfigurationPreset], actor: Actor) -> set[int]:
    """The ids of those that the actor may delete."""
    found = set()
    for one in presets:
        action = "standard.manage" if one.project_id is None else "preset.delete"
        if allowed(actor, action, project_id=one.project_id, obj=one).allowed:
            found.add(one.pk)
    return found


def for_any_environment(document: Json) -> Json:
    """The document without what belongs to one environment.

    A host is left out together with the answer that asked for it, for without its host that answer is another one: a
    LoadBalancer. Of the hosts only the entries go, which are addresses of one network. Names of Secrets stay; values of
    secrets are in no document.
    """
    kept = dict(document)
    if (kept.get("exposure") or {}).get("host"):
        del kept["exposure"]
    if "hosts" in kept:
        kept["hosts"] = {name: value for name, value in kept["hosts"].items() if name != "entries"}
    return kept


def _require_to_write(project: Project | None, actor: Actor) -> None:
    if project is None:
        require(actor, "standard.manage")
    else:
        require(actor, "preset.create", project_id=project.pk)


def _check(document: Json, language: str) -> None:
    workload = document.get("workload")
    check_shape(document, schema_for(language, ANY_TIER, workload if workload in WORKLOADS else "service"))


def _record(action: str, preset: ConfigurationPreset, actor: Actor) -> None:
    params = {"scope": preset.scope, "owner": str(preset.project or preset.language)}
    record(action, target=preset, params=params, project_id=preset.project_id, actor=actor)
