"""What the Test Hub answers, as frozen models of the fields we use; it does no I/O.

The models take null for absent, numbers for identifiers and any form of date (the Test Hub API,
open points), and cut, clean and bound every text. The validation context is the function that
cleans text; without one, text is made a single line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

from execution_operator.remote.redaction import one_line

ACTIVE_WORDS: Final = ("SCHEDULED", "IN_TRANSITION", "RUNNING", "STOPPING")
TERMINAL_WORDS: Final = frozenset(
    {
        "COMPLETE",
        "COMPLETE_WITH_ERROR",
        "STOPPED_BY_USER",
        "STOPPED_AUTOMATICALLY",
        "INCOMPLETE",
        "CANCELED",
        "LAUNCH_FAILED",
    }
)
MAX_ID: Final = 128
MAX_REPORTS: Final = 100
_NOT_AN_ID: Final = "an identifier is one printable word or a whole number"
_MAX_TOKEN: Final = 65_536
_NOT_A_TOKEN: Final = "an access token is one line of ASCII"  # noqa: S105 - words about one
_NOT_A_LIST: Final = "there is no list"
_MILLISECONDS: Final = 1000
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
# Seconds since the epoch stay below this until the year 5138, milliseconds passed it in 1973.
_LEAST_MILLISECONDS: Final = 100_000_000_000


def is_active(status: str | None) -> bool:
    """Tell whether a run with this status word goes on; words we do not know go on."""
    return status not in TERMINAL_WORDS


def _text(value: object, info: ValidationInfo) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    clean = info.context if callable(info.context) else one_line
    return str(clean(text)) or None


def _identifier(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(_NOT_AN_ID)  # noqa: TRY004 - pydantic wants it
    if isinstance(value, int) and value.bit_length() > MAX_ID:
        raise ValueError(_NOT_AN_ID)
    text = str(value)
    usable = 0 < len(text) <= MAX_ID and text.isprintable() and text.strip() == text
    if not usable or text in {".", ".."}:  # as a path's segment these would lead elsewhere
        raise ValueError(_NOT_AN_ID)
    return text


def _maybe_identifier(value: object) -> str | None:
    try:
        return _identifier(value)
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    """Read ISO 8601 with Z, an offset or none (then UTC), or the epoch's milliseconds.

    Servers say "never" by a date long ago (Java's and Go's zero); it is none.
    """
    found = _any_moment(value)
    return found if found is not None and found > _EPOCH else None


def _any_moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str) and not value.strip().isdecimal():
            found = datetime.fromisoformat(value.strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        number = float(value)
        seconds = number / _MILLISECONDS if number >= _LEAST_MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 1 << 53 else None


def _url(value: object, info: ValidationInfo) -> str | None:
    """Read a link; one that cleaning would change holds a secret, or is longer than text may be."""
    if not isinstance(value, str) or not value.isprintable():
        return None
    clean = info.context if callable(info.context) else one_line
    return value if value and clean(value) == value else None


def _objects(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)][:MAX_REPORTS]


Text = Annotated[str | None, BeforeValidator(_text)]
Id = Annotated[str, BeforeValidator(_identifier)]
MaybeId = Annotated[str | None, BeforeValidator(_maybe_identifier)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Count = Annotated[int | None, BeforeValidator(_count)]
Url = Annotated[str | None, BeforeValidator(_url)]


_NOT_ASKED_FOR: Final[set[str]] = set()


class Wire(BaseModel):
    """What all answers have in common: camelCase outside, frozen, unknown members dropped."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True
    )


class Listed(Wire):
    """What lists are made of: things that have an id."""

    id: Id


class Token(BaseModel):
    """The answer of POST /rest/tokens/; `expires_in` in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: SecretStr
    expires_in: Count = None

    @field_validator("access_token", mode="after")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not (0 < len(text) <= _MAX_TOKEN and text.isascii() and text.isprintable()):
            raise ValueError(_NOT_A_TOKEN)
        return value


class Space(Listed):
    """A team space."""

    display_name: Text = None


class Project(Listed):
    """A project."""

    name: Text = None
    archived: bool | None = Field(default=None, strict=True)


class Asset(Listed):
    """A test asset; the API writes these members in snake_case, others in camelCase."""

    name: Text = None
    path: Text = None
    repository_id: MaybeId = Field(
        default=None, validation_alias=AliasChoices("repository_id", "repositoryId")
    )
    external_type: Text = Field(
        default=None, validation_alias=AliasChoices("external_type", "externalType")
    )


class ExecutionResource(Listed):
    """A run; `status` is the server's own word, None when it did not say one.

    One is kept for each active run: nothing is in it that nobody asks for.
    """

    status: Text = None
    message: Text = None
    result_id: MaybeId = Field(default=None, validation_alias=AliasPath("result", "id"))
    start_date: Moment = None
    completion_date: Moment = None

    def model_post_init(self, _context: object, /) -> None:
        """Forget which members there were: as much memory for each run as all they say."""
        object.__setattr__(self, "__pydantic_fields_set__", _NOT_ASKED_FOR)


class Report(Wire):
    """A report of a result; `href` relative to the server or absolute."""

    id: MaybeId = None
    name: Text = None
    href: Url = None
    content_type: Text = Field(
        default=None, validation_alias=AliasChoices("content-type", "contentType")
    )


class ResultResource(Wire):
    """A run's result; the verdict may come later than the run's end, `duration` in ms."""

    id: MaybeId = None
    verdict: Text = None
    status: Text = None
    message: Text = None
    name: Text = None
    branch: Text = None
    start_date: Moment = None
    creation_date: Moment = None
    duration: Count = None
    reports: Annotated[tuple[Report, ...], BeforeValidator(_objects)] = ()


class Page(BaseModel):
    """One page of a list, whatever envelope it came in.

    Attributes:
        items: not yet read.
        total: how many there are on all pages, where the server said so.
        pages: how many pages there are, where the server said so.
        last: whether this is the last one, where the server said so.
    """

    model_config = ConfigDict(frozen=True)

    items: Sequence[Any]
    total: Count = None
    pages: Count = None
    last: bool | None = None

    @classmethod
    def of(cls, found: object) -> Page:
        """Take a bare list, `{data, total}`, or `{content, totalElements, totalPages, last}`.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(found, list):
            return cls(items=found, last=True)
        if not isinstance(found, dict):
            raise ValueError(_NOT_A_LIST)  # noqa: TRY004 - bytes are wrong, not code
        items = found.get("content", found.get("data"))
        if not isinstance(items, list):
            raise ValueError(_NOT_A_LIST)  # noqa: TRY004 - bytes are wrong, not code
        last = found.get("last")
        return cls(
            items=items,
            total=found.get("totalElements", found.get("total")),
            pages=found.get("totalPages"),
            last=last if isinstance(last, bool) else None,
        )
