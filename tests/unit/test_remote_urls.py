"""A server's address, in every form people paste it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.remote.urls import (
    host_of,
    link_on,
    normalise_base_url,
    normalise_proxy_url,
    origin,
)


@pytest.mark.parametrize(
    ("pasted", "normal"),
    [
        pytest.param("https://hub.example.com", "https://hub.example.com", id="as it is"),
        pytest.param("https://hub.example.com/", "https://hub.example.com", id="slash"),
        pytest.param("https://hub.example.com/test/", "https://hub.example.com/test", id="context"),
        pytest.param("https://hub.example.com/test/#/x", "https://hub.example.com/test", id="page"),
        pytest.param("https://hub.example.com/#", "https://hub.example.com", id="bare hash"),
        pytest.param("HTTPS://Hub.Example.COM/Test", "https://hub.example.com/Test", id="case"),
        pytest.param("https://hub.example.com:443/test", "https://hub.example.com/test", id="port"),
        pytest.param("https://hub.example.com:8443", "https://hub.example.com:8443", id="own port"),
        pytest.param("https://hub.example.com./x//y", "https://hub.example.com/x/y", id="dots"),
        pytest.param(" https://hub.example.com \n", "https://hub.example.com", id="blanks"),
        pytest.param("https://[2001:DB8::1]:443/t", "https://[2001:db8::1]/t", id="IPv6"),
        pytest.param("https://bücher.example", "https://xn--bcher-kva.example", id="IDN"),
    ],
)
def test_base_url_is_normalised(pasted: str, normal: str) -> None:
    assert normalise_base_url(pasted, allow_plain_http=False) == normal


@pytest.mark.parametrize(
    ("pasted", "advice"),
    [
        pytest.param("http://hub.example.com", "allowPlainHTTP", id="plain http"),
        pytest.param("hub.example.com", "https://", id="no scheme"),
        pytest.param("ftp://hub.example.com", "https://", id="other scheme"),
        pytest.param("https://me:s3cret@hub.example.com", "Secret", id="user-info"),
        pytest.param("https://@hub.example.com", "Secret", id="empty user-info"),
        pytest.param("https://hub.example.com/?a=b", "query", id="query"),
        pytest.param("https://hub.example.com/?", "query", id="empty query"),
        pytest.param("https://", "host", id="no host"),
        pytest.param("https:///test", "host", id="path only"),
        pytest.param("https://hub.example.com:70000", "port", id="port too large"),
        pytest.param("https://hub.example.com:0", "port", id="port 0"),
        pytest.param("https://hub.example.com:x", "port", id="port a word"),
        pytest.param("https://hub.example.com/a/../b", "path", id="dots in path"),
        pytest.param("https://hub.example.com/%2e%2e/b", "path", id="encoded dots in path"),
        pytest.param("https://hub.example.com\\evil.example", "host", id="backslash"),
        pytest.param("https://hub.example.com/a b", "blanks", id="blank"),
        pytest.param("https://[::1", "host", id="open bracket"),
        pytest.param("", "https://", id="empty"),
    ],
)
def test_unusable_base_url_is_refused_with_advice_in_one_line(pasted: str, advice: str) -> None:
    with pytest.raises(ValueError, match=r"^cannot use the URL: [^\n]+$") as refusal:
        normalise_base_url(pasted, allow_plain_http=False)

    assert advice in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_plain_http_is_taken_where_it_is_allowed() -> None:
    assert normalise_base_url("http://hub:80/t", allow_plain_http=True) == "http://hub/t"


@given(st.text() | st.from_regex(r"https?://[^ ]{0,40}", fullmatch=True))
def test_any_text_is_a_url_that_stays_as_it_is_or_a_value_error(text: str) -> None:
    try:
        normal = normalise_base_url(text, allow_plain_http=True)
    except ValueError:
        return

    assert normalise_base_url(normal, allow_plain_http=True) == normal
    assert host_of(normal)


def test_proxy_url_is_an_origin_alone() -> None:
    assert normalise_proxy_url("HTTP://Proxy.example:3128/") == "http://proxy.example:3128"


def test_proxy_url_with_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        normalise_proxy_url("http://proxy.example/path")


def test_origin_leaves_out_the_path() -> None:
    assert origin("https://hub.example.com:8443/test") == "https://hub.example.com:8443"


@pytest.mark.parametrize(
    ("base", "href", "link"),
    [
        pytest.param("https://h/test", "/test/f.html#/a", "https://h/test/f.html#/a", id="path"),
        pytest.param("https://h/test", "/f.html", "https://h/test/f.html", id="no context"),
        pytest.param("https://h/test", "/tester/f", "https://h/test/tester/f", id="alike"),
        pytest.param("https://h", "/f.html", "https://h/f.html", id="version 10"),
        pytest.param("https://h/test", "f.html", "https://h/test/f.html", id="relative"),
        pytest.param("https://h/test", "https://h/x", "https://h/x", id="absolute"),
        pytest.param("https://h", "https://H:8443/x", "https://H:8443/x", id="another port"),
        pytest.param("https://h", "//h/x", "https://h/x", id="no scheme"),
        pytest.param("https://h", "https://h.evil/x", None, id="another host"),
        pytest.param("https://h", "//evil/x", None, id="another host, no scheme"),
        pytest.param("https://h", "https://h@evil/x", None, id="user information"),
        pytest.param("https://h", "https://u:p@h/x", None, id="credentials"),
        pytest.param("https://h", "javascript:alert(1)", None, id="script"),
        pytest.param("https://h", "/\\evil/x", None, id="backslash"),
        pytest.param("https://h", "https://h/a b", None, id="blank"),
        pytest.param("https://h", "https://[h/x", None, id="broken"),
        pytest.param("https://h", "https://h:x/x", None, id="broken port"),
        pytest.param("https://h", "/" + 2048 * "a", None, id="too long"),
    ],
)
def test_a_link_is_on_the_server_s_own_host_or_none(base: str, href: str, link: str | None) -> None:
    assert link_on(base, href) == link


@given(st.text())
def test_any_link_is_on_the_host_or_none(text: str) -> None:
    link = link_on("https://hub.example.com/test", text)

    assert link is None or host_of(link) == "hub.example.com"
