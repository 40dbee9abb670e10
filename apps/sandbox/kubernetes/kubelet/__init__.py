"""The kubelets of a cluster's nodes: images, pod statuses, the end of pods.

Must not: choose nodes or count replicas; that is the controllers' part.
"""

from __future__ import annotations

from apps.sandbox.kubernetes.kubelet.termination import pod_deleted_by_api

__all__ = ["pod_deleted_by_api"]
