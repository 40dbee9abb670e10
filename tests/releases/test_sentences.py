"""Every code that tickets and releases can answer or store has a sentence, and no sentence stands there for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from apps.common import messages
from apps.policy.actions import ACTIONS

ROOMS = ("tickets", "releases")
APPS = Path(messages.__file__).parents[2]
CALL = r'(?:Invalid|Conflict|Missing|Denied|Failed|Errored|Judgement|Rejected|Decision|Gate)\((?:False, |"\w+", "\w+", )?"([\w.]+\.\w+)"'
STORED = r'"code": "([\w.]+\.\w+)"'
PROBLEM = r'problem\("(\w+)"'


def source_of(room: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (APPS / room).rglob("*.py"))


def codes_of(room: str) -> set[str]:
    text = source_of(room)
    found = set(re.findall(CALL, text)) | set(re.findall(STORED, text))
    found |= set(re.findall(r'"((?:build|gate|rollout)\.[a-z_]+)"', text)) - ACTIONS.keys()
    return found | {f"field.{code}" for code in re.findall(PROBLEM, text)}


def test_every_code_of_these_rooms_has_a_sentence() -> None:
    found = {room: codes_of(room) for room in ROOMS}
    assert {room: len(codes) > 25 for room, codes in found.items()} == dict.fromkeys(ROOMS, True)
    assert set().union(*found.values()) - messages.catalogue("en").keys() == set()


def test_no_sentence_stands_there_for_nothing() -> None:
    text = "".join(source_of(room) for room in ROOMS)
    for room in ROOMS:
        keys = json.loads((Path(messages.__file__).parent / "en" / f"{room}.json").read_text(encoding="utf-8"))
        assert [code for code in keys if f'"{code}"' not in text and f'"{code.split(".")[1]}"' not in text] == []


def test_no_sentence_begs_or_calls_anything_invalid() -> None:
    for room in ROOMS:
        for language, words in (("en", r"\b(please|invalid|oops|successfully)\b|!"), ("zh", "请求?您|！|哦")):
            path = Path(messages.__file__).parent / language / f"{room}.json"
            sentences = json.loads(path.read_text(encoding="utf-8"))
            assert [code for code, text in sentences.items() if re.search(words, text, re.IGNORECASE)] == []
