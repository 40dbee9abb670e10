"""The namespaces a project will live in: made once per place, or adopted as they are (E5).

Must not: change a namespace that was there, or what lies in it.
"""

from __future__ import annotations

from apps.access.models import Provision
from apps.access.provisioning.contents import read_contents
from apps.access.provisioning.rows import confirm, deadline, intend, send, told
from apps.integrations.clients import get_kubernetes
from apps.integrations.loop import run
from apps.integrations.models import Cluster
from apps.tickets import registry
from apps.tickets.outcomes import Outcome
from apps.tickets.visit import Visit
from apps.workloads.rendering.namespace import namespace_object


@registry.step("create_namespace", writes=True)
def create_namespace(visit: Visit) -> Outcome:
    """The namespace stands; of one that was there before, what others keep in it is told."""
    cluster = Cluster.objects.get(pk=visit.params["cluster_id"])
    name, client = visit.params["namespace"], get_kubernetes(cluster)
    labels = namespace_object(name)["metadata"]["labels"]
    row = intend(visit, Provision.What.NAMESPACE, visit.step.system, name, address={"namespace": name})
    made = send(visit, lambda: client.ensure_namespace(name, labels, key=visit.key), deadline() * 3, namespace=name)
    found: dict[str, list[str]] = {"foreign": [], "unread": []}
    if not made.created:
        contents = run(read_contents(client, name, visit.ticket.project.slug), deadline() * 5)
        found = {"foreign": contents.foreign, "unread": contents.unread}
    confirm(visit, row, address={"namespace": name, "uid": made.uid}, link="", is_adopted=not made.created)
    did = "created" if made.created else "adopted"
    return told(row, did, "", cluster=cluster.name, namespace=name, uid=made.uid, **found)
