"""Which test asset a name means, from what a server lists; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.remote.redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.remote.testhub.wire import Asset

_SHOWN: Final = 5


def searches(name: str) -> tuple[str, ...]:
    """What to search for, in this order, until something is meant by the name.

    Servers call an asset by its full path, by the last segment or by that without its suffix
    (remote-apis.md, open points), and find only what has the searched text in what they call it.
    """
    last = name.rpartition("/")[2]
    stem = last.rpartition(".")[0]
    return tuple(dict.fromkeys(text for text in (name, last, stem) if text))


def meant(name: str, found: Iterable[Asset]) -> tuple[Asset, ...]:
    """Those of exactly this path; if there is none, those that the server calls so."""
    wanted, listed = one_line(name), tuple(found)  # as the texts of answers are made
    by_path = tuple(one for one in listed if one.path == wanted)
    return by_path or tuple(one for one in listed if one.name == wanted)


def chosen_asset(
    name: str, hits: tuple[Asset, ...], *, revision: str, project: str
) -> str | Problem:
    """The id of the one asset that is meant, or why there is none."""
    if len(hits) == 1:
        return hits[0].id
    place = f'revision "{revision}" of project "{project}"'
    if hits:
        text = (
            f"{len(hits)} test assets in {place} are meant by testAsset.name:"
            f" {_listed(hits)}; create the object anew with one of the ids in testAsset.assetId"
        )
    else:
        text = (
            f'there is no test asset "{name}" in {place} that can be run: check testAsset.name,'
            " its full path in the repository, testAsset.revision, its branch, and whether it is"
            " pushed"
        )
    return Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text)


def _listed(hits: tuple[Asset, ...]) -> str:
    told = sorted(f"{one.path or one.name} (id {one.id})" for one in hits)
    more = [f"{len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return ", ".join([*told[:_SHOWN], *more])
