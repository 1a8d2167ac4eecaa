"""Whatever bytes a server may answer, for tests that nothing of it makes a reader crash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from execution_operator.remote.messages import Response

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

JSON_TYPE = "application/json"
ODD = ["RUNNING", "2026-12-01T15:00:25Z", "\ud800", "1" * 40, 10**400, 1e308]


def responses(words: str) -> SearchStrategy[Response]:
    """Answers of any status, type and body; JSON objects in them have these members."""
    names = st.sampled_from(words.split())
    scalars = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=20)
        | st.sampled_from(ODD)
    )
    shapes = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
        max_leaves=12,
    )
    bodies = st.binary(max_size=60) | shapes.map(lambda shape: json.dumps(shape).encode())
    statuses = st.sampled_from([200, 200, 200, 201, 202, 204]) | st.integers(100, 999)
    types = st.sampled_from([JSON_TYPE, "text/plain", "text/html", "", "x/y+json"])
    places = st.none() | st.text(max_size=20)
    return st.builds(Response, statuses, types, bodies, st.none(), location=places)
