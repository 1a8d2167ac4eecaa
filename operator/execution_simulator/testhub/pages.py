"""The page envelope of Spring, in which the server wraps its longer lists; knows no area."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import JsonValue

from execution_simulator.operations import Call

T = TypeVar("T")


def paged(call: Call, items: Sequence[T], show: Callable[[T], JsonValue]) -> JsonValue:
    """The page that the query (`page` from 0, `size`) asks for, never larger than the cap.

    Only what is on the page is shown: a caller may read ten thousand runs page by page.
    """
    settings = call.settings
    size = min(max(call.whole("size", default=settings.page_size), 1), settings.page_size_cap)
    number = call.whole("page", default=0)
    pages = -(-len(items) // size)
    content = [show(item) for item in items[number * size : (number + 1) * size]]
    return {
        "content": content,
        "totalElements": len(items),
        "totalPages": pages,
        "last": number >= pages - 1,
        "first": number == 0,
        "number": number,
        "size": size,
        "numberOfElements": len(content),
        "empty": not content,
    }
