"""Standards of logs, time zone and image (W12, W13, A7). They hold for every kind of workload.

Must not: suggest an image; which one runs is a release's business.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.catalog.standards.look import Look, Remark, change

STDOUT = "stdout"


def logs_stdout(look: Look) -> Iterator[Remark]:
    """Logs go to standard output, where the log search finds them."""
    found = look.text("/log_path")
    if found not in ("", STDOUT):
        yield Remark("/log_path", {"found": found}, (change("/log_path", STDOUT),))


def time_zone(look: Look) -> Iterator[Remark]:
    """The container's clock shows the company's time."""
    found, wanted = look.text("/time_zone"), look.subject.company_zone
    if found != wanted:
        yield Remark("/time_zone", {"found": found, "wanted": wanted}, (change("/time_zone", wanted),))


def image_tag(look: Look) -> Iterator[Remark]:
    """The image is one that stays: a digest, or a tag other than `latest`. It stands beside the document: field ""."""
    name, _, digest = look.subject.image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if name and not digest.startswith("sha256:") and tag in ("", "latest"):
        yield Remark("", {"found": look.subject.image})
