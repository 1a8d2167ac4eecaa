"""A run's variables, from its spec and what its Secrets and ConfigMaps hold; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pydantic import SecretStr

    from execution_operator.api.run_specification import VariablesReference, VariablesSource
    from execution_operator.api.test_execution import TestExecutionSpec
    from execution_operator.reconcile.ports import Entries

MOST: Final = 200
LONGEST: Final = 4096
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Variables:
    """What is sent, and what of it nobody may see; its repr shows none of it.

    Attributes:
        sent: values by name.
        private: the values that came from Secrets and ConfigMaps.
        changed_at: when one of these was last written; None when that is not known.
    """

    sent: Mapping[str, str] = field(repr=False)
    private: tuple[str, ...] = field(repr=False)
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Sourced:
    """A value and where it came from; None: it is not text."""

    value: SecretStr | None
    place: str


def reference_of(source: VariablesSource) -> VariablesReference:
    """The one reference that a source has."""
    reference = source.secret_ref or source.config_map_ref
    assert reference is not None  # noqa: S101 - the schema's own rule: exactly one
    return reference


def described(source: VariablesSource) -> str:
    """What a source names, for people."""
    kind = "Secret" if source.secret_ref else "ConfigMap"
    return f'{kind} "{reference_of(source).name}"'


def merged(spec: TestExecutionSpec, found: Sequence[Entries | None]) -> Variables | Problem:
    """All variables: a later source wins over an earlier one, spec.variables over all.

    Args:
        spec: what was asked for.
        found: what each of spec.variablesFrom holds, in its order; None for one that is optional
            and not there. Keys that are missing are optional, see `missing_key`.
    """
    sourced: dict[str, _Sourced] = {}
    for source, entries in zip(spec.variables_from or (), found, strict=True):
        if entries is not None:
            sourced |= _named(source, entries)
    own = spec.variables or {}
    sourced = {name: one for name, one in sourced.items() if name not in own}
    wrong = _too_many(len(sourced) + len(own)) or _unusable(sourced)
    if wrong is not None:
        return wrong
    values = {
        name: one.value.get_secret_value() for name, one in sourced.items() if one.value is not None
    }
    return Variables(values | own, tuple(values.values()), _newest(found))


def missing_key(source: VariablesSource, entries: Entries) -> Problem | None:
    """That the one key which a source names is not there, unless it is optional."""
    reference = reference_of(source)
    if reference.key is None or reference.key in entries.values or reference.optional:
        return None
    keys = sorted(entries.values)
    more = [f"{len(keys) - _SHOWN} more"] if len(keys) > _SHOWN else []
    known = ", ".join([*keys[:_SHOWN], *more]) or "none"
    text = (
        f'spec.variablesFrom: {described(source)} has no key "{reference.key}": add it; its keys'
        f" are {known}"
    )
    secret = source.secret_ref is not None
    reason = Reason.SECRET_KEY_MISSING if secret else Reason.REFERENCE_NOT_FOUND
    return Problem(reason=reason, message=text)


def _named(source: VariablesSource, entries: Entries) -> dict[str, _Sourced]:
    """What the source gives, by the variables' names."""
    reference = reference_of(source)
    return {
        f"{reference.prefix or ''}{key}": _Sourced(value, f'{described(source)} key "{key}"')
        for key, value in entries.values.items()
        if reference.key in {None, key}
    }


def _too_many(count: int) -> Problem | None:
    if count <= MOST:
        return None
    return _invalid(
        f"spec.variables and spec.variablesFrom give {count} variables, {MOST} is the most:"
        " take some out of what variablesFrom names"
    )


def _unusable(sourced: Mapping[str, _Sourced]) -> Problem | None:
    """The first value that no variable can have, told without it."""
    for _, one in sorted(sourced.items()):
        if one.value is None:
            return _invalid(f"spec.variablesFrom: {one.place} is not text: store it as UTF-8")
        length = len(one.value.get_secret_value())
        if length > LONGEST:
            return _invalid(
                f"spec.variablesFrom: {one.place} has {length} characters, {LONGEST} is the most:"
                " shorten it"
            )
    return None


def _invalid(text: str) -> Problem:
    return Problem(reason=Reason.INVALID_SPEC, message=text)


def _newest(found: Iterable[Entries | None]) -> datetime | None:
    """When the newest was written; not known as soon as it is not known of one, or one is gone."""
    moments = [one.changed_at if one is not None else None for one in found]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
