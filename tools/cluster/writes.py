"""Counts what changed objects, by the API server's own word; knows nothing of who asked for it."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from cluster.control_plane import ControlPlane

_COUNTED: Final = re.compile(r"apiserver_request_total\{(?P<labels>.*)\} (?P<count>\S+)")
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"})


def writes(plane: ControlPlane, resources: Iterable[str]) -> Counter[str]:
    """How often anybody asked for a change of these resources since the API server started.

    Args:
        plane: whose API server.
        resources: plural names, such as `staticagents`; their subresources are counted as well.

    Returns:
        Requests, the refused ones too, by resource, such as `staticagents/status`.
    """
    return read_writes(plane.run_kubectl("get", "--raw", "/metrics"), frozenset(resources))


def read_writes(text: str, resources: frozenset[str]) -> Counter[str]:
    """The same of an API server's metrics."""
    found: Counter[str] = Counter()
    for line in _COUNTED.finditer(text):
        labels = dict(_LABEL.findall(line["labels"]))
        if labels["verb"] in _CHANGING and labels["resource"] in resources:
            parts = (labels["resource"], labels["subresource"])
            found["/".join(filter(None, parts))] += round(float(line["count"]))
    return found
