"""What goes wrong, for which operation and how often; must not know how it is done over HTTP."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from execution_simulator.models import ControlModel


class BaseFault(ControlModel):
    """When a fault strikes: requests of `operation`, after `skip` of them, `times` times."""

    operation: str
    """The operation's name, or `*` for all."""
    path: str | None = None
    """Only requests whose path contains this."""
    times: int | None = Field(default=1, ge=0)
    """None: for ever."""
    skip: int = Field(default=0, ge=0)

    def concerns(self, operation: str, path: str) -> bool:
        """Whether a request of this operation and path is meant."""
        return self.operation in {"*", operation} and (self.path is None or self.path in path)


class AnswerStatus(BaseFault):
    """Answer with a status instead of handling the request."""

    kind: Literal["status"] = "status"
    status: int = Field(ge=200, le=599)
    body: Literal["json", "html", "empty"] = "json"
    message: str = "The server has a fault."
    retry_after: str | None = None
    """The header Retry-After: seconds or a date."""


class Redirect(BaseFault):
    """Answer with a redirect instead of handling the request."""

    kind: Literal["redirect"] = "redirect"
    status: Literal[301, 302, 303, 307, 308] = 302
    location: str


class EchoRequest(BaseFault):
    """Answer with an error whose message repeats the request, offline token included."""

    kind: Literal["echoRequest"] = "echoRequest"
    status: int = Field(default=400, ge=400, le=599)


class Drop(BaseFault):
    """Close the connection without handling the request; `reset` sends no polite end."""

    kind: Literal["drop"] = "drop"
    reset: bool = False


class Hang(BaseFault):
    """Never handle the request; close the connection after `seconds` of real time."""

    kind: Literal["hang"] = "hang"
    seconds: float = Field(default=3_600, ge=0)


class Delay(BaseFault):
    """Handle the request as usual, but `seconds` of real time later."""

    kind: Literal["delay"] = "delay"
    seconds: float = Field(ge=0)


class LoseAnswer(BaseFault):
    """Handle the request, then close the connection without a byte.

    With `hang_seconds` the connection stays open, silent, for that long (real time).
    """

    kind: Literal["loseAnswer"] = "loseAnswer"
    hang_seconds: float = Field(default=0, ge=0)
    reset: bool = False


class Truncate(BaseFault):
    """Handle the request, answer half of the body.

    `announce_all`: the header promises the whole body and the connection breaks off; otherwise
    the answer is well-formed HTTP around broken JSON.
    """

    kind: Literal["truncate"] = "truncate"
    announce_all: bool = False


class HugeBody(BaseFault):
    """Answer 200 with a JSON array of `size` bytes, nearly all blank."""

    kind: Literal["hugeBody"] = "hugeBody"
    size: int = Field(ge=2)
    gzip: bool = False


class StatusWord(BaseFault):
    """Handle the request, but show active executions with this status word."""

    kind: Literal["statusWord"] = "statusWord"
    word: str = "WAITING_FOR_AGENT"


class RemoveMachine(BaseFault):
    """Handle the request, then take an agent or docker host off: pages still to come are shifted.

    It is of the sort that the request is about; requests about none take none off. With `replace`
    another one comes last, at the same level and in the same projects: there are as many as before.
    """

    kind: Literal["removeMachine"] = "removeMachine"
    id: int
    replace: bool = False


Fault = Annotated[
    AnswerStatus
    | Redirect
    | EchoRequest
    | Drop
    | Hang
    | Delay
    | LoseAnswer
    | Truncate
    | HugeBody
    | StatusWord
    | RemoveMachine,
    Field(discriminator="kind"),
]
FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)
FAULTS: TypeAdapter[tuple[Fault, ...]] = TypeAdapter(tuple[Fault, ...])


@dataclass(slots=True)
class Planted:
    """A fault in force and how often it was met."""

    fault: Fault
    skipped: int = field(default=0)
    struck: int = field(default=0)

    def strikes(self) -> bool:
        """Count a request that the fault concerns; whether it strikes."""
        if self.skipped < self.fault.skip:
            self.skipped += 1
            return False
        if self.fault.times is not None and self.struck >= self.fault.times:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults in force, in order: the first that strikes takes the request."""

    def __init__(self) -> None:
        self._planted: list[Planted] = []

    def __iter__(self) -> Iterator[Planted]:
        return iter(self._planted)

    def add(self, fault: Fault) -> None:
        """Put a fault after those in force."""
        self._planted.append(Planted(fault))

    def replace(self, faults: Iterable[Fault]) -> None:
        """Forget all, take these with fresh counts."""
        self._planted = [Planted(fault) for fault in faults]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._planted = []

    def take(self, operation: str, path: str) -> Fault | None:
        """The fault that strikes this request."""
        for planted in self._planted:
            if planted.fault.concerns(operation, path) and planted.strikes():
                return planted.fault
        return None
