"""Where pods go: spread over hosts or racks (E7), and only to nodes with certain labels.

Must not: know a node.
"""

from __future__ import annotations

from apps.workloads.rendering.subject import Json, Subject, selector

HOSTS = "kubernetes.io/hostname"


def spread(document: Json, subject: Subject) -> list[Json]:
    """Topology spread constraints of the preset: `hosts`, or `racks`, which also spreads over the hosts of a rack.

    ScheduleAnyway: the wish weighs heavily in the scheduler's choice, but a pod that cannot be spread still runs.
    DoNotSchedule would hold a rollout, a drain or a scale-up whenever one host or rack is full or gone, just when the
    pods are needed most. `pod-template-hash` makes each version count its own pods: else the new ones would be placed
    around old ones that are about to go, and be left uneven.
    """
    preset = document["placement"]["spread"]
    keys = {"hosts": [HOSTS], "racks": [subject.rack_label, HOSTS]}.get(preset, [])
    return [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(subject)},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in dict.fromkeys(keys)
    ]


def node_selector(document: Json) -> dict[str, str]:
    """Labels that a node must have, all of them."""
    wanted: dict[str, str] = document["placement"]["node_labels"]
    return {label: wanted[label] for label in sorted(wanted)}
