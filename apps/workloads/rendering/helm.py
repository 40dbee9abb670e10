"""The objects as a Helm chart, with image, replicas and resources as values.

Nothing of a document can become template: every `{{` of the objects' text is written as an action that prints it, and
the only other actions are ours, of the form `{{ .Values.name | toJson }}`. Must not: use any other construct.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from apps.workloads.rendering.secrets import without_values
from apps.workloads.rendering.subject import Json, Subject
from apps.workloads.rendering.yaml import object_yaml, plain_yaml

OPEN = "{{"
PRINTED_OPEN = '{{ "{{" }}'
README = """# Secrets

The portal holds the values of these keys and gives them to no export. Enter them into the Secrets after installing the
chart; until then no pod that takes one of them starts."""


def chart(objects: Iterable[Json], subject: Subject) -> dict[str, str]:
    """Path in the chart → text. `helm template` of it, with its own values, gives the objects again."""
    listed = list(objects)
    about = {
        "apiVersion": "v2",
        "name": subject.workload_name,
        "description": f"{subject.workload_name} of {subject.project} in {subject.environment}",
        "type": "application",
        "version": f"0.1.{subject.revision}",
        "appVersion": subject.template_version,
    }
    values: Json = {}
    templates = {}
    for each in listed:
        path = f"templates/{each['kind'].lower()}.yaml"
        if path in templates:
            path = f"templates/{each['kind'].lower()}-{each['metadata']['name']}.yaml"
        templates[path] = _template(each, subject, values)
    return {"Chart.yaml": plain_yaml(about), "values.yaml": plain_yaml(values), **_readme(listed), **templates}


def values(objects: Iterable[Json], subject: Subject) -> str:
    """The chart's values.yaml alone; "" for objects of which nothing is a value."""
    found = {name: holder[member] for each in objects for name, holder, member in _places(each, subject)}
    return plain_yaml(found) if found else ""


def _readme(objects: list[Json]) -> dict[str, str]:
    """What the chart lacks: the values of its Secrets."""
    lines = [
        f"- Secret `{each['metadata']['name']}`: {', '.join(f'`{key}`' for key in without_values(each)[1])}"
        for each in objects
        if each["kind"] == "Secret"
    ]
    return {"README.md": "\n".join([README, "", *lines, ""])} if lines else {}


def _template(obj: Json, subject: Subject, values: Json) -> str:
    """One object's template; what it takes from the values is put into `values`."""
    marked = copy.deepcopy(obj)
    mark = _unused_mark(object_yaml(obj))
    for name, holder, member in _places(marked, subject):
        values[name] = holder[member]
        holder[member] = f"{mark}.{name}"
    text = object_yaml(marked).replace(OPEN, PRINTED_OPEN)
    for name in values:
        text = text.replace(f"{mark}.{name}", f"{{{{ .Values.{name} | toJson }}}}")
    return text


def _places(obj: Json, subject: Subject) -> list[tuple[str, Json, str]]:
    """(name of the value, object that holds it, its member), where the object has it."""
    spec = obj.get("spec", {})
    if obj["kind"] == "CronJob":
        pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    elif obj["kind"] == "Deployment":
        pod = spec["template"]["spec"]
    else:
        return []
    container = next(each for each in pod["containers"] if each["name"] == subject.container)
    wanted = [("replicas", spec, "replicas"), ("image", container, "image"), ("resources", container, "resources")]
    return [(name, holder, member) for name, holder, member in wanted if member in holder]


def _unused_mark(text: str) -> str:
    """A word that the text does not hold, so that only our own places are found again."""
    mark = "opsportal.value"
    while mark in text:
        mark += "x"
    return mark
