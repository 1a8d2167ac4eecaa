"""Turns what people paste as a server's address into one form; it opens no connection."""

from __future__ import annotations

import re
from typing import Final, NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_HOST: Final = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
# "." and ".." as segments would be resolved by whoever reads the URL next, "%2e" too.
_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-])+)*")
_LONGEST: Final = 2048


def normalise_base_url(text: str, *, allow_plain_http: bool) -> str:
    """Normalise a server's URL: `https://hub.example.com/test`, without a slash at the end.

    A slash at the end and a pasted `/#…` are dropped, as the Test Hub's page shows them; scheme
    and host become lower case, default ports go, the context path stays.

    Raises:
        ValueError: it cannot be used; one line that says what to write instead.
    """
    parts = _split(text.strip().partition("#")[0])
    if parts.scheme == "http" and not allow_plain_http:
        _refuse("it is plain http: write https://, or set allowPlainHTTP")
    if parts.query or "?" in text.partition("#")[0]:
        _refuse("it has a query: leave out the question mark and what follows")
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if not _PATH.fullmatch(path):
        _refuse("its path is not plain: write it as https://host/context")
    return _origin(parts) + path


def normalise_proxy_url(text: str) -> str:
    """Normalise a proxy's URL: scheme http or https, host and port, nothing else.

    Raises:
        ValueError: it cannot be used; one line that says what to write instead.
    """
    parts = _split(text.strip())
    if parts.path.strip("/") or parts.query or parts.fragment:
        _refuse("a proxy has no path: write it as http://host:port")
    return _origin(parts)


def origin(url: str) -> str:
    """Return scheme, host and port of a normalised URL, the port only where it is no default."""
    return _origin(urlsplit(url))


def host_of(url: str) -> str:
    """Return the host of a normalised URL, an IPv6 address without its brackets."""
    return urlsplit(url).hostname or ""


def link_on(base: str, href: str) -> str | None:
    """Resolve a link that a server gave, absolute or relative; None unless it is on its host.

    An absolute path outside of the context path is taken as relative to it: nothing of the server
    is anywhere else.

    Args:
        base: the server's normalised URL, context path included.
        href: as it came.
    """
    if not href.isprintable() or any(char in href for char in ' \\"<>'):
        return None
    context = urlsplit(base).path
    if re.match(r"/(?!/)", href) and not f"{href}/".startswith(f"{context}/"):
        href = context + href
    try:
        link = urljoin(f"{base}/", href)
        parts = urlsplit(link)
        ours = parts.scheme in _DEFAULT_PORTS and parts.hostname == host_of(base)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return link if ours and "@" not in parts.netloc and len(link) <= _LONGEST else None


def _split(text: str) -> SplitResult:
    if len(text) > _LONGEST or not text.isprintable() or " " in text:
        _refuse("it is too long or has blanks: write it as https://host/context")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        _refuse("host or port are not valid: write it as https://host")
    if parts.scheme not in _DEFAULT_PORTS:
        _refuse("it does not begin with https://: write it as https://host")
    if "@" in parts.netloc:
        _refuse("it has a user name or password: put credentials in a Secret")
    if not parts.hostname:
        _refuse("it has no host: write it as https://host")
    return parts


def _origin(parts: SplitResult) -> str:
    host = _ascii(parts.hostname or "")
    port = parts.port
    if port == 0:
        _refuse("port 0 cannot be reached: leave the port out or correct it")
    suffix = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def _ascii(host: str) -> str:
    """Write a host as DNS knows it: lower case, in ASCII, no dot at the end."""
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        name = ""
    name = f"[{name.lower()}]" if ":" in name else name.lower().rstrip(".")
    if not _HOST.fullmatch(name):
        _refuse("its host is not a valid name: write it as https://host")
    return name


def _refuse(cause: str) -> NoReturn:
    # The text itself is left out: it may hold a password, which is one of the things refused.
    message = f"cannot use the URL: {cause}"
    raise ValueError(message) from None
