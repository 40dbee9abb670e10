"""Everything an intake says has its sentence in both languages, with the same params, and no sentence is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path

from apps.common import messages

ROOT = Path(messages.__file__).parents[2]
LEVELS = ("image_of_job", "image", "namespace", "name")


def source() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "access" / "intake").glob("*.py")))


def codes() -> set[str]:
    text = source()
    audited = set(re.findall(r'record\(\s*"(intake\.\w+)"', text)) | {"intake.manage"}
    found = set(re.findall(r'"(intake\.\w+)"', text)) - audited
    found |= {f"intake.why_{code}" for code in re.findall(r'because\("(\w+)"', text)}
    found |= {f"intake.{code}" for code in re.findall(r'doubt\("(\w+)"', text)}
    return found | {f"intake.why_deployment_{level}" for level in LEVELS if f'("{level}"' in text}


def catalogue(language: str) -> dict[str, str]:
    path = Path(messages.__file__).parent / language / "intake.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert codes() == set(catalogue("en"))


def test_both_languages_say_it_with_the_same_values() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert english.keys() == chinese.keys()
    for code, text in english.items():
        assert messages.params_of(text) == messages.params_of(chinese[code]), code
