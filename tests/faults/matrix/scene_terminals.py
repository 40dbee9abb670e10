"""The scenes of the emergency terminal: a glass that was broken and a shell that was left, and a pod that is recycled.

Must not: judge, or know any fault.
"""

from __future__ import annotations

from django.db.models.functions import Now

from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.releases.models import Release
from apps.terminals.models import TerminalSession
from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from apps.workloads.observe import digest_of
from tests.faults.matrix.cells import Cell, MatrixError
from tests.faults.matrix.scenes import Scene, Stage, scene
from tests.releases.hand import SLUG

REASON = "The crash matrix says so."


def _workload(cluster: str) -> Workload:
    return Workload.objects.select_related("placement__cluster").get(placement__cluster__name=cluster, deployment=SLUG)


@scene("emergency_shell")
def _shell_scene(stage: Stage, _cell: Cell) -> Scene:
    """Its requester has opened one shell, used it and left: the ticket tells ops, sees that, and ends."""
    form = {"workload": _workload("dc1").pk, "minutes": 5, "break_glass": True, "reason": REASON}
    ticket = stage.company.file("emergency_shell", "developer", SLUG, "production", **form)
    _left(ticket)
    return Scene(ticket, (), (), release=stage.tested[0], made=[])


def _left(ticket: Ticket) -> None:
    """A session of the ticket as it is when all is over, also the look into its container."""
    workload = _workload("dc1")
    TerminalSession.objects.create(
        project=ticket.project,
        environment_id=ticket.environment_id,
        workload=workload,
        cluster=workload.placement.cluster,
        namespace=workload.namespace,
        pod="gone",
        pod_uid=str(ticket.key),
        container=workload.container,
        user=ticket.requester,
        ticket=ticket,
        reason=REASON,
        is_break_glass=True,
        minutes=5,
        state=TerminalSession.State.ENDED,
        first_used_at=Now(),
        ends_at=Now(),
        ended_at=Now(),
        end_code="terminal.end.left",
        cleanup_state=TerminalSession.Cleanup.DONE,
    )


@scene("recycle_pod")
def _recycle_scene(stage: Stage, _cell: Cell) -> Scene:
    """One of the pods in test goes, once, and another takes its place."""
    running = Release.objects.filter(digest=digest_of(stage._image("test-1"))).last()
    if running is None:
        raise MatrixError("In test something runs that was not released here.")
    workload = _workload("test-1")
    client = get_kubernetes(workload.placement.cluster)
    pods = run(client.list_pods(workload.namespace, f"app={SLUG}"), 10)
    pod = next(one["metadata"] for one in pods if "deletionTimestamp" not in one["metadata"])
    form = {"workload": workload.pk, "pod": pod["name"], "uid": pod["uid"], "reason": REASON}
    ticket = stage.company.file("recycle_pod", "developer", SLUG, "test", **form)
    return Scene(ticket, (), ("test-1",), release=running, made=[("cluster test-1", "pods.delete")])
