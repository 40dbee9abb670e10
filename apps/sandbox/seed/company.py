"""The demo's company in the portal, made through its public API: systems, people, environments, projects, grants.

Everything is looked for first and left as it is when it is there: a person may have changed it since.
Must not: import anything of the portal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.sandbox.seed import outside, plan
from apps.sandbox.seed.accounts import Accounts
from apps.sandbox.seed.portal import Portal, PortalError
from apps.sandbox.world import World

GITLAB, JENKINS, REGISTRY = "gitlab", "jenkins", "registry"
ADOPTER = "ops"


def systems(world: World) -> list[tuple[str, dict[str, Any]]]:
    """The outside systems as the API takes them: (path, body)."""
    rows: list[tuple[str, dict[str, Any]]] = [
        ("gitlab-servers/", {"name": GITLAB, "url": world.gitlab_url, "token": world.gitlab_token}),
        (
            "jenkins-controllers/",
            {
                "name": JENKINS,
                "url": world.jenkins_url,
                "username": world.jenkins_user,
                "token": world.jenkins_api_token,
            },
        ),
        (
            "registries/",
            {
                "name": REGISTRY,
                "url": world.registry_url,
                "host": world.registry_host,
                "username": world.registry_user,
                "password": world.registry_password,
            },
        ),
    ]
    for spec in world.clusters:
        body = {
            "name": spec.name,
            "api_url": f"https://127.0.0.1:{spec.address.port}",
            "ca_pem": spec.ca_pem,
            "token": spec.portal_token,
            "data_centre": spec.data_centre,
            "registry": REGISTRY,
            "pull_host": world.registry_host,
        }
        rows.append(("clusters/", body))
    return rows


class Company:
    """Makes what is missing. `admin` is signed in; `say` prints a line for each thing made."""

    def __init__(self, admin: Portal, world: World, accounts: Accounts, say: Callable[[str], None]) -> None:
        self.admin, self.world, self.accounts, self.say = admin, world, accounts, say

    def found(self) -> None:
        """Everything, in the order in which one thing needs the other."""
        self._people()
        self._systems()
        self._environments()
        self._projects()
        self._grants()
        self._workloads()

    def _people(self) -> None:
        known = {row["username"]: row for row in self.admin.listed("users/")}
        for person in plan.PEOPLE:
            password = self.accounts.passwords[person.username]
            if person.username not in known:
                body = {"username": person.username, "display_name": person.display_name, "password": password}
                self.admin.post("users/", body)
                self.say(f"account {person.username}")
            elif person.username in self.accounts.fresh:  # the file with the old one is gone
                self.admin.patch(f"users/{known[person.username]['id']}/", {"password": password})
                self.say(f"new password for {person.username}")

    def _systems(self) -> None:
        for path, body in systems(self.world):
            known = {row["name"]: row for row in self.admin.listed(path)}
            row = known.get(body["name"]) or self.admin.post(path, body)
            if not (row.get("last_check") or {}).get("ok"):
                self._test(f"{path}{body['name']}/test", body["name"])

    def _test(self, path: str, name: str) -> None:
        result = self.admin.post(path)
        if not result["ok"]:
            bad = [f"{c['name']} ({c['detail'] or c['code']})" for c in result["checks"] if c["outcome"] == "failed"]
            raise PortalError(f"the connection test of {name} failed: {', '.join(bad)}")
        self.say(f"connected {name}: {len(result['checks'])} checks")

    def _environments(self) -> None:
        known = {row["slug"]: row for row in self.admin.listed("environments/")}
        for wanted in plan.ENVIRONMENTS:
            row = known.get(wanted.slug)
            if row is None:
                body = {
                    "slug": wanted.slug,
                    "name": wanted.name,
                    "tier": wanted.tier,
                    "position": wanted.position,
                    "approvals_required": wanted.approvals,
                    "promotes_from": list(wanted.promotes_from),
                }
                row = self.admin.post("environments/", body)
                self.say(f"environment {wanted.slug}")
            placed = {placement["cluster"] for placement in row["placements"]}
            for place in wanted.places:
                if place.cluster not in placed:
                    body = {"cluster": place.cluster, "wave": place.wave}
                    self.admin.post(f"environments/{wanted.slug}/placements/", body)

    def _projects(self) -> None:
        known = {row["slug"] for row in self.admin.listed("projects/")}
        for project in plan.PROJECTS:
            if project.slug in known:
                continue
            body = {
                "slug": project.slug,
                "name": project.name,
                "language": project.language,
                "gitlab": GITLAB,
                "gitlab_path": project.repository,
                "jenkins": JENKINS,
                "registry": REGISTRY,
                "image_repository": project.repository,
                "owners": ["owner"],
                "environments": list(project.environments),
                "callback": {"url": self.world.callback_url} if project.has_callback else {},
            }
            self.admin.post("projects/", body)
            self.say(f"project {project.slug}")

    def _grants(self) -> None:
        for project in plan.PROJECTS:
            rows = self.admin.listed("grants/", project=project.slug, ended="true")
            known = {(row["user"]["username"], row["role"], row["environment"]) for row in rows}
            for username, role, environment in plan.grants_of(project):
                if (username, role, environment) not in known:  # one that was taken back stays taken back
                    body = {"user": username, "role": role, "environment": environment, "project": project.slug}
                    self.admin.post("grants/", body)

    def _workloads(self) -> None:
        """Adopted by ops: an administrator may not (D21). When ops cannot sign in any more, that is said and left."""
        ops = Portal(self.admin.url)
        answer = ops.sign_in(ADOPTER, self.accounts.passwords[ADOPTER])
        if answer.status != 200:
            self.say(f"nothing is adopted: {answer.told()}")
            return
        for project in plan.PROJECTS:
            rows = ops.listed("workloads/", project=project.slug)
            known = {(row["environment"], row["cluster"]) for row in rows}
            for environment, cluster in outside.targets_of(project):
                if (environment, cluster) not in known:
                    body = {
                        "project": project.slug,
                        "environment": environment,
                        "cluster": cluster,
                        "deployment": project.slug,
                        "container": "app",
                    }
                    ops.post("workloads/adopt", body)
                    self.say(f"adopted {project.slug} in {environment} on {cluster}")
