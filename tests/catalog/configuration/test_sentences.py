"""Every code of the configuration has its sentence in both languages and its test; no sentence begs."""

from __future__ import annotations

import re
from pathlib import Path

from apps.catalog import configuration
from apps.common.messages import catalogue, params_of

SOURCE = Path(configuration.__file__).parent


def codes() -> set[str]:
    found: set[str] = set()
    for path in SOURCE.glob("*.py"):
        if not path.name.startswith(("members", "parts")):
            found |= set(re.findall(r'"((?:configuration|quantity)\.[a-z_]+)"', path.read_text(encoding="utf-8")))
    return found - {"configuration.document"}


def test_every_code_has_a_sentence_in_both_languages_with_the_same_params() -> None:
    assert len(codes()) > 80
    for code in codes():
        assert params_of(catalogue("en")[code]) == params_of(catalogue("zh")[code])


def test_every_code_is_asked_for_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert sorted(code for code in codes() if f'"{code}"' not in tests) == []


def test_no_sentence_begs_or_calls_anything_invalid() -> None:
    for language, words in (("en", r"\b(please|invalid|oops|successfully)\b|!"), ("zh", "请求?您|！|哦")):
        texts = {
            key: text for key, text in catalogue(language).items() if key.startswith(("configuration.", "quantity."))
        }
        assert len(texts) > 200
        assert [key for key, text in texts.items() if re.search(words, text, re.IGNORECASE)] == []
