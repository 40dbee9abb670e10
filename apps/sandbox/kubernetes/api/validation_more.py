"""The checks of CronJobs, StatefulSets, DaemonSets, claims, Ingresses and budgets, in the API server's words.

Must not: default, or check JSON types (see schema).
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable

from apps.sandbox.kubernetes.api.selectors import matches_labels
from apps.sandbox.kubernetes.api.validation_pods import pod_spec
from apps.sandbox.kubernetes.api.validation_words import SUBDOMAIN, SUBDOMAIN_WORDS, Obj, not_negative, quoted
from apps.sandbox.kubernetes.errors import Cause, field_forbidden, field_invalid, required, unsupported

SET_FIELDS = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
SET_IMMUTABLE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
CLAIM_IMMUTABLE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
# The job's name is the CronJob's and eleven characters more.
LONGEST_CRON_NAME = 52
Check = Callable[[Obj, Obj | None], list[Cause]]


def _cron_job(obj: Obj, old: Obj | None) -> list[Cause]:
    name, spec = obj["metadata"]["name"], obj["spec"]
    causes = not_negative(
        spec, "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"
    ) + _schedule(spec)
    if len(name) > LONGEST_CRON_NAME:
        why = f"must be no more than {LONGEST_CRON_NAME} characters"
        causes.append(field_invalid("metadata.name", quoted(name), why))
    policies = ["Allow", "Forbid", "Replace"]
    if spec["concurrencyPolicy"] not in policies:
        causes.append(unsupported("spec.concurrencyPolicy", quoted(spec["concurrencyPolicy"]), policies))
    field = "spec.jobTemplate.spec.template.spec"
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    causes += pod_spec(pod, field, is_template=True)
    if pod.get("restartPolicy") not in ("OnFailure", "Never"):
        words = 'Required value: valid values: "OnFailure", "Never"'
        causes.append(Cause(f"{field}.restartPolicy", words, "FieldValueRequired"))
    return causes


def _schedule(spec: Obj) -> list[Cause]:
    schedule, zone = spec.get("schedule") or "", spec.get("timeZone")
    if not schedule:
        return [required("spec.schedule")]
    causes = []
    fields = schedule.split()
    if not schedule.startswith("@") and len(fields) != 5:
        why = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        causes.append(field_invalid("spec.schedule", quoted(schedule), why))
    if zone is not None and zone not in zoneinfo.available_timezones():
        causes.append(field_invalid("spec.timeZone", quoted(zone), f"unknown time zone {zone}"))
    return causes


def _set(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    causes = not_negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    selector, labels = spec.get("selector"), spec["template"]["metadata"].get("labels")
    if selector is None:
        causes.append(required("spec.selector"))
    elif not matches_labels(selector, labels):
        why = "`selector` does not match template `labels`"
        causes.append(field_invalid("spec.template.metadata.labels", "…", why))
    causes += pod_spec(spec["template"]["spec"], "spec.template.spec", is_template=True)
    return causes


def _stateful_set(obj: Obj, old: Obj | None) -> list[Cause]:
    causes = _set(obj, old)
    if old is not None and _fixed(obj["spec"]) != _fixed(old["spec"]):
        causes.append(field_forbidden("spec", SET_IMMUTABLE))
    return causes


def _fixed(spec: Obj) -> Obj:
    return {key: value for key, value in spec.items() if key not in SET_FIELDS}


def _daemon_set(obj: Obj, old: Obj | None) -> list[Cause]:
    causes = _set(obj, old)
    if old is not None and obj["spec"].get("selector") != old["spec"].get("selector"):
        causes.append(field_invalid("spec.selector", "v1.LabelSelector{…}", "field is immutable"))
    return causes


def _claim(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    causes = []
    if not spec.get("accessModes"):
        causes.append(required("spec.accessModes", "at least 1 access mode is required"))
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        causes.append(required("spec.resources[storage]"))
    if old is not None and {**spec, "resources": None} != {**old["spec"], "resources": None}:
        causes.append(field_forbidden("spec", CLAIM_IMMUTABLE))
    return causes


def _ingress(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    causes: list[Cause] = []
    if not spec.get("rules") and not spec.get("defaultBackend"):
        why = "either `defaultBackend` or `rules` must be specified"
        causes.append(field_invalid("spec", "[]networking.IngressRule(nil)", why))
    for index, rule in enumerate(spec.get("rules") or ()):
        host = rule.get("host")
        if host and not re.fullmatch(SUBDOMAIN, host.removeprefix("*.")):
            causes.append(field_invalid(f"spec.rules[{index}].host", quoted(host), SUBDOMAIN_WORDS))
        for place, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            causes += _ingress_path(path, f"spec.rules[{index}].http.paths[{place}]")
    return causes


def _ingress_path(path: Obj, field: str) -> list[Cause]:
    kind, text = path.get("pathType"), path.get("path") or ""
    if kind is None:
        return [required(f"{field}.pathType", "pathType must be specified")]
    if kind not in PATH_TYPES:
        return [unsupported(f"{field}.pathType", quoted(kind), sorted(PATH_TYPES))]
    if kind != "ImplementationSpecific" and not text.startswith("/"):
        return [field_invalid(f"{field}.path", quoted(text), "must be an absolute path")]
    service = (path.get("backend") or {}).get("service")
    if service is not None and not service.get("name"):
        return [required(f"{field}.backend.service.name")]
    return []


def _budget(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    if "minAvailable" in spec and "maxUnavailable" in spec:
        why = "minAvailable and maxUnavailable cannot be both set"
        return [field_invalid("spec", "policy.PodDisruptionBudgetSpec{…}", why)]
    return not_negative(spec, "minAvailable", "maxUnavailable")


MORE: dict[str, Check] = {
    "CronJob": _cron_job,
    "DaemonSet": _daemon_set,
    "Ingress": _ingress,
    "PersistentVolumeClaim": _claim,
    "PodDisruptionBudget": _budget,
    "StatefulSet": _stateful_set,
}
