"""Which jobs, repositories and Deployments are one service: strongest evidence first, never a guess between two.

A job and its repository by the address in the job's SCM, then by name. A Deployment by the image its job makes, by the
repository whose path its image has, by its namespace, then by name. Pure functions: the same input, the same rows, in
the same order. Must not: read a row, call outside, or join by a name what an address contradicts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from apps.access.intake.proposals import Proposal
from apps.access.intake.things import DeploymentSeen, Found, JobSeen, Repository, comparable, image_path

MOST_NAMES = 200
Json = dict[str, Any]


@dataclass
class Matched:
    """The services, and what belongs to none: {kind: {count, names}}."""

    proposals: list[Proposal] = field(default_factory=list)
    left_out: dict[str, Json] = field(default_factory=dict)


class _Index:
    """Repositories by what may name them."""

    def __init__(self, repositories: list[Repository]) -> None:
        self.by_source: dict[tuple[str, str], list[Repository]] = defaultdict(list)
        self.by_path: dict[str, list[Repository]] = defaultdict(list)
        self.by_leaf: dict[str, list[Repository]] = defaultdict(list)
        for one in repositories:
            for host in one.hosts:
                self.by_source[host, one.path.lower()].append(one)
            if not one.archived:
                self.by_path[one.path.lower()].append(one)
                self.by_leaf[one.leaf].append(one)

    def of_sources(self, job: JobSeen) -> list[Repository]:
        """The repositories a job builds, each once, in its order."""
        found = [one for source in job.sources for one in self.by_source.get(source, [])]
        return list(dict.fromkeys(found))


def match(found: Found) -> Matched:
    """The services of all that was read."""
    index = _Index(found.repositories)
    rows = [_of_job(job, index) for job in found.jobs]
    by_names = _Rows(rows)
    alone: list[DeploymentSeen] = []
    for seen in found.deployments:
        if not _attach(seen, by_names, index):
            alone.append(seen)
    rows += _of_deployments(alone, index)
    for row in rows:
        _look_again(row, index)
    _mark_shared(rows)
    kept = [row for row in rows if row.repository or (row.deployments and row.job) or _has_choice(row)]
    for row in kept:
        _mark_differences(row)
    kept.sort(key=lambda row: (row.slug, row.job.jenkins if row.job else "", row.job.name if row.job else ""))
    return Matched(kept, _left_out(found, kept))


def _of_job(job: JobSeen, index: _Index) -> Proposal:
    """A job with the repository it builds; by its name only where its configuration names none."""
    row = Proposal(job=job)
    exact = index.of_sources(job)
    if len(exact) == 1:
        row.repository = exact[0]
        row.because("scm", job=job.name, path=exact[0].path)
    elif exact:
        row.doubt("several_repositories", "repositories", _told(exact), job=job.name)
    elif job.sources:
        _by_path_alone(row, job, index)
    else:
        names = dict.fromkeys((comparable(job.project), comparable(job.name)))
        named = next((index.by_leaf[name] for name in names if name and name in index.by_leaf), [])
        _by_name(row, named, name=job.name)
    return row


def _by_path_alone(row: Proposal, job: JobSeen, index: _Index) -> None:
    """The address names a server that the portal does not know: an internal name of a known one, perhaps."""
    host, path = job.sources[0]
    same = index.by_path.get(path, [])
    if len(job.sources) == 1 and len(same) == 1:
        row.repository, row.is_by_name = same[0], True
        row.because("same_path", job=job.name, path=same[0].path, host=host)
    else:
        row.doubt("unknown_source", "repositories", _told(same), job=job.name, host=host, path=path)


def _by_name(row: Proposal, named: list[Repository], *, name: str) -> None:
    if len(named) == 1:
        row.repository, row.is_by_name = named[0], True
        row.because("same_name", name=name, path=named[0].path)
    elif named:
        row.doubt("several_repositories", "repositories", _told(named), job=name)


class _Rows:
    """Rows of jobs by what may tie a Deployment to them."""

    def __init__(self, rows: list[Proposal]) -> None:
        self.by_image: dict[str, list[Proposal]] = defaultdict(list)
        self.by_repository: dict[str, list[Proposal]] = defaultdict(list)
        self.by_name: dict[str, list[Proposal]] = defaultdict(list)
        for row in rows:
            if row.job and row.job.image:
                self.by_image[row.job.image].append(row)
            if row.repository:
                self.by_repository[row.repository.path.lower()].append(row)
            for name in row.names:
                self.by_name[name].append(row)


def _attach(seen: DeploymentSeen, rows: _Rows, index: _Index) -> bool:
    """Whether the Deployment belongs to the row of a job; in doubt it is a candidate of each, and of none a part."""
    images = [path for path in (image_path(image) for _, image in seen.containers) if path]
    named = rows.by_name.get(comparable(seen.project), []) if seen.project else []
    levels = [
        ("image_of_job", [row for image in images for row in rows.by_image.get(image, [])]),
        ("image", [row for image in images for row in rows.by_repository.get(image, [])]),
        ("namespace", named),
    ]
    if not any(index.by_path.get(image) for image in images):  # else a repository of its own says whose it is
        levels.append(("name", rows.by_name.get(comparable(seen.name), [])))
    for level, found in levels:
        fitting = _distinct(found)
        if len(fitting) > 1:
            close = [row for row in fitting if row.job and comparable(row.job.name) == comparable(seen.name)]
            fitting = close if len(close) == 1 else fitting
        if len(fitting) == 1:
            _join(fitting[0], seen, level)
            return True
        if fitting:
            for row in fitting:
                row.doubt("several_jobs", "workloads", [_place(seen)], deployment=seen.name)
            return True
    return False


def _join(row: Proposal, seen: DeploymentSeen, level: str) -> None:
    row.deployments.append(seen)
    row.is_by_name |= level == "name"
    row.because(f"deployment_{level}", deployment=seen.name, environment=seen.environment, cluster=seen.cluster)


def _of_deployments(alone: list[DeploymentSeen], index: _Index) -> list[Proposal]:
    """Deployments without a job. One service: those of a namespace with a project in its name, else those of one image
    and name. Its repository is the one with the image's path."""
    groups: dict[tuple[str, str, str], list[DeploymentSeen]] = defaultdict(list)
    for seen in alone:
        key = (seen.project, "", "") if seen.project else ("", _known_image(seen, index), comparable(seen.name))
        groups[key].append(seen)
    rows = []
    for members in groups.values():
        row = Proposal(deployments=members)
        for seen in members:
            row.because("deployment", deployment=seen.name, environment=seen.environment, cluster=seen.cluster)
        main = next((image for image in (_known_image(seen, index) for seen in members) if image), "")
        if main:
            _by_image(row, main, index)
        rows.append(row)
    return rows


