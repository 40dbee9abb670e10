"""A completed configuration document as Kubernetes objects: pure functions, no ORM, no network, no clock.

Contract: docs/configuration.md ("The document", "Objects"). Must not: judge a configuration (catalog.standards) or
talk to a cluster; what cannot become a right object is refused with a code.
"""

from apps.workloads.rendering.demand import Demand, Shortfall, demand, demand_of_pods, fits
from apps.workloads.rendering.diff import Change, between, changes
from apps.workloads.rendering.helm import chart, values
from apps.workloads.rendering.namespace import namespace_object, quota_object
from apps.workloads.rendering.objects import render
from apps.workloads.rendering.prerollout import pre_rollout_job
from apps.workloads.rendering.subject import HostEntry, Json, Subject
from apps.workloads.rendering.yaml import to_yaml

__all__ = [
    "Change",
    "Demand",
    "HostEntry",
    "Json",
    "Shortfall",
    "Subject",
    "between",
    "changes",
    "chart",
    "demand",
    "demand_of_pods",
    "fits",
    "namespace_object",
    "pre_rollout_job",
    "quota_object",
    "render",
    "to_yaml",
    "values",
]
