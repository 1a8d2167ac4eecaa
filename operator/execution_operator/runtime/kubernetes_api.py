"""How the API server is reached: configuration, clients, meters; knows none of our kinds."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import aiohttp
import yaml
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.config import kube_config

from execution_operator.reconcile.ports import ObjectConflict, ObjectsUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_UNUSABLE: Final = (
    config.ConfigException,
    yaml.YAMLError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
_PATH: Final = re.compile(
    r"^/(?:api/v1|apis/[^/]+/[^/]+)(?:/namespaces/[^/]+(?=/))?/(?P<resource>[a-z]+)"
    r"(?:/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?)?$"
)


class NotConfigured(Exception):  # noqa: N818 - a person's mistake, in one line
    """There is no way to an API server: no pod account and no usable kubeconfig."""


class KubernetesMeter(Protocol):
    """What is measured of the requests to the API server."""

    def kubernetes_request(self, verb: str, kind: str, code: str, seconds: float) -> None:
        """One request ended."""


@dataclass(frozen=True, slots=True)
class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The API server answered with an error.

    Attributes:
        status: the HTTP status.
        message: the server's own words, one line.
    """

    status: int
    message: str

    def __str__(self) -> str:
        return f"{self.status} {self.message}"


async def load(
    kubeconfig: Path | str | None, meter: KubernetesMeter | None, *, context: str | None = None
) -> client.Configuration:
    """The configuration of the pod's account, or of a context of the kubeconfig file.

    Raises:
        NotConfigured: neither is there, or the file cannot be used.
    """
    found = client.Configuration()
    found.trace_configs = [trace(meter)] if meter else []
    found.retries = None  # ours to decide; an interrupted write must be seen as one
    found.client_session_kwargs = {"trust_env": _has_proxies()}
    in_pod = kubeconfig is None and has_pod_account()
    paths = str(kubeconfig or kube_config.KUBE_CONFIG_DEFAULT_LOCATION)
    try:
        if in_pod:
            config.load_incluster_config(client_configuration=found)  # type: ignore[no-untyped-call] # the client has no types there
        else:
            _check_files(paths)
            await config.load_kube_config(  # type: ignore[no-untyped-call] # the client has no types there
                config_file=paths, context=context, client_configuration=found
            )
    except _UNUSABLE as exc:
        what = "the pod's account" if in_pod else f'kubeconfig "{paths}"'
        text = f"cannot use {what}: {_cause(exc)}; give --kubeconfig FILE or set KUBECONFIG"
        raise NotConfigured(" ".join(text.split())) from exc
    return found


def has_pod_account() -> bool:
    """Whether we run in a pod that has an account of its own."""
    return (_ACCOUNT / "token").exists()


def _has_proxies() -> bool:
    """Whether the environment names any: looking there at each request costs two threads."""
    return bool(urllib.request.getproxies_environment())


def _check_files(paths: str) -> None:
    """Raise what is wrong with kubeconfig files: the client only warns, or trips over it."""
    files = [
        Path(path).expanduser() for path in paths.split(kube_config.ENV_KUBECONFIG_PATH_SEPARATOR)
    ]
    there = [file for file in files if file.exists()]
    if not there:
        text = "there is no such file"
        raise config.ConfigException(text)
    for file in there:
        content = yaml.safe_load(file.read_text())
        if not isinstance(content, dict):
            text = "it is empty" if content is None else "it is no map"
            raise config.ConfigException(text)


def _cause(exc: Exception) -> str:
    """Why it cannot be used, without any of its content: that may be a credential."""
    match exc:
        case yaml.MarkedYAMLError(problem_mark=yaml.Mark(line=line)):
            return f"line {line + 1} is no YAML"
        case yaml.YAMLError() | UnicodeError():
            return "it is no YAML"
        case OSError(strerror=str(words)):
            return words
        case config.ConfigException():  # may quote an entry
            return str(exc).partition("{")[0].strip()
        case _:
            return "one of its entries is not as it should be"


def own_namespace() -> str:
    """The namespace of the pod we run in, else `default`."""
    try:
        return (_ACCOUNT / "namespace").read_text().strip() or "default"
    except OSError:
        return "default"


async def watch_session(
    configuration: client.Configuration, meter: KubernetesMeter
) -> aiohttp.ClientSession:
    """A new session with the credentials of now; whoever gets it closes it."""
    context = ssl.create_default_context(
        cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
    )
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    bearer = await configuration.get_api_key_with_prefix("BearerToken")
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        headers={"Authorization": bearer} if bearer else {},
        trust_env=_has_proxies(),
        trace_configs=[trace(meter)],
    )


@contextlib.asynccontextmanager
async def translated(what: str) -> AsyncIterator[None]:
    """Turn the client's errors into ours at this border.

    Raises:
        ObjectConflict: 409, the object is not what we saw, or 404, it is not there any more.
        Refused: another answer of 4xx but 429.
        ObjectsUnavailable: anything else.
    """
    try:
        yield
    except ApiException as exc:
        answer = Refused(exc.status or 0, _words(exc))
        if answer.status in {404, 409}:
            text = f"cannot {what}: {answer}"
            raise ObjectConflict(text) from exc
        if 400 <= answer.status < 500 and answer.status != 429:  # noqa: PLR2004 - HTTP's classes
            raise answer from exc
        text = f"cannot {what}: {answer}"
        raise ObjectsUnavailable(text) from exc
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        text = f"cannot {what}: {type(exc).__name__}"
        raise ObjectsUnavailable(text) from exc


def _words(exc: ApiException) -> str:
    try:
        body: Any = json.loads(exc.body or "{}")
        said = body.get("message") or exc.reason
    except (ValueError, AttributeError):
        said = exc.reason
    return " ".join(str(said or "no reason given").split())[:1024]


def resource_of(path: str) -> str:
    """`testexecutions/status` for the path of a request, for a metric's bounded label."""
    match = _PATH.match(path)
    if match is None:
        return "other"
    sub = match["sub"]
    return f"{match['resource']}/{sub}" if sub else match["resource"]


def verb_of(method: str, path: str, *, watches: bool) -> str:
    """The verb as Kubernetes' authorization calls it."""
    if method != "GET":
        return {"POST": "create", "PUT": "update"}.get(method, method.lower())
    if watches:
        return "watch"
    match = _PATH.match(path)
    return "list" if match is not None and match["name"] is None else "get"


def trace(meter: KubernetesMeter) -> aiohttp.TraceConfig:
    """A trace that meters each request of the session it is given to."""
    traced = aiohttp.TraceConfig()

    async def start(_session: object, context: Any, _params: object) -> None:  # noqa: ANN401 - aiohttp's
        context.began = time.monotonic()

    def ended(context: Any, method: str, url: Any, code: str) -> None:  # noqa: ANN401 - aiohttp's
        verb = verb_of(method, url.path, watches=url.query.get("watch") == "true")
        seconds = time.monotonic() - context.began
        meter.kubernetes_request(verb, resource_of(url.path), code, seconds)

    async def end(_: object, context: Any, params: aiohttp.TraceRequestEndParams) -> None:  # noqa: ANN401 - aiohttp's
        ended(context, params.method, params.url, str(params.response.status))

    async def failed(_: object, context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:  # noqa: ANN401 - aiohttp's
        ended(context, params.method, params.url, type(params.exception).__name__)

    traced.on_request_start.append(start)
    traced.on_request_end.append(end)
    traced.on_request_exception.append(failed)
    return traced
