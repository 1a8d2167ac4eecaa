"""What an API area hands to the application: named operations on a call; knows no other area."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, JsonValue, ValidationError

from execution_simulator.machines import Machines
from execution_simulator.simulator import Simulator
from execution_simulator.variants import Settings

Model = TypeVar("Model", bound=BaseModel)


class Refusal(Exception):  # noqa: N818 -- a refusal is what the server answers, not a failure of it
    """The request is answered with an error of this HTTP status; `page`: by a proxy, in HTML."""

    def __init__(self, status: int, code: str, message: str, *, page: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.page = page


@dataclass(frozen=True, slots=True)
class Call:
    """One request with everything that answers it. `now` is seconds on the simulator's clock."""

    simulator: Simulator
    request: web.Request
    body: bytes
    context: str
    now: float
    status_word: str | None = None
    """Shown instead of every active status."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.simulator.settings

    @property
    def base(self) -> str:
        """The absolute address that callers use, with the context path."""
        return f"{self.request.url.origin()}{self.context}"

    def part(self, name: str) -> str:
        """A variable of the path."""
        return self.request.match_info[name]

    def word(self, name: str) -> str | None:
        """A value of the query, None when it is absent or empty."""
        return self.request.query.get(name) or None

    def words(self, name: str) -> tuple[str, ...]:
        """The values of a query member, repeated or delimited by commas."""
        values = self.request.query.getall(name, [])
        return tuple(word for value in values for word in value.split(",") if word)

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean of the query.

        Raises:
            Refusal: 400 for anything but true and false.
        """
        match (self.word(name) or "").lower():
            case "":
                return default
            case "true":
                return True
            case "false":
                return False
            case _:
                raise Refusal(400, "BAD_REQUEST", f"{name}: must be true or false")

    def whole(self, name: str, *, default: int) -> int:
        """A whole number of the query, not negative.

        Raises:
            Refusal: 400 for anything else.
        """
        text = self.word(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdecimal()) or len(text) > len(str(2**31)):
            raise Refusal(400, "BAD_REQUEST", f"{name}: must be a whole number, not negative")
        return int(text)

    def require_json(self, *more: str) -> None:
        """Refuse a body that is not announced as JSON.

        Raises:
            Refusal: 415.
        """
        if self.request.content_type not in {"application/json", *more}:
            message = "the body must be application/json"
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", message)

    def parsed(self, model: type[Model]) -> Model:
        """The body as a strict model.

        Raises:
            Refusal: 400, naming every wrong member and no value.
        """
        try:
            return model.model_validate_json(self.body)
        except ValidationError as exc:
            raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None


Handler = Callable[[Call], web.Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path (after the context) under the name that faults and tests use."""

    name: str
    method: str
    path: str
    handler: Handler
    needs_token: bool = True
    shelf: Callable[[Simulator], Machines] | None = None
    """Where the machines are that it is about, if it is about machines."""


def complaints(exc: ValidationError) -> str:
    """What is wrong with a document, member by member, without repeating a value."""
    errors = exc.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'body'}: {error['msg']}"
        for error in errors
    )


def answer(content: JsonValue, status: int = 200) -> web.Response:
    """A JSON answer."""
    text = json.dumps(content, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json")


def refused(status: int, code: str, message: str) -> web.Response:
    """The answer to what is refused or fails: JSON in the form of all errors."""
    return answer({"status": status, "code": code, "message": message}, status)


def plain(text: str, status: int = 200) -> web.Response:
    """A text/plain answer."""
    return web.Response(text=text, status=status, content_type="text/plain")
