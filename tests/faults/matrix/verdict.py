"""What the outside's journals and the cluster say after a cell, and what the portal may not have left behind.

Must not: take the portal's word for anything that happened outside.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from apps.tickets.models import Slot, Step, Ticket
from tests.faults.matrix.ground import Ground
from tests.faults.matrix.scenes import REPO, Scene
from tests.faults.nursery import Marks
from tests.releases.hand import Cluster

THINGS = [
    f"{thing}.{verb}"
    for thing, verbs in (
        ("hook", ("create", "update", "delete")),
        ("job", ("create", "config.set", "delete")),
        ("namespaces", ("create", "patch", "delete")),
        ("resourcequotas", ("create", "patch", "delete")),
        ("configmaps", ("delete",)),
        ("pods", ("delete",)),
    )
    for verb in verbs
]


class Verdict:
    """Collects the facts of one cell and a sentence for each that is wrong."""

    def __init__(self, ground: Ground, scene: Scene, marks: Marks) -> None:
        self.ground, self.scene, self.marks = ground, scene, marks
        self.wrong: list[str] = []
        self.journal: dict[str, Any] = {}

    def read(self) -> None:
        """Everything there is to see once the ticket succeeded and every worker has gone."""
        self._tags()
        self._builds()
        self._images()
        self._jobs()
        self._callbacks()
        self._things()
        self._zombies()

    def _tags(self) -> None:
        made = self.marks.count("gitlab", "tag.create")
        self.journal["tags"] = made
        if made != self.scene.tags:
            self.wrong.append(f"{made} tags instead of {self.scene.tags}")

    def _builds(self) -> None:
        keys = Counter(str(e.detail["key"]) for e in self.marks.entries("jenkins", "build.start"))
        self.journal["builds"] = sum(keys.values())
        doubled = [key for key, times in keys.items() if times > 1]
        if doubled:
            self.wrong.append(f"{len(doubled)} keys were built more than once")
        if len(keys) != self.scene.builds:
            self.wrong.append(f"{len(keys)} builds instead of {self.scene.builds}")

    def _jobs(self) -> None:
        """Pre-rollout Jobs, which bear the name of their key: each is made once, and before the image moves."""
        for cluster in self.marks.company.sandbox.clusters:
            made = self.marks.entries(f"cluster {cluster}", "jobs.create")
            moved = self.marks.image_patches(cluster)
            self.journal[f"jobs of {cluster}"] = len(made)
            if bool(made) != (self.scene.has_job and cluster in self.scene.changes):
                self.wrong.append(f"{len(made)} Jobs were made on {cluster}")
            if len({entry.subject for entry in made}) < len(made):
                self.wrong.append(f"a Job was made more than once on {cluster}: {[entry.subject for entry in made]}")
            if made and moved and made[-1].n > moved[0].n:
                self.wrong.append(f"a Job was made on {cluster} after its image had been changed")

    def _callbacks(self) -> None:
        """A call nobody recorded is made again, with the same key: by it the receiver knows."""
        heard = [e for e in self.marks.entries("callback", "callback.post") if self._is_mine(e)]
        self.journal["callbacks"] = len(heard)
        keys = {entry.subject for entry in heard}
        if len(keys) > 1:
            self.wrong.append(f"the receiver heard of it by {len(keys)} keys")
        if self.scene.calls_back is not None and bool(keys) != self.scene.calls_back:
            self.wrong.append(f"the receiver heard of it {len(heard)} times")

    def _is_mine(self, entry: Any) -> bool:
        return bool(entry.detail["body"]["ticket"] == self.scene.ticket.pk)

    def _things(self) -> None:
        """Webhooks, jobs and namespaces, where the scene is about them.

        A DELETE whose connection broke is sent again by the HTTP client; it names the same thing by its id, so that
        what counts is what was deleted, and not how often it was said.
        """
        if self.scene.made is None:
            return
        said = [
            (server, kind, entry.subject)
            for server in self.marks.company.sandbox.servers
            for kind in THINGS
            for entry in self.marks.entries(server, kind)
        ]
        deleted = {one for one in said if one[1].endswith(".delete")}
        made = [one for one in said if one not in deleted]
        found = sorted((server, kind) for server, kind, _ in [*made, *deleted])
        self.journal["things"] = [" ".join(one) for one in found]
        if found != sorted(self.scene.made):
            self.wrong.append(f"{found} instead of {sorted(self.scene.made)}")

    def _images(self) -> None:
        wanted = self.scene.wanted()
        for cluster in self.marks.company.sandbox.clusters:
            changes = self.marks.image_changes(cluster)
            self.journal[cluster] = len(changes)
            expected = [self._reference(cluster)] if cluster in self.scene.changes else []
            if changes != expected:
                self.wrong.append(f"{cluster} was changed to {changes} instead of {expected}")
        for cluster in self.scene.runs_on:
            deployment = Cluster(self.ground.company, cluster).deployment()
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            status, replicas = deployment["status"], deployment["spec"]["replicas"]
            ready = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
            if wanted.digest not in image or ready != [replicas] * 3:
                self.wrong.append(f"{cluster} runs {image} on {ready} of {replicas} when the ticket had succeeded")

    def _reference(self, cluster: str) -> str:
        wanted = self.scene.wanted()
        host = self.ground.outside["registry 2" if cluster == "dc2" else "registry"].url.removeprefix("http://")
        return f"{host}/{REPO}:{wanted.tag}@{wanted.digest}"

    def _zombies(self) -> None:
        mine = Step.objects.filter(ticket__in=[self.scene.ticket, *self.scene.others])
        left = mine.filter(status__in=["planned", "due", "waiting"]).count()
        leased = Step.objects.filter(lease_until__isnull=False).count()
        dateless = Step.objects.filter(status__in=["due", "waiting"], due_at__isnull=True).count()
        slots = Slot.objects.count()
        running = Ticket.objects.filter(status__in=["queued", "running"]).count()
        for count, what in (
            (left, "steps left open"),
            (leased, "leases left"),
            (dateless, "open steps without a due time"),
            (slots, "slots left"),
            (running, "tickets left running"),
        ):
            if count:
                self.wrong.append(f"{count} {what}")
