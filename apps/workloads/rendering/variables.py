"""The environment of a container: the zone, Java's options, a person's variables, and those from Secrets.

Must not: hold a secret's value; a Secret is only referred to.
"""

from __future__ import annotations

from apps.common.errors import Invalid
from apps.workloads.rendering.measures import heap_of
from apps.workloads.rendering.secrets import reference
from apps.workloads.rendering.subject import Json, Subject
from apps.workloads.rendering.words import literal

TIME_ZONE = "TZ"
JAVA_OPTIONS = "JAVA_TOOL_OPTIONS"


def variables(document: Json, subject: Subject) -> list[Json]:
    """`env`, in order: TZ, JAVA_TOOL_OPTIONS, the document's `environment`, its `secrets`. No name twice.

    TZ is the document's `time_zone`, and a second one is refused, for one of the two would be a lie.
    """
    found = _plain(document, subject) + [_from_secret(entry, subject) for entry in document["secrets"]]
    seen: set[str] = set()
    for entry in found:
        name = entry["name"]
        if name in seen:
            code = "rendering.variable_ours" if name in (TIME_ZONE, JAVA_OPTIONS) else "rendering.variable_twice"
            raise Invalid(code, name=name)
        seen.add(name)
    return found


def _plain(document: Json, subject: Subject) -> list[Json]:
    theirs = [(entry["name"], entry["value"]) for entry in document["environment"]]
    ours = [(TIME_ZONE, document["time_zone"])] if document["time_zone"] else []
    options = java_options(document, subject)
    if options:
        # Java reads options from left to right and the last one wins, so a person's own stand behind ours.
        own = next((value for name, value in theirs if name == JAVA_OPTIONS), "")
        ours.append((JAVA_OPTIONS, f"{options} {own}".strip()))
        theirs = _without_first(theirs, JAVA_OPTIONS)
    return [_variable(name, value) for name, value in ours + theirs]


def _without_first(pairs: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    place = next((index for index, pair in enumerate(pairs) if pair[0] == name), None)
    return pairs if place is None else pairs[:place] + pairs[place + 1 :]


def _variable(name: str, value: str) -> Json:
    # The server does not keep an empty value, so it is not sent either.
    return {"name": name, "value": literal(value)} if value else {"name": name}


def java_options(document: Json, subject: Subject) -> str:
    """Collector threads and heap as options, "" where neither is set (W10).

    The variable replaces the one of the image (docs: catalog's Java Dockerfile), whose exit on exhausted memory must
    not be lost with it: a virtual machine that survived an OutOfMemoryError answers its probes and does no work.
    """
    java = document.get("java") or {}
    if subject.language != "java":
        return ""
    options = []
    if java.get("gc_threads"):
        options.append(f"-XX:ParallelGCThreads={int(java['gc_threads'])}")
    if java.get("heap"):
        heap = heap_of(java["heap"])
        options += [f"-Xmx{heap}", f"-Xms{heap}"]
    return " ".join(["-XX:+ExitOnOutOfMemoryError", *options]) if options else ""


def _from_secret(entry: Json, subject: Subject) -> Json:
    return {"name": entry["name"], "valueFrom": {"secretKeyRef": reference(entry, subject)}}
