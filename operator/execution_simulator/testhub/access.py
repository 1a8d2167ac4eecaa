"""Tokens: the exchange of an offline token, and who may call; knows no other area."""

from urllib.parse import parse_qs

from aiohttp import web

from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.tokens import Standing

FORM = "application/x-www-form-urlencoded"


def exchange_token(call: Call) -> web.Response:
    """POST tokens/: an access token for an offline token.

    The shape is the one of the exchange that the vendor documents, a Keycloak token answer.
    """
    if call.request.content_type != FORM:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"the body must be {FORM}")
    offline = _refresh_token(call.body)
    match call.simulator.tokens.standing(offline):
        case Standing.UNKNOWN:
            raise Refusal(401, "INVALID_GRANT", "the offline token is not valid")
        case Standing.LICENCE_REFUSED:
            raise Refusal(403, "LICENSE_REFUSED", "no license is available for this user")
        case Standing.VALID:
            return _granted(call, offline)


def require_token(call: Call) -> None:
    """Refuse a call without a valid access token.

    Raises:
        Refusal: 401.
    """
    scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not call.simulator.tokens.admits(token.strip(), call.now):
        message = "the access token is missing, unknown or has expired"
        raise Refusal(401, "UNAUTHORIZED", message)


def _refresh_token(body: bytes) -> str:
    try:
        form = parse_qs(body.decode(), keep_blank_values=True)
    except ValueError:
        form = {}
    values = form.get("refresh_token", [""])
    if len(values) != 1 or not values[0]:
        raise Refusal(400, "INVALID_REQUEST", "refresh_token: must be given once")
    return values[0]


def _granted(call: Call, offline: str) -> web.Response:
    seconds = call.settings.access_token_seconds
    access = call.simulator.tokens.grant(offline, now=call.now, seconds=seconds)
    return answer(
        {
            "access_token": access,
            "expires_in": int(seconds),
            "id_token": None,
            "not-before-policy": 0,
            "refresh_expires_in": 0,
            "refresh_token": offline,
            "scope": "testserver email offline_access profile",
            "session_state": call.simulator.new_run_id(),
            "token_type": "bearer",
        }
    )


OPERATIONS = (
    Operation("exchange_token", "POST", "/rest/tokens/", exchange_token, needs_token=False),
)