def _known_image(seen: DeploymentSeen, index: _Index) -> str:
    """The first image of it whose path is a repository's; "" when none is."""
    return next((path for path in (image_path(image) for _, image in seen.containers) if path in index.by_path), "")


def _by_image(row: Proposal, path: str, index: _Index) -> None:
    same = index.by_path[path]
    if len(same) == 1:
        row.repository = same[0]
        row.because("image", image=path, path=same[0].path)
    else:
        row.doubt("several_repositories", "repositories", _told(same), job=path)


def _look_again(row: Proposal, index: _Index) -> None:
    """A row still without repository: by the image of what runs, then by names. What was in doubt stays in doubt."""
    if row.repository or row.doubts or not row.deployments:
        return
    main = next((image for image in (_known_image(seen, index) for seen in row.deployments) if image), "")
    if main:
        _by_image(row, main, index)
        return
    paths = dict.fromkeys(image_path(image) for seen in row.deployments for _, image in seen.containers)
    leaves = [comparable(path.rpartition("/")[2]) for path in paths if path]
    names = dict.fromkeys([*(comparable(seen.name) for seen in row.deployments), *leaves])
    named = next((index.by_leaf[name] for name in names if name and name in index.by_leaf), [])
    _by_name(row, named, name=row.deployments[0].name)


def _mark_shared(rows: list[Proposal]) -> None:
    """Several jobs build one repository: only what runs or is called like it is a service beyond doubt."""
    sharing: dict[Repository, list[Proposal]] = defaultdict(list)
    for row in rows:
        if row.repository:
            sharing[row.repository].append(row)
    for repository, group in sharing.items():
        for row in group if len(group) > 1 else []:
            jobs = [{"jenkins": one.job.jenkins, "job": one.job.name} for one in group if one.job and one is not row]
            is_named = row.job is not None and comparable(row.job.name) == repository.leaf
            if row.deployments or is_named:
                row.because("shared", path=repository.path, count=len(group))
                row.is_by_name = True
            else:
                row.doubt("shared_repository", "jobs", jobs, path=repository.path, count=len(group))


def _mark_differences(row: Proposal) -> None:
    """What one project cannot be: of two names, of two images, in one place twice."""
    projects = sorted({seen.project for seen in row.deployments if seen.project})
    if len(projects) > 1:
        row.doubt("several_names", "names", [{"name": name} for name in projects], names=projects)
    images = sorted({path for path in (image_path(row.container_of(seen)[1]) for seen in row.deployments) if path})
    if len(images) > 1:
        row.doubt("several_images", "images", [{"image": image} for image in images], images=images)


def _has_choice(row: Proposal) -> bool:
    return bool(row.candidates.get("repositories"))


def _left_out(found: Found, kept: list[Proposal]) -> dict[str, Json]:
    jobs = {id(row.job) for row in kept}
    running = {id(seen) for row in kept for seen in row.deployments}
    used = {(row.repository.gitlab, row.repository.path) for row in kept if row.repository}
    choices = [one for row in kept for one in row.candidates.get("workloads", [])]
    offered = {(one["cluster"], one["namespace"], one["deployment"]) for one in choices}
    return {
        "jobs": _counted([one.name for one in found.jobs if id(one) not in jobs]),
        "deployments": _counted(
            [
                f"{one.namespace}/{one.name}"
                for one in found.deployments
                if id(one) not in running and (one.cluster, one.namespace, one.name) not in offered
            ]
        ),
        "repositories": _counted([one.path for one in found.repositories if (one.gitlab, one.path) not in used]),
    }


def _counted(names: list[str]) -> Json:
    return {"count": len(names), "names": sorted(names)[:MOST_NAMES]}


def _told(repositories: list[Repository]) -> list[Json]:
    return [{"gitlab": one.gitlab, "path": one.path} for one in repositories]


def _place(seen: DeploymentSeen) -> Json:
    place = {"environment": seen.environment, "cluster": seen.cluster, "namespace": seen.namespace}
    return {**place, "deployment": seen.name}


def _distinct(rows: list[Proposal]) -> list[Proposal]:
    return list({id(row): row for row in rows}.values())
