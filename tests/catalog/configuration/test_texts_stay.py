"""Whatever a person types stays what it is: no brace, no quote and no name of a function ever becomes anything."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.validate import normalize
from tests.catalog.configuration.samples import subject

PIECES = (
    "{",
    "}",
    "{project}",
    "{replicas}",
    "{{",
    "}}",
    "{{ 7*7 }}",
    "${HOME}",
    "$(id)",
    "`",
    "'",
    '"',
    "\n",
    ": ",
    "%s",
)
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=6).map("".join)
STORABLE = TEXTS.filter(lambda text: "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text))
SCHEMA = schema_for("java", "production")
ALWAYS_THE_SAME = settings(derandomize=True, database=None, deadline=None, max_examples=40)


@ALWAYS_THE_SAME
@given(value=STORABLE, words=st.lists(STORABLE, max_size=3), content=STORABLE)
def test_a_text_with_braces_stays_what_it_is(value: str, words: list[str], content: str) -> None:
    document: dict[str, Any] = {
        "environment": [{"name": "A", "value": value}],
        "command": words,
        "args": words,
        "files": [{"path": "/a", "content": content}],
        "shutdown": {"deregister": words},
    }
    made = normalize(document, SCHEMA, subject("java"))
    assert made["environment"] == document["environment"]
    assert made["command"] == made["args"] == made["shutdown"]["deregister"] == words
    assert made["files"] == document["files"]
    assert normalize(made, SCHEMA, subject("java")) == made


@ALWAYS_THE_SAME
@given(
    replicas=st.integers(0, 200),
    autoscaling=st.sampled_from([None, {}, {"min": 2}, {"max": 9, "cpu_percent": None}]),
    cpu=st.sampled_from(["", "100m", "2", "3.5"]),
    memory=st.sampled_from(["1Gi", "512Mi", "3G", "100Mi"]),
    importance=st.sampled_from(["platform", "important", "ordinary"]),
)
def test_what_is_whole_stays_as_it_is(replicas: int, autoscaling: Any, cpu: str, memory: str, importance: str) -> None:
    document = {
        "replicas": replicas,
        "autoscaling": autoscaling,
        "importance": importance,
        "resources": {"cpu_request": cpu, "cpu_limit": "2", "memory_limit": memory},
    }
    made = normalize(document, SCHEMA, subject("java"))
    assert normalize(made, SCHEMA, subject("java")) == made
    assert made["resources"]["cpu_request"] == cpu
    assert made["replicas"] == replicas


@ALWAYS_THE_SAME
@given(text=STORABLE)
def test_a_text_in_any_checked_member_is_refused_or_kept(text: str) -> None:
    from apps.common.errors import Invalid

    document = {"exposure": {"inside_only": False, "host": text}, "pull_secret": text, "time_zone": text}
    try:
        made = normalize(document, SCHEMA, subject("java"))
    except Invalid as error:
        assert error.fields
        assert "{" not in "".join(error.fields)
    else:
        assert (made["exposure"]["host"], made["pull_secret"], made["time_zone"]) == (text, text, text)
