"""Reading and writing the control API's documents; knows none of its paths."""

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from execution_simulator.operations import Call, Refusal, complaints

T = TypeVar("T")


def read(call: Call, adapter: TypeAdapter[T]) -> T:
    """The body as what the adapter says.

    Raises:
        Refusal: 400, naming every wrong member.
    """
    try:
        return adapter.validate_json(call.body)
    except ValidationError as exc:
        raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None


def show(model: BaseModel, status: int = 200) -> web.Response:
    """A model as the answer."""
    text = model.model_dump_json(by_alias=True)
    return web.Response(text=text, status=status, content_type="application/json")


def nothing() -> web.Response:
    """Done, nothing to show: 204."""
    return web.Response(status=204)


def removed(there: bool, thing: str, name: str) -> web.Response:  # noqa: FBT001 -- what the store's remove says
    """204 after a removal.

    Raises:
        Refusal: 404 when there was nothing to remove.
    """
    if not there:
        raise Refusal(404, "NOT_FOUND", f'cannot remove {thing} "{name}": there is none')
    return nothing()
