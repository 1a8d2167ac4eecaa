"""The API server's own tables, as `kubectl get` shows them; knows nothing of how they are got.

Shapes: Kubernetes API concepts, section "Receiving resources as Tables"; a row's object is whole
when the request says `includeObject=Object`.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

_ALWAYS_SHOWN: Final = 0


class _Received(BaseModel):
    model_config = ConfigDict(frozen=True)


class Column(_Received):
    """A column; with a priority other than 0 it shows with `-o wide` only."""

    name: str
    type: str
    priority: int = _ALWAYS_SHOWN


class Condition(_Received):
    """A condition."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class _Status(_Received):
    phase: str = ""
    verdict: str = ""
    conditions: tuple[Condition, ...] = ()


class _Metadata(_Received):
    name: str


class Seen(_Received):
    """An object of ours, as far as it matters here."""

    metadata: _Metadata
    status: _Status = _Status()

    @property
    def is_completed(self) -> bool:
        """Whether it can never end in another way."""
        return self._condition("Completed").status == "True"

    @property
    def why(self) -> str:
        """What its Ready condition says."""
        return self._condition("Ready").message

    def value_of(self, key: str) -> str:
        """Return what it shows under a key of an example's `# Ends:` line; empty: nothing."""
        match key:
            case "phase":
                return self.status.phase
            case "verdict":
                return self.status.verdict
            case "ready":
                return self._condition("Ready").status
            case "reason":
                return self._condition("Ready").reason
            case _:
                raise KeyError(key)

    def _condition(self, kind: str) -> Condition:
        found = (one for one in self.status.conditions if one.type == kind)
        return next(found, Condition(type=kind, status=""))


class Row(_Received):
    """An object's cells, one for each column, and the object."""

    cells: tuple[Any, ...]
    seen: Seen = Field(alias="object")


class Table(_Received):
    """All objects of a kind."""

    columns: tuple[Column, ...] = Field(alias="columnDefinitions")
    rows: tuple[Row, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """The columns' names as kubectl writes them."""
        return tuple(column.name.upper() for column in self.columns if _is_shown(column))

    def shown(self, row: Row) -> tuple[str, ...]:
        """Return the row's cells as kubectl writes them: one that is missing is blank."""
        return tuple(
            _text(cell)
            for column, cell in zip(self.columns, row.cells, strict=True)
            if _is_shown(column)
        )

    def lasting(self, row: Row) -> tuple[str, ...]:
        """Return those of the shown cells that do not change by the time alone, as an age does."""
        return tuple(
            _text(cell)
            for column, cell in zip(self.columns, row.cells, strict=True)
            if _is_shown(column) and column.type != "date"
        )


def _is_shown(column: Column) -> bool:
    return column.priority == _ALWAYS_SHOWN


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
