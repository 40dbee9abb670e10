"""Every code of this room has a sentence in both languages, with the same params."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOMS = "outside|gitlab|jenkins|registry|image|kubernetes|integration|cluster|check"
CODE = re.compile(rf'"((?:{ROOMS})\.[a-z_]+)"')
POLICY = {"cluster.read", "cluster.manage", "integration.manage"}
APPS = Path(__file__).parents[2] / "apps"


def sentences(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((APPS / f"common/messages/{language}/integrations.json").read_text("utf-8"))
    return found


def used() -> set[str]:
    texts = [path.read_text("utf-8") for path in (APPS / "integrations").rglob("*.py")]
    texts.append((APPS / "common/errors.py").read_text("utf-8"))
    return {code for text in texts for code in CODE.findall(text)} - POLICY


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert used() - set(sentences("en")) == set()
    assert set(sentences("en")) == set(sentences("zh"))


def test_both_languages_use_params_that_exist_in_the_other() -> None:
    params = re.compile(r"\{(\w+)\}")
    english, chinese = sentences("en"), sentences("zh")
    for code, text in english.items():
        assert set(params.findall(chinese[code])) == set(params.findall(text)), code
