"""The steps of a `configure` ticket: apply a revision to one cluster, and see its pods arrive.

Every object is applied on its own under the step's key, so that a visit after a crash finds what is done and goes on.
Must not: change an image, a namespace or a quota, or call success what was not observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Q

from apps.common.errors import IntegrationError, NotFound
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import config_key, is_same_step
from apps.integrations.kubernetes.paths import plural_of
from apps.integrations.kubernetes.types import STEP_KEY
from apps.integrations.loop import run
from apps.tickets import registry
from apps.tickets.brakes import BrakeOnError
from apps.tickets.calls import write
from apps.tickets.models import Step, StepStatus
from apps.tickets.outcomes import Canceled, Done, Errored, Failed, Outcome, Waiting
from apps.tickets.visit import CancelRequestedError, Visit
from apps.workloads.configuring.held import filled
from apps.workloads.configuring.live import (
    Live,
    belongs_to_others,
    left_over,
    object_name,
    read_before,
    read_live,
    takes_own_image,
    wanted_objects,
    what_it_does,
)
from apps.workloads.configuring.planning import Plan, Target, plan_for
from apps.workloads.configuring.revisions import assert_values
from apps.workloads.models import ConfigurationRevision
from apps.workloads.observe import Judgement, Seen, deadline_before, digest_of, judge, see
from apps.workloads.rendering import changes
from apps.workloads.selectors import as_query

Json = dict[str, Any]
APPLY, AWAIT = "apply_configuration", "await_configuration"
CLUSTER = "cluster:"  # how the bulkhead of a step that changes a cluster begins
UNREADABLE = ("outside.bad_answer", "outside.too_large")


def deadline() -> float:
    """How long one outside call of a step may take, in seconds."""
    return float(settings.CONFIG.outside_timeout)


@dataclass
class _Work:
    """One visit at one cluster. `befores` are the live objects by the place of the wanted ones."""

    visit: Visit
    client: Kubernetes
    plan: Plan
    target: Target
    live: Live
    wanted: list[Json]
    befores: list[Json | None]
    gone: list[Json]
    take_over: bool
    may_be_there: bool
    image: str = ""
    on_open: Callable[[], None] | None = None
    is_open: bool = False
    has_written: bool = False

    @property
    def is_half_way(self) -> bool:
        """Whether an earlier visit of this step changed something: then it is brought to its end."""
        return any(one is not None and is_same_step(config_key(one), self.visit.key) for one in self.befores)

    def open(self) -> None:
        """Before the first write of a visit: frozen, the intent saved, no brake, no cancel (D8, D17, E10)."""
        if self.is_open:
            return
        with self.visit.owned():
            self.visit.freeze()
        if self.on_open is not None:
            self.on_open()
        intent = {"workload": self.plan.name, "stale_deadline": self.stale_deadline, "objects": self.does}
        try:
            if self.visit.is_cancelling and self.is_half_way:
                self.visit.save_intent(**intent)
            else:
                self.visit.save_intent_unless_cancelled(**intent)
        except (CancelRequestedError, BrakeOnError):
            self.take_back()
            raise
        self.is_open = True

    @property
    def stale_deadline(self) -> str:
        """The deadline condition that stood there before our change, and says nothing of it."""
        if self.visit.was_begun:
            return str((self.visit.step.intent or {}).get("stale_deadline", ""))
        return deadline_before(self.live.deployment or {})

    @property
    def does(self) -> list[Json]:
        """What the step does to each object, as its first visit found them: one that goes on half way tells it all."""
        begun = self.visit.step.intent or {}
        if "objects" in begun:
            return list(begun["objects"])
        rows = [what_it_does(one, before) for one, before in zip(self.wanted, self.befores, strict=True)]
        return rows + [{"object": object_name(one), "did": "removed"} for one in self.gone]

    def take_back(self) -> None:
        """As long as this ticket changed no cluster, gates and approvals are read again by a retry (D17)."""
        if self.may_be_there or self.has_written or self.is_half_way:
            return
        steps = Step.objects.filter(ticket=self.visit.ticket, system__startswith=CLUSTER)
        others = steps.exclude(pk=self.visit.step.pk)
        with self.visit.owned():
            if not others.filter(Q(intent__isnull=False) | Q(status=StepStatus.SUCCEEDED)).exists():
                self.visit.unfreeze()

    def send(self, make: Any) -> Any:
        """One write; when it surely was not made and nothing was before it, nothing says that it may have been."""
        self.open()
        try:
            answer = write(self.visit, make(), deadline())
        except IntegrationError as error:
            surely_not = not error.unknown and error.code not in UNREADABLE
            if surely_not and not self.may_be_there and not self.has_written and not self.is_half_way:
                self.visit.forget_intent()
                self.take_back()
            raise
        self.has_written = True
        return answer


@registry.step(APPLY, writes=True)
def apply_configuration(visit: Visit) -> Outcome:
    """The revision of the ticket, with the image that runs."""
    return apply_revision(visit, _revision(visit), visit.params["cluster_id"])


def apply_revision(
    visit: Visit,
    revision: ConfigurationRevision,
    cluster_id: int,
    *,
    image: str = "",
    on_open: Callable[[], None] | None = None,
) -> Outcome:
    """Apply what differs, object by object, then delete what the document no longer gives.

    image: one that comes with the document (R8), in the same write; "" for the one that runs.
    on_open: what the caller writes down before the first write of a visit.
    """
    plan, target = _where(revision, cluster_id)
    if target is None or target.refused is not None:
        reason = target.refused if target and target.refused else _gone(visit)
        return Failed(reason["code"], reason["params"])
    if not visit.is_cancelling:
        assert_values(revision, plan)
    work = run(_read(visit, get_kubernetes(target.cluster), plan, target, revision, image), deadline() * 2)
    work.on_open = on_open
    foreign = [why for one in work.befores if one is not None and (why := belongs_to_others(plan, target, one))]
    if foreign:
        return Failed(foreign[0]["code"], foreign[0]["params"])
    if visit.is_cancelling and not work.is_half_way:
        return Canceled()
    assert_values(revision, plan)
    return _write(work)


def _write(work: _Work) -> Done:
    live = work.live.deployment or {}
    for wanted, before in zip(work.wanted, work.befores, strict=True):
        after = _apply(work, wanted, before)
        if wanted["kind"] == "Deployment":
            live = after
    for one in work.gone:
        _remove(work, one)
    is_running = any(one["kind"] == "Deployment" for one in work.wanted)
    return Done(
        {
            "objects": work.does,
            "image": work.image or work.live.image(work.target.container),
            "generation": live["metadata"]["generation"] if is_running else None,
            "deployment_uid": live["metadata"]["uid"] if is_running else "",
            "stale_deadline": work.stale_deadline,
        }
    )


def _revision(visit: Visit) -> ConfigurationRevision:
    return ConfigurationRevision.objects.select_related(
        "configuration__project_environment__project", "configuration__project_environment__environment"
    ).get(ticket=visit.ticket)


def _where(revision: ConfigurationRevision, cluster_id: int) -> tuple[Plan, Target | None]:
    head = revision.configuration
    plan = plan_for(head.project_environment, head.name)
    return plan, next((one for one in plan.targets if one.cluster.pk == cluster_id), None)


def _gone(visit: Visit) -> Json:
    params = {"cluster": visit.params["cluster"], "environment": str(visit.ticket.environment)}
    return {"code": "configuration.target_gone", "params": params}


async def _read(
    visit: Visit, client: Kubernetes, plan: Plan, target: Target, revision: ConfigurationRevision, image: str
) -> _Work:
    live = await read_live(client, target, plan.name)
    wanted = wanted_objects(revision.document, plan, target, live, revision.number, image=image)
    befores = []
    for one in wanted:
        if one["kind"] == "Deployment":
            befores.append(live.deployment)
        else:
            befores.append(await read_before(client, plan, target, one))
    gone = await left_over(client, plan, target, wanted)
    take_over = visit.ticket.form.get("take_over") is True
    return _Work(visit, client, plan, target, live, wanted, befores, gone, take_over, visit.was_begun, image)


def _apply(work: _Work, wanted: Json, before: Json | None) -> Json:
    """One object as it stands afterwards; what is right already and has this step's key is left alone."""
    if before is not None and is_same_step(config_key(before), work.visit.key) and not changes(before, wanted):
        return before
    version = str(before["metadata"]["resourceVersion"]) if before and wanted["kind"] == "Deployment" else ""
    sent = filled(wanted, work.plan.pair, work.plan.name)
    # The write carries the version that this is asked of.
    asks = bool(version and work.image) and not work.take_over
    force = run(takes_own_image(work.client, sent, before, work.visit.key), deadline()) if asks else work.take_over
    applied = work.send(
        lambda: work.client.apply(sent, key=work.visit.key, seen=before, resource_version=version, force=force)
    )
    return dict(applied.object)


