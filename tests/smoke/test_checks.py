"""The story's own eyes: what it checks in clusters, registry and journals has to fail when the outside differs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from apps.sandbox import images
from apps.sandbox.compose import Sandbox
from apps.sandbox.seed import baseline
from tests.smoke.outside import Outside
from tests.smoke.report import Difference, until
from tests.support.sandbox import running_sandbox

NAME, NAMESPACE, CLUSTER = "book-api-n1", "production", "dc1"


@dataclass
class Scene:
    """A Deployment that runs its baseline, and the eyes on it."""

    sandbox: Sandbox
    outside: Outside
    digest: str
    access: baseline.ClusterAccess

    @property
    def image(self) -> str:
        return f"{self.sandbox.world.registry_host}/shop/{NAME}:{baseline.BASELINE_TAG}@{self.digest}"

    def apply(self, image: str, replicas: int = 2) -> None:
        asyncio.run(baseline.apply(self.access, [baseline.deployment(NAME, NAMESPACE, image, replicas)]))

    def differs(self, image: str) -> str:
        """The sentence with which the check of that image ends; empty when all is well."""
        try:
            self.outside.clusters[CLUSTER].assert_runs(NAMESPACE, NAME, image)
        except Difference as difference:
            return str(difference)
        return ""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running_sandbox(tmp_path_factory) as sandbox:
        world = sandbox.world
        registry = images.Registry(world.registry_url, world.registry_user, world.registry_password)
        digest = asyncio.run(baseline.push_baseline(registry, f"shop/{NAME}", start_seconds=0.05))
        spec = next(spec for spec in world.clusters if spec.name == CLUSTER)
        access = baseline.ClusterAccess(sandbox.clusters[CLUSTER].url, spec.ca_pem, spec.admin_token)
        made = Scene(sandbox, Outside(sandbox.root), digest, access)
        made.apply(made.image)
        until(lambda: made.differs(made.image), lambda said: said == "", 20, "the baseline")
        yield made


def test_another_image_than_expected_is_a_difference(scene: Scene) -> None:
    other = scene.image.replace(scene.digest, "sha256:" + "0" * 64)
    said = scene.differs(other)
    assert said == f"The image of dc1 production/book-api-n1 is {scene.image!r} and should be {other!r}."


def test_the_registry_tells_the_digest_of_a_tag_and_a_missing_tag_is_a_difference(scene: Scene) -> None:
    assert scene.outside.digest_of(f"shop/{NAME}", baseline.BASELINE_TAG) == scene.digest
    with pytest.raises(Difference, match=r"^The registry answers 404 for shop/book-api-n1:none\.$"):
        scene.outside.digest_of(f"shop/{NAME}", "none")


def test_a_patch_by_another_hand_than_the_image_manager_is_a_difference(scene: Scene) -> None:
    eyes = Outside(scene.sandbox.root).clusters[CLUSTER]
    assert eyes.patched_images(NAMESPACE, NAME) == []
    bare = scene.image.partition("@")[0]
    scene.apply(bare)
    assert [entry["detail"]["image"] for entry in eyes.image_patches(NAMESPACE, NAME)] == [{"app": bare}]
    with pytest.raises(Difference, match="field manager of a patch in dc1 is 'baseline'"):
        eyes.patched_images(NAMESPACE, NAME)


def test_replicas_that_are_not_there_yet_are_a_difference(scene: Scene) -> None:
    scene.apply("127.0.0.1:1/nowhere/image@" + scene.digest, replicas=3)
    assert scene.differs("127.0.0.1:1/nowhere/image@" + scene.digest) != ""
