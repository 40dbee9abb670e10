"""Sentences for codes, in both languages: `messages/{en,zh}/<room>.json`, each flat: code → text with {param}.

`{stage|project_stage}` shows the param by the words `word.project_stage.<value>` (words.json), as it is without one.
Must not: treat a param as anything but text (no format strings, no attributes), or fail on an unknown code.
The browser reads the same files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
FALLBACK_CODE = "error"
_FOLDER = Path(__file__).parent
LIST_COMMA = "word.list_comma"
_PARAM = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All rooms' sentences of one language; a code given twice is an error."""
    sentences: dict[str, str] = {}
    for path in sorted((_FOLDER / language).glob("*.json")):
        for code, text in json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique).items():
            if code in sentences:
                raise ValueError(f"{path.name} repeats {code!r}")
            sentences[code] = text
    return sentences


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"repeated codes: {sorted(repeated)}")
    return dict(pairs)


def sentence(code: str, params: Mapping[str, Any] | None = None, language: str = "en") -> str:
    """The sentence of a code; an unknown code gets the general one, a param that is not there a dash."""
    texts = catalogue(language if language in LANGUAGES else "en")
    values = params or {}
    return _PARAM.sub(
        lambda match: _shown(values.get(match[1]), match[2], texts), texts.get(code, texts[FALLBACK_CODE])
    )


def _shown(value: Any, words: str | None, texts: Mapping[str, str]) -> str:
    if value is None:
        return "–"
    if isinstance(value, list | tuple | set | frozenset):
        return (texts[LIST_COMMA] if words else ", ").join(_shown(item, words, texts) for item in value)
    return texts.get(f"word.{words}.{value}", str(value)) if words else str(value)


def params_of(text: str) -> frozenset[str]:
    """Names of the params a sentence shows."""
    return frozenset(name for name, _ in _PARAM.findall(text))


def words_of(text: str) -> frozenset[str]:
    """Names of the closed sets whose words a sentence shows params by."""
    return frozenset(words for _, words in _PARAM.findall(text) if words)


def language_from_header(accept: str) -> str:
    """The first language of an Accept-Language header that we speak (by its weight), else English."""
    best, best_weight = "en", 0.0
    for part in accept[:200].split(","):
        tag, _, weight_text = part.strip().partition(";q=")
        tag = tag.lower().split("-")[0]
        try:
            weight = float(weight_text) if weight_text else 1.0
        except ValueError:
            continue
        if tag in LANGUAGES and weight > best_weight:
            best, best_weight = tag, weight
    return best
