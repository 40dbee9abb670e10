"""A client made by others must get along with the registry stand-in: skopeo pushes, reads, lists and deletes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.server import RegistryServer
from apps.sandbox.registry.token_server import TokenServer
from tests.support.servers import serving

SKOPEO = shutil.which("skopeo")
pytestmark = pytest.mark.skipif(SKOPEO is None, reason="skopeo is not installed")

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"

Skopeo = Callable[..., str]


@pytest.fixture(params=["3", "2.8", "3 with tokens"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegistryServer]:
    version, _, with_tokens = request.param.partition(" ")
    with ExitStack() as stack:
        if with_tokens:
            service = stack.enter_context(serving(TokenServer(user="ci", password="pw", service="skopeo")))
            made = RegistryServer(tmp_path / "registry", tokens=service.trust, edition=Edition(version))
        else:
            made = RegistryServer(tmp_path / "registry", user="ci", password="pw", edition=Edition(version))
        yield stack.enter_context(serving(made))


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    def run(*arguments: str) -> str:
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)}
        command = [SKOPEO or "", "--insecure-policy", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


class Layout:
    """A tiny OCI layout directory, written by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, media_type: str, content: bytes, **more: object) -> dict[str, object]:
        hexadecimal = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs" / "sha256" / hexadecimal).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{hexadecimal}", "size": len(content), **more}

    def image(self, architecture: str = "amd64", **more: object) -> dict[str, object]:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as archive:
            info = tarfile.TarInfo("app.txt")
            info.size = len(architecture)
            archive.addfile(info, io.BytesIO(architecture.encode()))
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": {"team": "ops"}},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(CONFIG, json.dumps(config).encode()),
            "layers": [self.blob(LAYER, gzip.compress(raw.getvalue(), mtime=0))],
        }
        return self.blob(MANIFEST, json.dumps(manifest).encode(), **more)

    def finish(self, *manifests: dict[str, object]) -> None:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)}
        (self.folder / "index.json").write_text(json.dumps(index))


def named(tag: str) -> dict[str, str]:
    return {"org.opencontainers.image.ref.name": tag}


def test_an_image_is_pushed_inspected_listed_and_deleted(
    tmp_path: Path, server: RegistryServer, skopeo: Skopeo
) -> None:
    layout = Layout(tmp_path / "oci")
    image = layout.image(annotations=named("1"))
    layout.finish(image)
    here = f"docker://127.0.0.1:{server.port}/team/app"
    creds = ("--dest-tls-verify=false", "--dest-creds", "ci:pw")
    skopeo("copy", *creds, f"oci:{layout.folder}:1", f"{here}:1")
    skopeo("copy", *creds, f"oci:{layout.folder}:1", f"{here}:stable")
    reading = ("--tls-verify=false", "--creds", "ci:pw")
    seen = json.loads(skopeo("inspect", *reading, f"{here}:1"))
    assert (seen["Digest"], seen["Labels"]) == (image["digest"], {"team": "ops"})
    assert sorted(seen["RepoTags"]) == ["1", "stable"]
    raw = skopeo("inspect", "--raw", *reading, f"{here}:1")
    assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == image["digest"]
    assert sorted(json.loads(skopeo("list-tags", *reading, here))["Tags"]) == ["1", "stable"]
    skopeo("delete", *reading, f"{here}:1")
    assert json.loads(skopeo("list-tags", *reading, here))["Tags"] == []
    assert [entry.status for entry in server.journal.find("manifest.delete")] == [202]
    assert server.journal.find("manifest.put", subject="team/app:1", accepted=True)


def test_a_whole_index_is_copied_from_repository_to_repository_by_mounting(
    tmp_path: Path, server: RegistryServer, skopeo: Skopeo
) -> None:
    layout = Layout(tmp_path / "oci")
    children = [layout.image(name, platform={"os": "linux", "architecture": name}) for name in ("amd64", "arm64")]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": children}
    listed = layout.blob(INDEX, json.dumps(index).encode(), annotations=named("multi"))
    layout.finish(listed)
    here = f"docker://127.0.0.1:{server.port}"
    target = ("--dest-tls-verify=false", "--dest-creds", "ci:pw")
    source = ("--src-tls-verify=false", "--src-creds", "ci:pw")
    skopeo("copy", "--all", *target, f"oci:{layout.folder}:multi", f"{here}/team/app:multi")
    skopeo("copy", "--all", *source, *target, f"{here}/team/app:multi", f"{here}/other/app:multi")
    for repository in ("team/app", "other/app"):
        links = server.storage.find(repository)
        assert links.tags == {"multi": listed["digest"]}
        assert set(links.manifests) == {listed["digest"], *(child["digest"] for child in children)}
    mounted = [entry for entry in server.journal.find("upload.start") if "mounted_from" in entry.detail]
    assert [entry.detail["mounted_from"] for entry in mounted] == ["team/app", "team/app"]  # one layer per child


def test_an_image_is_pulled_into_a_layout_byte_by_byte(tmp_path: Path, server: RegistryServer, skopeo: Skopeo) -> None:
    layout = Layout(tmp_path / "oci")
    image = layout.image(annotations=named("1"))
    layout.finish(image)
    here = f"docker://127.0.0.1:{server.port}/team/app:1"
    skopeo("copy", "--dest-tls-verify=false", "--dest-creds", "ci:pw", f"oci:{layout.folder}:1", here)
    skopeo("copy", "--src-tls-verify=false", "--src-creds", "ci:pw", here, f"oci:{tmp_path / 'back'}:1")
    before = sorted(path.name for path in (layout.folder / "blobs" / "sha256").iterdir())
    assert sorted(path.name for path in (tmp_path / "back" / "blobs" / "sha256").iterdir()) == before
