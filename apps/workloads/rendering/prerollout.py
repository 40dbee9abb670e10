"""The Job that runs a command of the new image before its rollout (R15): a database migration, say.

Must not: carry the label by which the workload's Service, budget and autoscaler find pods; callers would be sent to it.
"""

from __future__ import annotations

from apps.common.canonical import sha256_hex
from apps.workloads.rendering.pod import finite_template
from apps.workloads.rendering.subject import (
    COMPONENT,
    LONGEST_NAME,
    NAME,
    STEP_KEY,
    WORKLOAD,
    Json,
    Subject,
    check_subject,
    labels,
    metadata,
)
from apps.workloads.rendering.words import literals

PRE_ROLLOUT = "pre-rollout"
# How long a finished Job stays for people to look at. Whoever looks for it later learns nothing from its absence.
KEPT_SECONDS = 7 * 24 * 3600


def pre_rollout_job(document: Json, subject: Subject) -> Json | None:
    """The Job, None when the document has none: same environment, secrets and files; tried once, in limited time."""
    given = document["pre_rollout"]
    if given is None:
        return None
    check_subject(subject, document["workload"])
    template = finite_template(document, subject, _labels(subject))
    container = template["spec"]["containers"][0]
    container.pop("args", None)
    container["command"] = literals(given["command"])
    about = metadata(subject, pre_rollout_name(subject))
    about["labels"] |= {COMPONENT: PRE_ROLLOUT} | ({STEP_KEY: subject.key} if subject.key else {})
    spec = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": given["timeout_seconds"],
        "ttlSecondsAfterFinished": KEPT_SECONDS,
        "template": template,
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": spec}


def pre_rollout_name(subject: Subject) -> str:
    """`<workload>-pre-<10 digits of the key's SHA-256>`, without a key `<workload>-pre-<revision>`.

    By key and not by revision, for a revision is rolled out with many images; the whole key stands in the label. Cut
    where a name would be longer than 63, with the workload's hash, so that two long names do not become one.
    """
    end = f"-pre-{sha256_hex(subject.key)[:10]}" if subject.key else f"-pre-{subject.revision}"
    name = subject.workload_name + end
    if len(name) <= LONGEST_NAME:
        return name
    end = f"-{sha256_hex(subject.workload_name)[:6]}{end}"
    return subject.workload_name[: LONGEST_NAME - len(end)].rstrip("-.") + end


def _labels(subject: Subject) -> dict[str, str]:
    """Labels of the Job's pods: the workload's, but not the one that selects."""
    others = {key: value for key, value in labels(subject).items() if key != NAME}
    found = others | {COMPONENT: PRE_ROLLOUT, WORKLOAD: subject.workload_name}
    return found | ({STEP_KEY: subject.key} if subject.key else {})
