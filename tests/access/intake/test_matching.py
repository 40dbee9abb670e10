"""What belongs together, by tables: strongest evidence first, and two candidates are never one answer."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.intake.languages import guess_language
from apps.access.intake.matching import Matched, match
from apps.access.intake.proposals import Settings, as_values
from apps.access.intake.things import DeploymentSeen, Found, JobSeen, Repository, comparable, image_path, source_of

HOST = "git.example.com"
SETTINGS = Settings(
    registries={"registry.example.com": "main"},
    languages=frozenset({"java", "go", "nodejs"}),
    templates={"tpl-go": "go"},
    order=("test", "production"),
)


def repository(path: str, **more: Any) -> Repository:
    return Repository("gitlab", path, (HOST,), **more)


def job(name: str, *paths: str, host: str = HOST, **more: Any) -> JobSeen:
    return JobSeen("ci", name, tuple((host, path) for path in paths), **more)


def running(name: str, image: str = "", environment: str = "test", **more: Any) -> DeploymentSeen:
    containers = (("app", f"registry.example.com/{image or 'other/thing'}:1"),)
    return DeploymentSeen("dc1", environment, more.pop("namespace", environment), name, containers, **more)


def found(*things: Any) -> Found:
    return Found(
        [one for one in things if isinstance(one, Repository)],
        [one for one in things if isinstance(one, JobSeen)],
        [one for one in things if isinstance(one, DeploymentSeen)],
    )


def rows(matched: Matched) -> list[tuple[str, str, str, list[str], str]]:
    """(name, repository, job, Deployments, confidence) of each."""
    values = [as_values(one, SETTINGS) for one in matched.proposals]
    return [
        (v["slug"], v["gitlab_path"], v["job"], [w["deployment"] for w in v["workloads"]], v["confidence"])
        for v in values
    ]


def codes(matched: Matched, number: int = 0) -> list[str]:
    return [one["code"] for one in as_values(matched.proposals[number], SETTINGS)["why"]]


CART, OTHER_CART, BOOK = repository("shop/cart"), repository("legacy/cart"), repository("shop/book-api")

TABLE = [
    ("the job's SCM names the repository", (CART, job("cart-n1", "shop/cart")),
     [("cart-n1", "shop/cart", "cart-n1", [], "certain")]),
    ("the address counts more than the name", (CART, OTHER_CART, job("cart", "legacy/cart")),
     [("cart", "legacy/cart", "cart", [], "certain")]),
    ("a job of two repositories is nobody's guess", (CART, BOOK, job("both", "shop/cart", "shop/book-api")),
     [("both", "", "both", [], "unsure")]),
    ("a job without SCM is known by its name", (BOOK, job("Book_API")),
     [("book-api", "shop/book-api", "Book_API", [], "likely")]),
    ("a job that the portal made for its first release is known by its name, too",
     (CART, job("cart", is_ours=True, template="tpl-go")), [("cart", "shop/cart", "cart", [], "likely")]),
    ("two repositories of a job's name are shown both", (CART, OTHER_CART, job("cart")),
     [("cart", "", "cart", [], "unsure")]),
    ("the path on an unknown host is likely", (CART, job("cart", "shop/cart", host="git")),
     [("cart", "shop/cart", "cart", [], "likely")]),
    ("an address contradicts a name", (CART, job("cart", "else/where"), running("cart", "shop/cart")),
     [("cart", "shop/cart", "", ["cart"], "certain")]),
    ("an archived repository is found by its address", (repository("shop/old", archived=True), job("x", "shop/old")),
     [("x", "shop/old", "x", [], "certain")]),
    ("and by no name", (repository("shop/old", archived=True), job("old")), []),
    ("the image has the repository's path", (CART, job("cart-n1", "shop/cart"), running("cart-web", "shop/cart")),
     [("cart-n1", "shop/cart", "cart-n1", ["cart-web"], "certain")]),
    ("the job says which image it makes",
     (CART, job("cart-n1", "shop/cart", image="prod/basket"), running("basket", "prod/basket")),
     [("cart-n1", "shop/cart", "cart-n1", ["basket"], "certain")]),
    ("the namespace has the project's name",
     (CART, job("cart-n1", "shop/cart"), running("web", namespace="cart-n1-test", project="cart-n1")),
     [("cart-n1", "shop/cart", "cart-n1", ["web"], "certain")]),
    ("only the name ties it", (CART, job("cart-n1", "shop/cart"), running("cart-n1")),
     [("cart-n1", "shop/cart", "cart-n1", ["cart-n1"], "likely")]),
    ("an image of another repository outweighs the name",
     (CART, BOOK, job("cart", "shop/cart"), running("cart", "shop/book-api")),
     [("cart", "shop/book-api", "", ["cart"], "certain"), ("cart", "shop/cart", "cart", [], "certain")]),
    ("a Deployment without a job", (CART, running("cart-n1", "shop/cart"), running("cart-n1", "shop/cart", "production")),
     [("cart-n1", "shop/cart", "", ["cart-n1", "cart-n1"], "certain")]),
    ("a Deployment that only has the repository's name", (CART, running("cart", "hub/cart")),
     [("cart", "shop/cart", "", ["cart"], "likely")]),
    ("two services of one repository, each with its own job",
     (repository("shop/mono"), job("cart-n1", "shop/mono"), job("pay-n1", "shop/mono"),
      running("cart-n1", "shop/mono"), running("pay-n1", "shop/mono")),
     [("cart-n1", "shop/mono", "cart-n1", ["cart-n1"], "likely"),
      ("pay-n1", "shop/mono", "pay-n1", ["pay-n1"], "likely")]),
    ("a second job of the repository is no second service",
     (CART, job("cart", "shop/cart"), job("cart-nightly", "shop/cart"), running("cart", "shop/cart")),
     [("cart", "shop/cart", "cart", ["cart"], "likely"), ("cart-nightly", "shop/cart", "cart-nightly", [], "unsure")]),
    ("a Deployment that fits two jobs is of neither",
     (repository("shop/mono"), job("a-n1", "shop/mono"), job("b-n1", "shop/mono"), running("c-n1", "shop/mono")),
     [("a-n1", "shop/mono", "a-n1", [], "unsure"), ("b-n1", "shop/mono", "b-n1", [], "unsure")]),
    ("web and worker of one namespace are one project",
     (CART, running("web", "shop/cart", project="cart-n1", namespace="cart-n1-test"),
      running("worker", "shop/cart", project="cart-n1", namespace="cart-n1-test")),
     [("cart-n1", "shop/cart", "", ["web", "worker"], "certain")]),
    ("nothing belongs together", (CART, job("housekeeping"), running("ingress")), []),
]  # fmt: skip


@pytest.mark.parametrize(("things", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_belongs_together(things: tuple[Any, ...], expected: list[Any]) -> None:
    assert rows(match(found(*things))) == expected


def test_the_order_of_reading_changes_nothing() -> None:
    for _, things, expected in TABLE:
        turned = match(found(*reversed(things)))
        assert [(row[0], row[1], row[2], sorted(row[3]), row[4]) for row in rows(turned)] == [
            (row[0], row[1], row[2], sorted(row[3]), row[4]) for row in expected
        ]


def test_candidates_are_shown_with_the_reason_why_nobody_chose() -> None:
    matched = match(found(CART, OTHER_CART, job("cart")))
    values = as_values(matched.proposals[0], SETTINGS)
    assert values["candidates"] == {
        "repositories": [{"gitlab": "gitlab", "path": "shop/cart"}, {"gitlab": "gitlab", "path": "legacy/cart"}]
    }
    assert codes(matched) == ["intake.several_repositories"]


def test_a_job_of_two_repositories_shows_both() -> None:
    matched = match(found(CART, BOOK, job("both", "shop/cart", "shop/book-api")))
    assert codes(matched) == ["intake.several_repositories"]
    assert [one["path"] for one in matched.proposals[0].candidates["repositories"]] == ["shop/cart", "shop/book-api"]


def test_what_belongs_to_nothing_is_counted_by_name() -> None:
    matched = match(found(CART, BOOK, job("cart", "shop/cart"), job("housekeeping"), running("ingress")))
    assert matched.left_out == {
        "jobs": {"count": 1, "names": ["housekeeping"]},
        "deployments": {"count": 1, "names": ["test/ingress"]},
        "repositories": {"count": 1, "names": ["shop/book-api"]},
    }


def test_a_sidecar_is_not_taken_for_the_service() -> None:
    containers = (("proxy", "hub/envoy:1"), ("main", "registry.example.com/shop/cart:3"))
    both = DeploymentSeen("dc1", "test", "test", "cart-n1", containers)
    values = as_values(match(found(CART, job("cart-n1", "shop/cart"), both)).proposals[0], SETTINGS)
    assert values["workloads"] == [
        {
            "environment": "test",
            "cluster": "dc1",
            "namespace": "test",
            "deployment": "cart-n1",
            "container": "main",
            "image": "registry.example.com/shop/cart:3",
        }
    ]
    assert (values["registry"], values["image_repository"]) == ("main", "shop/cart")


def test_of_two_containers_that_could_be_it_none_is_chosen() -> None:
    both = DeploymentSeen("dc1", "test", "test", "cart", (("a", "hub/a:1"), ("b", "hub/b:1")))
    values = as_values(match(found(CART, job("cart", "shop/cart"), both)).proposals[0], SETTINGS)
    assert [one["container"] for one in values["workloads"]] == [""]


def test_two_images_in_one_service_are_a_doubt() -> None:
    things = (CART, job("cart", "shop/cart", image="a/x"), running("cart", "a/x"), running("cart", "b/y", "production"))
    values = as_values(match(found(*things)).proposals[0], SETTINGS)
    assert (values["confidence"], values["environments"]) == ("unsure", ["test", "production"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://git.example.com/shop/cart.git", ("git.example.com", "shop/cart")),
        ("https://user:secret@Git.Example.com:8443/Shop/Cart", ("git.example.com", "shop/cart")),
        ("git@git.example.com:shop/cart.git", ("git.example.com", "shop/cart")),
        ("ssh://git@git.example.com:2222/shop/cart.git/", ("git.example.com", "shop/cart")),
        ("file:///srv/git/cart", None),
        ("/srv/git/cart", None),
        ("$REPO_URL", None),
        ("https://git.example.com/$GROUP/cart.git", None),
        ("https://[bad/shop/cart", None),
        ("", None),
    ],
)
def test_a_clone_address_in_any_form_is_a_host_and_a_path(url: str, expected: tuple[str, str] | None) -> None:
    assert source_of(url) == expected


def test_names_and_images_are_compared_by_what_they_say() -> None:
    assert {comparable(name) for name in ("Book_API.n1", "book-api-n1", "BookApi-n1", "book.api.n1")} == {"book-api-n1"}
    assert image_path("registry.example.com:5000/shop/cart:1@sha256:" + "0" * 64) == "shop/cart"
    assert image_path("${IMAGE}") == ""


@pytest.mark.parametrize(
    ("template", "tools", "names", "expected"),
    [
        ("tpl-go", ["maven"], ["cart"], "go"),
        ("", ["maven"], ["cart-node-n1"], "java"),
        ("", ["maven", "npm"], ["cart-tomcat-n1"], "java"),
        ("", ["maven", "npm"], ["cart-n1"], ""),
        ("", [], ["book-tomcat-n1"], "java"),
        ("", [], ["book-tomcat-node"], ""),
        ("", ["pip"], ["book"], ""),
    ],
)
def test_a_language_is_guessed_only_from_what_is_clear(
    template: str, tools: list[str], names: list[str], expected: str
) -> None:
    assert guess_language(template, tools, names, SETTINGS.templates, SETTINGS.languages) == expected
