"""Which kubeconfig and which namespace the caller means, as kubectl would take them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from kubernetes.aio import config

from execution_operator.cli.tex.mistakes import Trouble
from execution_operator.runtime.kubernetes_api import has_pod_account, own_namespace

if TYPE_CHECKING:
    from execution_operator.cli.tex.options import Place


def kubeconfig_of(place: Place) -> str | None:
    """The kubeconfig files as KUBECONFIG writes them; None: the account of the pod we run in."""
    if place.kubeconfig:
        return place.kubeconfig
    paths = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube/config")
    if not _is_there(paths) and not place.context and has_pod_account():
        return None
    return paths


def _is_there(paths: str) -> bool:
    return any(Path(path).expanduser().exists() for path in paths.split(os.pathsep))


def default_namespace(place: Place) -> str:
    """The context's namespace, or the pod's.

    Raises:
        Trouble: there is no such context.
    """
    paths = kubeconfig_of(place)
    if paths is None:
        return own_namespace()
    if not _is_there(paths):
        return "default"  # the library would print a warning; what is wrong is told when it is used
    try:
        contexts, active = config.list_kube_config_contexts(paths)  # type: ignore[no-untyped-call] # the client has no types there
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, LookupError, TypeError):
        return "default"  # as above
    name = place.context or active["name"]
    chosen = next((one for one in contexts if one["name"] == name), None)
    if chosen is None:
        known = ", ".join(str(one["name"]) for one in contexts)
        text = f'the kubeconfig has no context "{name}": it has {known or "none"}'
        raise Trouble(text)
    return str(chosen.get("context", {}).get("namespace") or "default")
