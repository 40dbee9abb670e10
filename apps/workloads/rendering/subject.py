"""Whom a document is rendered for, and the metadata that every object of it carries.

Must not: look anything up; whoever renders has found all of it. Names that Kubernetes would refuse are refused here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.catalog.configuration.subject import Subject as DocumentSubject
from apps.common.errors import Invalid

Json = dict[str, Any]

NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
MANAGED_BY = "app.kubernetes.io/managed-by"
ENVIRONMENT = "opsportal.io/environment"
WORKLOAD = "opsportal.io/workload"
STEP_KEY = "opsportal.io/step-key"
REVISION = "opsportal.io/revision"
TEMPLATE_VERSION = "opsportal.io/template-version"
FILES_CHECKSUM = "opsportal.io/files-checksum"

# A label, and the name of a Service: 63. A CronJob's: 52, for the controller adds 11 to make that of a Job.
LONGEST_NAME = 63
LONGEST_CRON_NAME = 52


@dataclass(frozen=True)
class HostEntry:
    """One line of a hosts file: an address and the names that lead to it."""

    ip: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class HeldKey:
    """A value that the portal holds, without the value: its key, its version, and a digest that only the portal can
    make of it."""

    key: str
    version: int
    digest: str


@dataclass(frozen=True)
class Subject(DocumentSubject):
    """What a document does not say: where it runs, as what, and by which release.

    `image` is the full reference that runs, with its digest. `key` is the step's key for a pre-rollout Job.
    `held` is what the portal holds for this workload, whether the document names it or not.
    `container` is the name of the main container: another one only where a Deployment was adopted.
    """

    namespace: str
    image: str
    revision: int
    template_version: str
    key: str = ""
    environment_hosts: tuple[HostEntry, ...] = ()
    held: tuple[HeldKey, ...] = ()
    rack_label: str = "topology.kubernetes.io/zone"
    sidecar_image: str = ""
    container: str = "app"
    ingress_class: str = ""


def selector(subject: Subject) -> dict[str, str]:
    """The one label that finds the workload's pods. Never more: a Deployment's selector can never change."""
    return {NAME: subject.workload_name}


def labels(subject: Subject) -> dict[str, str]:
    """The labels of every object and of the pods; nothing in them changes with a revision."""
    return {
        NAME: subject.workload_name,
        PART_OF: subject.project,
        MANAGED_BY: "opsportal",
        ENVIRONMENT: subject.environment,
    }


def metadata(subject: Subject, name: str = "") -> Json:
    """Metadata of a top-level object; the annotations stand here and not on pods, which they would restart."""
    return {
        "name": name or subject.workload_name,
        "namespace": subject.namespace,
        "labels": labels(subject),
        "annotations": {REVISION: str(subject.revision), TEMPLATE_VERSION: subject.template_version},
    }


def check_subject(subject: Subject, kind: str) -> None:
    """Refuse a workload without an image, and a name that is longer than Kubernetes takes for that kind of it."""
    if not subject.image:
        raise Invalid("rendering.no_image", workload=subject.workload_name)
    longest = LONGEST_CRON_NAME if kind == "cron" else LONGEST_NAME
    if len(subject.workload_name) > longest:
        raise Invalid("rendering.name_too_long", name=subject.workload_name, longest=longest)
