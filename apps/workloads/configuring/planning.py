"""Where a configuration goes: one target per enabled placement of the environment, in waves; and for whom it is made.

From rows alone. Must not: call a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Q

from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.subject import Subject as DocumentSubject
from apps.catalog.configuration.validate import normalize
from apps.catalog.services import sidecar_image
from apps.catalog.standards.look import Subject as JudgedSubject
from apps.common.errors import Invalid
from apps.integrations.models import Cluster
from apps.projects.api import hosts_entries
from apps.projects.models import Placement, ProjectEnvironment
from apps.workloads.configuring.held import held_keys
from apps.workloads.models import ConfigurationRevision, Workload
from apps.workloads.rendering import HostEntry, Subject
from apps.workloads.rendering.container import has_sidecar
from apps.workloads.rendering.secrets import versions
from apps.workloads.rendering.subject import HeldKey

Json = dict[str, Any]
Reason = dict[str, Any]

WORKLOAD_NAME = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"  # of a Service, the strictest of the objects (RFC 1035)
WORKLOADS = ("service", "worker", "cron")
# Changes when the same document would be rendered into other objects.
TEMPLATE_VERSION = "1"
MAIN_CONTAINER = "app"
NO_SIDECAR = "rendering.no_sidecar_image"


@dataclass(frozen=True)
class Target:
    """One cluster a configuration goes to. `refused`: why it cannot go there, whatever the cluster says.

    `placement` is the id of the row that puts it there.
    """

    cluster: Cluster
    wave: int
    namespace: str
    container: str
    refused: Reason | None = None
    placement: int = 0


@dataclass(frozen=True)
class Plan:
    """All targets by wave; `left_out` are the names of clusters that are switched off."""

    pair: ProjectEnvironment
    name: str
    targets: tuple[Target, ...]
    left_out: tuple[str, ...]
    hosts: tuple[HostEntry, ...]
    held: tuple[HeldKey, ...] = ()
    sidecar_image: str = ""

    def subject(self, target: Target, image: str, revision: int, *, key: str = "") -> Subject:
        """Whom the objects of a target are rendered for; `key` is a step's, for a pre-rollout Job."""
        project, environment = self.pair.project, self.pair.environment
        return Subject(
            project=project.slug,
            environment=environment.slug,
            tier=environment.tier,
            language=project.language,
            workload_name=self.name,
            namespace=target.namespace,
            image=image,
            revision=revision,
            template_version=TEMPLATE_VERSION,
            environment_hosts=self.hosts,
            rack_label=target.cluster.rack_label,
            container=target.container,
            key=key,
            held=self.held,
            sidecar_image=self.sidecar_image,
        )

    def secret_versions(self, document: Json) -> dict[str, int]:
        """`{key: version}` of the held values that go with a document now."""
        return versions(document, self.held)

    def as_of(self, revision: ConfigurationRevision) -> Plan:
        """The plan with the held values that went with a revision, whatever is held by now; for what is not applied."""
        past = sorted(revision.secret_versions.items())
        return replace(self, held=tuple(HeldKey(key, version, f"version {version}") for key, version in past))


def plan_for(pair: ProjectEnvironment, name: str) -> Plan:
    """The plan of a workload's configuration; `pair` with its project and environment."""
    placements = (
        Placement.objects.filter(environment=pair.environment_id)
        .select_related("cluster")
        .order_by("wave", "cluster__name")
    )
    targets = [_target(pair, name, one) for one in placements if one.cluster.is_enabled]
    left_out = [one.cluster.name for one in placements if not one.cluster.is_enabled]
    hosts = tuple(HostEntry(one.ip, one.names) for one in hosts_entries(pair.environment))
    held, sidecar = held_keys(pair, name), sidecar_image(pair.project.language)
    return Plan(pair, name, tuple(targets), tuple(left_out), hosts, held, sidecar)


def _target(pair: ProjectEnvironment, name: str, placement: Placement) -> Target:
    """A Deployment that is in the portal already keeps its container; one of another name or project is not touched."""
    namespace, cluster = placement.namespace_for(pair.project), placement.cluster
    known = (
        Workload.objects.filter(Q(name=name, project_environment=pair) | Q(deployment=name), placement=placement)
        .select_related("project_environment__project")
        .order_by("id")
    )
    container, refused = MAIN_CONTAINER, None
    for one in known:
        if one.project_environment_id != pair.pk:
            params = {"object": f"Deployment {name}", "namespace": namespace, "cluster": cluster.name}
            project = one.project_environment.project.slug
            refused = {"code": "configuration.object_of_others", "params": {**params, "project": project}}
        elif one.deployment != name:
            params = {"workload": name, "deployment": one.deployment, "cluster": cluster.name}
            refused = {"code": "configuration.other_deployment", "params": params}
        else:
            container = one.container
    return Target(cluster, placement.wave, namespace, container, refused, placement.pk)


def document_subject(pair: ProjectEnvironment, name: str) -> DocumentSubject:
    """Whom computed defaults are about."""
    project, environment = pair.project, pair.environment
    return DocumentSubject(project.slug, environment.slug, environment.tier, project.language, name)


def judged_subject(pair: ProjectEnvironment, name: str, image: str) -> JudgedSubject:
    """Whom the standards judge; `image` "" while none runs."""
    about = document_subject(pair, name)
    return JudgedSubject(**about.__dict__, image=image, company_zone=settings.CONFIG.time_zone)


def schema_of(pair: ProjectEnvironment, workload: Any = "service") -> Json:
    """The schema for a pair; of a `workload` that is none the service's, which then refuses it by its field."""
    kind = workload if workload in WORKLOADS else "service"
    return schema_for(pair.project.language, pair.environment.tier, kind)


def completed(pair: ProjectEnvironment, name: str, document: Json) -> Json:
    """The document checked and completed; Invalid with `fields` for what cannot be."""
    workload = document.get("workload")
    schema = schema_of(pair, workload if isinstance(workload, str) else "service")
    whole = normalize(document, schema, document_subject(pair, name))
    if has_sidecar(whole) and not sidecar_image(pair.project.language):
        params = {"language": pair.project.language}
        problem = {"code": NO_SIDECAR, "params": params}
        raise Invalid(NO_SIDECAR, fields={"/sidecar/logging": [problem]}, **params)
    return whole
