"""The search for secrets finds them, in whatever form, and nothing else."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from support.leaks import leaks

SECRET = 'ca"n/ary+tö k&en'
WAYS = {
    "plain": SECRET,
    "in a path": f"/x/{quote(SECRET)}/y",
    "in a query": f"a=b&c={quote(SECRET, safe='')}",
    "in a form": urlencode({"refresh_token": SECRET}),
    "in a form with plus": quote_plus(SECRET),
    "in JSON": json.dumps({"offlineToken": SECRET}),
    "in UTF-8 JSON": json.dumps({"offlineToken": SECRET}, ensure_ascii=False),
    "in JSON with escaped slashes": json.dumps(SECRET).replace("/", "\\/"),
    "in JSON in JSON": json.dumps({"message": json.dumps({"offlineToken": SECRET})}),
    "in a repr": repr({"token": SECRET}),
    "in the repr of bytes": repr(f"token={SECRET}".encode()),
    "in hex": SECRET.encode().hex(),
    **{
        f"in base64 after {before} bytes": base64.b64encode(
            b"x" * before + SECRET.encode() + b"after"
        ).decode()
        for before in range(4)
    },
    "in URL-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS.keys())
def test_a_secret_is_found_however_it_is_written(text):
    found = leaks({"a log": f"before {text} after"}, {"the token": SECRET})
    assert found
    assert found[0].startswith("the token in a") or found[0].startswith("the token ")
    assert SECRET not in str(found)


@pytest.mark.parametrize("text", ["", "***", "canary", SECRET[:-1], SECRET.upper()])
def test_what_is_no_secret_is_not_found(text):
    assert leaks({"a log": text}, {"the token": SECRET}) == []
