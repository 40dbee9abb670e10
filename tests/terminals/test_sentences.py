"""Every code this room can answer has its sentence in both languages with the same params, and none stands there idle."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from apps.common import messages
from apps.terminals.services.notes import ENDS

ROOT = Path(messages.__file__).parents[2]
FOLDER = Path(messages.__file__).parent
CODE = re.compile(r'"((?:terminal|recycle|emergency_shell|pod)\.\w+(?:\.\w+)?)"')
# policy and audit actions, which are no sentences
ACTIONS = re.compile(
    r"terminal\.(open|break_glass|read|watch|replay|end|extend|connect|claimed|connected|opened|used|watched|extended"
    r"|requested|end_requested|ended|cleaned|replayed|recording_settled|recording_deleted)$"
    r"|emergency_shell\.request$|pod\.(read|recycle)$"
)


def own(language: str) -> dict[str, str]:
    return dict(json.loads((FOLDER / language / "terminals.json").read_text(encoding="utf-8")))


def told_by_the_code() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "terminals").rglob("*.py")]
    found = {code for text in texts for code in CODE.findall(text)}
    return {code for code in found if not ACTIONS.match(code)}


def test_every_code_has_a_sentence() -> None:
    known = messages.catalogue("en").keys()
    assert told_by_the_code() - known == set()
    assert known >= ENDS


def test_no_sentence_stands_there_for_nothing() -> None:
    used = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    in_parts = ("mail.break_glass.subject", "mail.break_glass.body")
    assert [code for code in own("en") if f'"{code}"' not in used and code not in in_parts] == []


@pytest.mark.parametrize("code", sorted(own("en")))
def test_both_languages_show_the_same_params(code: str) -> None:
    english, chinese = own("en")[code], own("zh")[code]
    assert messages.params_of(english) == messages.params_of(chinese)
    assert messages.words_of(english) == messages.words_of(chinese)
