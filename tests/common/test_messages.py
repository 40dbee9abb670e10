"""The sentences: complete, alike in both languages, and never a template."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

from apps.accounts import errors as account_errors
from apps.common import errors, messages
from apps.policy.actions import ACTIONS


def test_both_languages_have_the_same_codes_with_the_same_params() -> None:
    en, zh = messages.catalogue("en"), messages.catalogue("zh")
    assert en.keys() == zh.keys()
    assert {c: messages.params_of(t) for c, t in en.items()} == {c: messages.params_of(t) for c, t in zh.items()}


def test_no_sentence_is_empty() -> None:
    assert [c for lang in messages.LANGUAGES for c, t in messages.catalogue(lang).items() if not t.strip()] == []


@pytest.mark.parametrize("module", [errors, account_errors])
def test_every_error_class_has_a_sentence(module: object) -> None:
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, errors.DomainError)]
    assert {c.code for c in classes} - messages.catalogue("en").keys() == set()


def test_every_code_that_these_rooms_raise_has_a_sentence() -> None:
    root = Path(messages.__file__).parents[2]
    raised = set()
    for room in ("common", "audit", "policy", "accounts"):
        for path in (root / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            raised |= set(re.findall(r'(?:Invalid|Denied|Conflict|Missing|TokenRefused|Problem)\("([\w.]+)"', text))
            raised |= set(re.findall(r'Decision\(False, "([\w.]+)"', text))
            raised |= {f"field.{c}" for c in re.findall(r'problem\("(\w+)"', text)}
            raised |= set(re.findall(r'"(chain\.\w+)"', text))
    clauses = {clause.name for rule in ACTIONS.values() for clause in rule.any_of} - {"anyone", "role_on_pair"}
    raised |= {f"policy.needs_{name}" for name in clauses}
    raised |= {f"policy.not_{clause.name}" for rule in ACTIONS.values() for clause in rule.none_of}
    assert len(raised) > 30
    assert raised - messages.catalogue("en").keys() - {"policy.needs_role_in_project"} == set()


def test_a_param_is_text_and_never_a_template() -> None:
    shown = messages.sentence("policy.token_scope", {"action": "{action.__class__} {roles}", "roles": "x"}, "en")
    assert shown == "This API token's scopes do not cover {action.__class__} {roles}."


def test_lists_and_missing_params_are_readable() -> None:
    assert messages.sentence("policy.needs_role", {"roles": ["ops", "tester"]}, "zh").endswith("：运维、测试。")
    assert messages.sentence("configuration.unknown_tier", {"tiers": ["a", "b"]}, "zh").endswith("：a, b。")
    assert messages.sentence("throttled", {}, "en") == "Too many requests. Try again in – s."


def test_an_unknown_code_or_language_still_gives_a_sentence() -> None:
    assert messages.sentence("no.such.code", {}, "xx") == "The request could not be carried out."


def test_a_code_given_by_two_rooms_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en").mkdir()
    for room in ("a", "b"):
        (tmp_path / "en" / f"{room}.json").write_text(json.dumps({"same": room}), encoding="utf-8")
    monkeypatch.setattr(messages, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"b\.json repeats 'same'"):
        messages.catalogue.__wrapped__("en")


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("zh", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en;q=0.5, zh;q=0.7", "zh"), ("fr, de", "en")]
    + [("zh;q=x, en", "en"), ("q=" * 5000, "en"), ("ZH-Hans", "zh")],
)
def test_the_browsers_first_language_that_we_speak_is_taken(header: str, language: str) -> None:
    assert messages.language_from_header(header) == language
