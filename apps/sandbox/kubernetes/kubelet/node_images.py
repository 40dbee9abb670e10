"""Which images are on which node, and how one gets there.

Must not: write pod statuses or events; it says what happened, the kubelet tells it.
"""

from __future__ import annotations

import time

from apps.sandbox.kubernetes.kubelet.images import SIDE_LOADED, Image, ImageSource, Reference
from apps.sandbox.kubernetes.life.objects import Obj
from apps.sandbox.kubernetes.life.work import Registry


class NodeImages:
    """The image stores of all nodes."""

    def __init__(self, registry: Registry | None) -> None:
        self._source = ImageSource(registry)
        self._on_nodes: dict[str, dict[str, Image]] = {}

    async def close(self) -> None:
        """Close the connections to the registry."""
        await self._source.close()

    def find(self, node: str, container: Obj) -> Image | None:
        """The image of a container where the node has it and its pull policy is content with that."""
        if container.get("imagePullPolicy") == "Always":
            return None
        return self._on_nodes.get(node, {}).get(container["image"])

    @staticmethod
    def is_side_loaded(reference: Reference) -> bool:
        """Whether every node has the image from the start."""
        return not reference.host and reference.repository in SIDE_LOADED

    async def pull(self, node: str, reference: Reference) -> tuple[Image, str]:
        """Bring an image to a node; the image and the message of the Pulled event. Raises PullError."""
        began = time.monotonic()
        image = await self._source.pull(reference)
        self._on_nodes.setdefault(node, {})[reference.text] = image
        if self.is_side_loaded(reference):
            return image, f'Container image "{reference.text}" already present on machine'
        took = f"{max(1, round((time.monotonic() - began) * 1000))}ms"
        text = f'Successfully pulled image "{reference.text}" in {took} ({took} including waiting). '
        return image, text + f"Image size: {image.size} bytes."
