"""Every code that projects, catalog and workloads can answer has a sentence, and its params are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from apps.common import messages

ROOMS = ("projects", "catalog", "workloads")
CALL = (
    r'(?:Invalid|Conflict|Missing|Denied|refused|_refused|Condition|Judgement|Problem)\((?:"\w+",\s*)?"([\w.]+\.[\w]+)"'
)


def codes_of(room: str) -> set[str]:
    found: set[str] = set()
    for path in (Path(messages.__file__).parents[2] / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(CALL, text))
        found |= set(re.findall(r'"(rollout\.\w+)"', text))
    return found


def test_every_code_of_these_rooms_has_a_sentence() -> None:
    found = {room: codes_of(room) for room in ROOMS}
    assert {room: len(codes) > 4 for room, codes in found.items()} == dict.fromkeys(ROOMS, True)
    assert set().union(*found.values()) - messages.catalogue("en").keys() == set()


def test_no_sentence_stands_there_for_nothing() -> None:
    root = Path(messages.__file__).parents[2]
    text = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    for room in ROOMS:
        keys = json.loads((Path(messages.__file__).parent / "en" / f"{room}.json").read_text(encoding="utf-8"))
        assert [code for code in keys if f'"{code}"' not in text] == []
