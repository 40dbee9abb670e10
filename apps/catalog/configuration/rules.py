"""What several members of a document say to each other and JSON Schema cannot express.

Every rule takes a document in which its members have a sound shape; an absent member asks for nothing, for its default
comes later. Must not: judge what is sensible (the standards do), or look outside the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.catalog.configuration import rules_network, rules_process
from apps.catalog.configuration.pointers import Fault

Document = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A rule, and the members whose shape must be sound before it looks."""

    members: tuple[str, ...]
    faults: Callable[[Document, str], Iterator[Fault]]


RULES = (
    Rule(("ports",), rules_network.ports_once),
    Rule(("ports",), rules_network.ports_of_a_service_only),
    Rule(("exposure",), rules_network.host_for_outside_only),
    Rule(("probes",), rules_network.probes_have_what_they_need),
    Rule(("probes", "ports"), rules_network.probes_ask_a_port),
    Rule(("hosts",), rules_network.hosts_once),
    Rule(("environment", "secrets"), rules_process.variables_once),
    Rule(("files",), rules_process.files_once),
    Rule(("files",), rules_process.files_fit),
    Rule(("schedule",), rules_process.schedule_of_a_cron_only),
    Rule(("autoscaling", "disruption"), rules_process.nothing_to_scale_in_a_cron),
)


def faults_of(document: Document, workload: str, unsound: set[str]) -> Iterator[Fault]:
    """The faults of all rules but those whose members are of a wrong shape."""
    for rule in RULES:
        if not unsound.intersection(rule.members):
            yield from rule.faults(document, workload)