def _remove(work: _Work, one: Json) -> None:
    metadata = one["metadata"]
    work.send(
        lambda: work.client.delete_object(plural_of(one), work.target.namespace, metadata["name"], uid=metadata["uid"])
    )


@registry.step(AWAIT, writes=False, settles=True)
def await_configuration(visit: Visit) -> Outcome:
    """Done only when the cluster itself, read now, shows every replica at our generation with its image (law 5)."""
    applied = visit.output_of(APPLY, visit.step.target)
    if not applied.get("generation"):
        return Done()
    plan, target = _where(_revision(visit), visit.params["cluster_id"])
    if target is None:
        reason = _gone(visit)
        return Errored(reason["code"], reason["params"])
    try:
        seen = run(_see(get_kubernetes(target.cluster), target, plan.name), deadline() * 2)
    except NotFound:
        raise
    except IntegrationError as error:
        if error.retryable or error.unknown:
            raise
        return Errored(error.code, error.params)  # a credential, a certificate: we could not tell (law 4)
    judgement = _judged(seen, applied, is_patient=visit.age < settings.CONFIG.refused_pods_seconds)
    if judgement.state == "moving" and visit.age <= settings.CONFIG.rollout_deadline_seconds:
        told = {"code": judgement.code, "params": judgement.params}
        return Waiting(settings.CONFIG.rollout_recheck_seconds, told)
    if judgement.state == "moving":
        return Failed("rollout.deadline", {**judgement.params, "last": judgement.code})
    if judgement.state == "failed":
        return Failed(judgement.code, judgement.params)
    return Done({"generation": applied["generation"], "notes": list(judgement.notes)})


async def _see(client: Kubernetes, target: Target, name: str) -> Seen:
    deployment = await client.get_deployment(target.namespace, name)
    pods = await client.list_pods(target.namespace, as_query(deployment["spec"]["selector"]))
    return see(deployment, pods, target.container, STEP_KEY)


def _judged(seen: Seen, applied: Json, *, is_patient: bool) -> Judgement:
    digest = digest_of(applied["image"])
    if not digest:
        # Deployed by tag: what the tag meant is unknown, so that no imageID can contradict it.
        seen = replace(seen, pods=[replace(pod, image_id="") for pod in seen.pods])
    return judge(
        seen,
        digest=digest,
        generation=applied["generation"],
        is_patient=is_patient,
        stale_deadline=applied.get("stale_deadline", ""),
    )
