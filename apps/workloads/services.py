"""Adopting an existing Deployment as a workload (D21). Must not: change anything in a cluster."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.audit.services import record
from apps.common.errors import Conflict, Invalid, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import Environment, Placement, Project, ProjectEnvironment
from apps.workloads.models import Workload
from apps.workloads.observe import container_image


def adopt_workload(
    project: Project,
    environment: Environment,
    *,
    cluster: str,
    deployment: str,
    container: str,
    name: str = "",
    namespace: str = "",
    actor: Actor,
) -> Workload:
    """Take an existing Deployment's container into the portal (ops); the project then uses that environment.

    Raises Invalid naming the field when the environment has no such cluster, the Deployment or container is missing.
    """
    require(actor, "workload.adopt", project_id=project.pk, environment_id=environment.pk)
    placement = (
        Placement.objects.select_related("cluster", "environment")
        .filter(environment=environment, cluster__name=cluster)
        .first()
    )
    if placement is None:
        raise _refused("cluster", "workload.no_placement", environment=environment.slug, cluster=cluster)
    expected = placement.namespace_for(project)
    if namespace and namespace != expected:
        raise _refused("namespace", "workload.other_namespace", namespace=namespace, expected=expected)
    uid = look_at_deployment(placement, expected, deployment, container)
    with transaction.atomic():
        return write_workload(
            project, placement, deployment=deployment, container=container, uid=uid, name=name, actor=actor
        )


def write_workload(
    project: Project, placement: Placement, *, deployment: str, container: str, uid: str, name: str = "", actor: Actor
) -> Workload:
    """The row of a Deployment that was looked at, with its audit row; inside the caller's transaction.

    The project then uses the placement's environment. Conflict `workload.adopted_already` when somebody has it.
    """
    namespace, environment = placement.namespace_for(project), placement.environment
    try:
        with transaction.atomic():
            pair, _ = ProjectEnvironment.objects.get_or_create(project=project, environment=environment)
            workload = Workload.objects.create(
                project_environment=pair,
                placement=placement,
                name=name or deployment[:63],
                namespace=namespace,
                deployment=deployment,
                container=container,
                deployment_uid=uid,
                adopted_by_id=actor.user_id,
            )
    except IntegrityError as error:
        cluster = placement.cluster.name
        raise Conflict(
            "workload.adopted_already", deployment=deployment, namespace=namespace, cluster=cluster
        ) from error
    record(
        "workload.adopted",
        target=workload,
        params={"cluster": placement.cluster.name, "container": container},
        project_id=project.pk,
        environment_id=environment.pk,
        actor=actor,
    )
    return workload


def _refused(field: str, code: str, **params: str) -> Invalid:
    return Invalid(code, fields={field: [{"code": code, "params": params}]}, **params)


def look_at_deployment(placement: Placement, namespace: str, deployment: str, container: str) -> str:
    """The Deployment's uid, asked of the cluster; Invalid naming the field when it or its container is not there."""
    client = get_kubernetes(placement.cluster)
    where = {"deployment": deployment, "namespace": namespace, "cluster": placement.cluster.name}
    try:
        found = run(client.get_deployment(namespace, deployment), settings.CONFIG.outside_timeout)
    except NotFound as error:
        raise _refused("deployment", "workload.deployment_missing", **where) from error
    if not container_image(found, container):
        raise _refused("container", "workload.container_missing", container=container, **where)
    return str(found["metadata"]["uid"])
