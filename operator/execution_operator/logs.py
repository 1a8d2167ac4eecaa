"""Structured logs: one JSON object a line, or text for people, with secrets taken out."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Final, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any, Literal

HIDDEN: Final = "***"
_SECRET_KEY: Final = re.compile(r"token|secret|password|authorization|credential", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*|(?i:bearer)\s+[\w.~+/=-]+|(?i:refresh_token=)[^&\s\"']+"
)


def configure(*, style: Literal["json", "text"], level: str, stream: TextIO | None = None) -> None:
    """Send our own and the libraries' records to stderr, or to `stream`, in one style."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer()
                if style == "json"
                else structlog.dev.ConsoleRenderer(colors=out.isatty()),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("kopf", "asyncio", "aiohttp.access", "httpx", "httpcore", "kubernetes"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:  # noqa: ANN401 - structlog's type of an event
    """Hide values under telling names and tokens by their shape, however deep they are."""
    for key, value in event.items():
        if not key.startswith("_"):  # structlog's own, taken out before anything is written
            event[key] = _redacted(key, value)
    return event


def _redacted(key: object, value: object) -> object:
    if isinstance(key, str) and _SECRET_KEY.search(key):
        return HIDDEN
    match value:
        case str():
            return _SECRET_TEXT.sub(HIDDEN, value)
        case None | bool() | int() | float():
            return value
        case dict():
            return {name: _redacted(name, part) for name, part in value.items()}
        case list() | tuple():
            return [_redacted(None, part) for part in value]
        case BaseException():
            return _SECRET_TEXT.sub(HIDDEN, str(value))
        case _:  # written as its repr: whatever it is, it may show a token
            return _SECRET_TEXT.sub(HIDDEN, repr(value))
