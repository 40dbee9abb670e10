"""From Jenkins' JSON and headers to our own words, and the `tree=` filters that ask for no more than that.

Must not: send anything.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from apps.integrations.answers import Answer
from apps.integrations.jenkins.types import KEY_PARAMETER, BuildRef, LogPart, QueueItem

FIELDS = "number,building,result,timestamp,duration,queueId,actions[parameters[name,value]{params}]"
QUEUE_FILTER = "items[id,why,task[name],actions[parameters[name,value]]]"
JOB_FILTER = "name,description,buildable,disabled,color,property[parameterDefinitions[name]]"
LOCATION = re.compile(r"/queue/item/(\d+)/?$")


def build_filter(*, first_parameter_only: bool = False) -> str:
    """The fields of one build."""
    return FIELDS.replace("{params}", "{0,1}" if first_parameter_only else "")


def key_of(raw: dict[str, Any]) -> str:
    """The value of our key parameter in a build or queue item; empty when it is not ours."""
    for action in raw.get("actions") or []:
        for parameter in (action or {}).get("parameters") or []:
            if parameter.get("name") == KEY_PARAMETER:
                return str(parameter.get("value") or "")
    return ""


def build(job: str, raw: dict[str, Any]) -> BuildRef:
    """One build; Jenkins writes the duration only at its end."""
    return BuildRef(
        job=job,
        number=int(raw["number"]),
        key=key_of(raw),
        building=bool(raw.get("building")),
        result=raw.get("result"),
        timestamp_ms=int(raw.get("timestamp") or 0),
        duration_ms=int(raw.get("duration") or 0),
        queue_id=int(raw.get("queueId") or 0),
    )


def builds(job: str, raw: dict[str, Any]) -> list[BuildRef]:
    """The builds of one job, newest first as Jenkins lists them."""
    return [build(job, one) for one in raw.get("builds") or []]


def queue(raw: dict[str, Any]) -> list[QueueItem]:
    """What waits; items of tasks without a name (parts of a pipeline) are not jobs of ours."""
    return [
        QueueItem(
            id=int(one["id"]),
            job=str((one.get("task") or {}).get("name") or ""),
            key=key_of(one),
            why=str(one.get("why") or ""),
        )
        for one in raw.get("items") or []
    ]


def queue_id(answer: Answer) -> int | None:
    """The queue item that a trigger's Location names; its host is whatever Jenkins believes itself to be."""
    found = LOCATION.search(answer.headers.get("Location", ""))
    return int(found[1]) if found else None


def parameter_names(raw: dict[str, Any]) -> list[str]:
    """The names of a job's defined parameters, in order."""
    return [
        str(definition["name"])
        for one in raw.get("property") or []
        for definition in (one or {}).get("parameterDefinitions") or []
    ]


def log_part(answer: Answer, start: int, *, bound: int) -> LogPart:
    """A piece of log. X-Text-Size counts the file with its invisible notes, so only it says where to go on."""
    size = int(answer.headers.get("X-Text-Size", start))
    more = answer.headers.get("X-More-Data", "").lower() == "true"
    cut = len(answer.body) >= bound
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(answer.body, final=cut or not more)
    # A character cut in two is still being written: read it whole next time.
    size -= len(decoder.getstate()[0])
    return LogPart(text.replace("\r\n", "\n"), size, more, restarted=size < start, cut=cut)
