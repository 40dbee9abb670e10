"""The table of standards: loading it, reading and changing it over the API."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.audit.models import AuditEvent
from apps.catalog.models import Language, Standard
from apps.catalog.standards import services
from apps.catalog.standards.defaults import DEFAULTS
from apps.catalog.standards.findings import evaluate
from apps.catalog.standards.rules import RULES, TIERS
from apps.catalog.standards.telling import told
from apps.common import messages
from tests.accounts.factories import browser, make_admin, make_user
from tests.catalog.standards.documents import document, subject
from tests.support.factories import grant, make_environment, make_project, use

URL = "/api/v1/standards/"
SLEEP = URL + "shutdown.sleep/"
pytestmark = pytest.mark.django_db


def load(*options: str) -> str:
    out = io.StringIO()
    call_command("load_standards", *options, stdout=out)
    return out.getvalue()


def fields(answer: Any) -> dict[str, str]:
    return {name: items[0]["code"] for name, items in answer.json()["fields"].items()}


class TestDefaults:
    @pytest.mark.parametrize("default", DEFAULTS, ids=lambda d: d.id)
    def test_each_has_levels_and_words_that_fit_its_thresholds(self, default: Any) -> None:
        known = set(RULES[default.id].thresholds)
        words = default.words
        assert tuple(default.levels) == TIERS
        assert set(re.findall(r"\{(\w+)\}", words.sentence_en)) == set(re.findall(r"\{(\w+)\}", words.sentence_zh))
        assert set(re.findall(r"\{(\w+)\}", "".join(words))) == known
        assert all(20 < len(text) <= 300 for text in (words.sentence_en, words.reason_en))
        assert all(re.search(r"[一-鿿]", text) and text.endswith("。") for text in words[1::2])
        assert not re.search(r"[一-鿿]", words.sentence_en + words.reason_en)

    def test_loading_adds_each_once(self) -> None:
        assert load().splitlines() == [f"{default.id}: added" for default in DEFAULTS]
        assert load() == load("--update") == ""
        assert Standard.objects.count() == 18
        assert AuditEvent.objects.filter(action="standard.added", actor_kind="system").count() == 18

    def test_what_a_person_changed_stays_whatever_is_asked(self) -> None:
        load()
        browser(make_admin()).patch(SLEEP, {"thresholds": {"seconds": 20}}, format="json")
        Standard.objects.filter(pk="shutdown.grace").update(reason_en="Of an older version.")
        assert load() == "shutdown.sleep: differs and stays\nshutdown.grace: differs and stays\n"
        assert load("--update") == "shutdown.sleep: differs and stays\nshutdown.grace: updated\n"
        assert Standard.objects.get(pk="shutdown.sleep").thresholds == {"seconds": 20}
        assert Standard.objects.get(pk="shutdown.grace").reason_en.startswith("When the grace period is over")
        event = AuditEvent.objects.get(action="standard.updated", actor_kind="system")
        assert (event.target_id, event.params["before"]) == ("shutdown.grace", {"reason_en": "Of an older version."})

    def test_without_rows_the_portals_own_standards_hold(self) -> None:
        assert Standard.objects.count() == 0
        rows = services.current_standards()
        assert [row.id for row in rows] == [default.id for default in DEFAULTS]
        assert [one.standard for one in evaluate(document({"/replicas": 1}), subject(), rows)] == ["replicas.least"]

    def test_every_code_of_this_room_has_a_sentence(self) -> None:
        folder = Path(services.__file__).parent
        text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
        codes = set(re.findall(r'"(standard\.(?:threshold|language|placeholder)\w+)"', text))
        assert len(codes) == 7
        assert codes <= messages.catalogue("en").keys() & messages.catalogue("zh").keys()


class TestReading:
    def test_everybody_signed_in_reads_them_in_the_order_of_the_documentation(self) -> None:
        load()
        client = browser(make_user())
        answer = client.get(URL).json()
        assert [row["id"] for row in answer["results"]] == list(RULES)
        assert answer["next"] is None
        row = client.get(SLEEP).json()
        assert row == next(r for r in answer["results"] if r["id"] == "shutdown.sleep")
        assert row["levels"] == {"development": "off", "test": "warn", "staging": "warn", "production": "deny"}
        assert (row["thresholds"], row["languages"], row["updated_at"], row["updated_by"]) == (
            {"seconds": 10},
            [],
            None,
            "",
        )
        assert row["limits"] == [
            {"name": "seconds", "usual": 10, "least": 1, "most": 300, "is_whole": True, "unit": "s"}
        ]
        assert row["sentence_zh"] == "从注册中心注销到容器停止，至少等待 {seconds} 秒。"
        assert row["shown"]["sentence_zh"] == "从注册中心注销到容器停止，至少等待 10 秒。"

    def test_without_rows_the_page_is_not_empty(self) -> None:
        assert len(browser(make_user()).get(URL).json()["results"]) == 18
        assert Standard.objects.count() == 0

    def test_strangers_read_nothing_and_unknown_ones_are_not_there(self) -> None:
        assert browser().get(URL).status_code == 401
        for path in (URL + "no.such/", URL + "no.such/try"):
            client = browser(make_admin()) if path.endswith("try") else browser(make_user())
            answer = client.post(path, {}, format="json") if path.endswith("try") else client.get(path)
            assert answer.status_code == 404

    def test_a_page_costs_the_same_few_queries(self, django_assert_max_num_queries: Any) -> None:
        load()
        client = browser(make_user())
        with django_assert_max_num_queries(6):
            client.get(URL)


class TestChanging:
    def test_an_administrator_changes_levels_thresholds_and_words(self) -> None:
        load()
        admin = make_admin()
        levels = {"development": "warn", "test": "warn", "staging": "deny", "production": "deny"}
        body = {"levels": levels, "thresholds": {"seconds": 20.0}, "reason_en": "Callers ask every 10 s."}
        answer = browser(admin).patch(SLEEP, body, format="json")
        assert answer.status_code == 200
        row = answer.json()
        assert (row["levels"], row["thresholds"], row["reason_en"]) == (levels, {"seconds": 20}, body["reason_en"])
        assert (row["updated_by"], row["updated_at"] is None) == ("root.admin", False)
        stored = Standard.objects.get(pk="shutdown.sleep")
        assert isinstance(stored.thresholds["seconds"], int)
        event = AuditEvent.objects.get(action="standard.updated")
        assert (event.actor_id, event.target_type, event.target_id) == (
            admin.pk,
            "catalog.standard",
            "shutdown.sleep",
        )
        assert event.params["before"]["levels"]["staging"] == "warn"
        assert event.params["after"] == body | {"thresholds": {"seconds": 20}}
        (found,) = evaluate(document(), subject(), services.current_standards())
        assert (found.standard, found.params) == ("shutdown.sleep", {"seconds": 20, "found": 10})

    def test_a_change_that_changes_nothing_leaves_no_trace(self) -> None:
        load()
        answer = browser(make_admin()).patch(SLEEP, {"thresholds": {"seconds": 10}}, format="json")
        assert (answer.status_code, answer.json()["updated_at"]) == (200, None)
        assert not AuditEvent.objects.filter(action="standard.updated").exists()

    def test_a_standard_without_a_row_can_be_changed(self) -> None:
        answer = browser(make_admin()).patch(SLEEP, {"thresholds": {"seconds": 20}}, format="json")
        assert (answer.status_code, answer.json()["thresholds"]) == (200, {"seconds": 20})
        assert [row.pk for row in Standard.objects.all()] == ["shutdown.sleep"]
        assert AuditEvent.objects.get(action="standard.updated").params == {
            "before": {"thresholds": {"seconds": 10}},
            "after": {"thresholds": {"seconds": 20}},
        }

    @pytest.mark.parametrize("role", ["developer", "tester", "ops"])
    def test_a_member_may_neither_change_nor_try(self, role: str) -> None:
        load()
        project, test = make_project(), make_environment()
        use(project, test)
        person = make_user()
        grant(person, project, test, role)
        client = browser(person)
        assert client.get(SLEEP).status_code == 200
        refused = client.patch(SLEEP, {"thresholds": {"seconds": 1}}, format="json")
        tried = client.post(SLEEP[:-1] + "/try", {"thresholds": {"seconds": 1}}, format="json")
        assert (refused.status_code, tried.status_code) == (403, 403)
        assert Standard.objects.get(pk="shutdown.sleep").thresholds == {"seconds": 10}
        assert not AuditEvent.objects.filter(action="standard.updated").exists()
        assert browser().patch(SLEEP, {"thresholds": {"seconds": 1}}, format="json").status_code == 401

    def test_languages_are_those_of_the_catalog(self) -> None:
        load()
        Language.objects.create(slug="go", name="Go")
        client = browser(make_admin())
        refused = client.patch(SLEEP, {"languages": ["go", "cobol"]}, format="json")
        assert (refused.status_code, fields(refused)) == (400, {"languages": "standard.language_unknown"})
        assert "“cobol”" in refused.json()["detail"]
        assert client.patch(SLEEP, {"languages": ["go", "go"]}, format="json").json()["languages"] == ["go"]
        assert client.patch(SLEEP, {"languages": []}, format="json").json()["languages"] == []

    @pytest.mark.parametrize(
        ("standard", "body", "problem"),
        [
            ("shutdown.sleep", {"levels": {"production": "deny"}}, {f"levels.{t}": "required" for t in TIERS[:3]}),
            (
                "shutdown.sleep",
                {"levels": dict.fromkeys(TIERS, "forbid")},
                {f"levels.{t}": "invalid_choice" for t in TIERS},
            ),
            (
                "shutdown.sleep",
                {"levels": dict.fromkeys((*TIERS, "moon"), "off")},
                {"levels.moon": "unknown_field"},
            ),
            ("shutdown.sleep", {"thresholds": {}}, {"thresholds.seconds": "standard.threshold_missing"}),
            (
                "shutdown.sleep",
                {"thresholds": {"seconds": 10, "minutes": 1}},
                {"thresholds.minutes": "standard.threshold_unknown"},
            ),
            (
                "probes.readiness",
                {"thresholds": {"seconds": 10}},
                {"thresholds.seconds": "standard.threshold_unknown"},
            ),
            (
                "shutdown.sleep",
                {"thresholds": {"seconds": 0}},
                {"thresholds.seconds": "standard.threshold_out_of_range"},
            ),
            (
                "shutdown.sleep",
                {"thresholds": {"seconds": 10**400}},
                {"thresholds.seconds": "standard.threshold_out_of_range"},
            ),
            (
                "shutdown.sleep",
                {"thresholds": {"seconds": 10.5}},
                {"thresholds.seconds": "standard.threshold_not_whole"},
            ),
            *(
                (
                    "shutdown.sleep",
                    {"thresholds": {"seconds": value}},
                    {"thresholds.seconds": "standard.threshold_no_number"},
                )
                for value in (True, "10", None, [10])
            ),
            ("shutdown.sleep", {"thresholds": [10]}, {"thresholds": "not_a_dict"}),
            ("shutdown.sleep", {"sentence_en": " "}, {"sentence_en": "blank"}),
            ("shutdown.sleep", {"sentence_zh": "等" * 301}, {"sentence_zh": "max_length"}),
            ("shutdown.sleep", {"reason_en": "x" * 601}, {"reason_en": "max_length"}),
            (
                "shutdown.sleep",
                {"sentence_en": "Wait {seconds.__class__} s."},
                {"sentence_en": "standard.placeholder_unknown"},
            ),
            ("probes.readiness", {"reason_zh": "等待 {seconds} 秒"}, {"reason_zh": "standard.placeholder_unknown"}),
            ("shutdown.sleep", {"id": "other"}, {"id": "unknown_field"}),
            ("shutdown.sleep", {"updated_at": None}, {"updated_at": "unknown_field"}),
        ],
    )
    def test_what_cannot_be_is_refused_by_field(
        self, standard: str, body: dict[str, Any], problem: dict[str, str]
    ) -> None:
        load()
        before = list(Standard.objects.values())
        client = browser(make_admin())
        for answer in (
            client.patch(f"{URL}{standard}/", body, format="json"),
            client.post(f"{URL}{standard}/try", body, format="json"),
        ):
            assert (answer.status_code, fields(answer)) == (400, problem)
        assert list(Standard.objects.values()) == before
        assert not AuditEvent.objects.filter(action="standard.updated").exists()

    def test_a_refusal_says_the_range_in_both_languages(self) -> None:
        body = {"thresholds": {"cpu": 0.5, "memory": 1.5}}
        url = URL + "resources.by_importance/"
        english = browser(make_admin("en.admin", language="en")).patch(url, body, format="json").json()
        chinese = browser(make_admin("zh.admin", language="zh")).patch(url, body, format="json").json()
        assert english["detail"] == "The threshold “cpu” must be between 1 and 100."
        assert chinese["detail"] == "阈值“cpu”必须在 1 和 100 之间。"


def test_a_finding_is_told_with_the_numbers_in_its_words() -> None:
    rows = services.current_standards()
    (one,) = told(evaluate(document({"/replicas": 1}), subject(), rows), rows)
    assert one == {
        "standard": "replicas.least",
        "level": "deny",
        "field": "/replicas",
        "params": {"replicas": 3, "found": 1},
        "suggestion": [{"path": "/replicas", "value": 3}],
        "sentence_en": "At least 3 replicas run; with an autoscaler its minimum counts.",
        "sentence_zh": "至少运行 3 个副本；启用自动伸缩时以其最小值为准。",
        "reason_en": "One replica may be on a node that fails while another is being replaced; the service still answers.",
        "reason_zh": "即使一个副本所在节点故障、另一个正在更新，服务仍然可以响应。",
    }
