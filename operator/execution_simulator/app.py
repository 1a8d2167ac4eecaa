"""The HTTP application: every operation recorded, struck by faults, guarded, and answered.

The order is the one of the real thing: what a proxy breaks never reaches the server, and the
server checks the token before anything else.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from execution_simulator import control, testhub
from execution_simulator.faults import Fault, RemoveMachine, StatusWord
from execution_simulator.journal import Body, Seen, masked_body
from execution_simulator.mishaps import respond
from execution_simulator.operations import Call, Operation, Refusal, refused
from execution_simulator.simulator import Simulator
from execution_simulator.testhub.access import require_token

AioHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST_BODY = 8 * 1024 * 1024


def make_app(simulator: Simulator, context: str) -> web.Application:
    """The application that serves the APIs under `context` ("" or "/test") and the control API."""
    app = web.Application(middlewares=[_json_errors], client_max_size=LARGEST_BODY)
    for operation in testhub.OPERATIONS:
        app.router.add_route(
            operation.method, context + operation.path, _serving(simulator, context, operation)
        )
    for operation in _unslashed(testhub.OPERATIONS):
        app.router.add_route(
            operation.method, context + operation.path, _serving(simulator, context, operation)
        )
    for operation in control.OPERATIONS:
        app.router.add_route(
            operation.method, operation.path, _controlling(simulator, context, operation)
        )
    return app


def _unslashed(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Collections without their slash: a trap of the real server, worth a name of its own."""
    real = {(operation.method, operation.path) for operation in operations}
    bare = {
        (operation.method, operation.path.removesuffix("/"))
        for operation in operations
        if operation.path.endswith("/")
    }
    return tuple(
        Operation("unslashed", method, path, _refuse_unslashed, needs_token=False)
        for method, path in sorted(bare - real)
    )


def _refuse_unslashed(call: Call) -> web.Response:
    if call.settings.unslashed == "redirect":
        target = call.request.url.with_path(f"{call.request.path}/", keep_query=True)
        return web.Response(status=302, headers={"Location": str(target)})
    raise Refusal(404, "NOT_FOUND", "no such path: a collection's path ends with a slash")


def _serving(simulator: Simulator, context: str, operation: Operation) -> AioHandler:
    async def serve(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = simulator.faults.take(operation.name, request.path)
        masked = masked_body(body, request.content_type)
        seen = _seen(simulator, operation, request, masked)
        seen.fault = fault.kind if fault else None
        simulator.requests.add(seen)
        call = _call(simulator, request, body, context, fault)
        response = await respond(request, body, lambda: _answered(call, operation, masked), fault)
        if response is None:
            return web.Response()  # nobody reads it: the connection is closed
        seen.status = response.status
        if isinstance(fault, RemoveMachine) and operation.shelf is not None:
            shelf = operation.shelf(simulator)
            shelf.depart(fault.id, now=call.now, replace=fault.replace)
        return response

    return serve


def _controlling(simulator: Simulator, context: str, operation: Operation) -> AioHandler:
    async def serve(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = _call(simulator, request, body, context, None)
        try:
            return operation.handler(call)
        except Refusal as exc:
            return refused(exc.status, exc.code, exc.message)

    return serve


def _call(
    simulator: Simulator, request: web.Request, body: bytes, context: str, fault: Fault | None
) -> Call:
    word = fault.word if isinstance(fault, StatusWord) else None
    now = simulator.clock.now()
    return Call(simulator, request, body=body, context=context, now=now, status_word=word)


def _seen(simulator: Simulator, operation: Operation, request: web.Request, masked: Body) -> Seen:
    token = masked.offline_token
    return Seen(
        method=request.method,
        path=request.path,
        operation=operation.name,
        query={name: tuple(request.query.getall(name)) for name in request.query},
        at=simulator.clock.now(),
        offline_token_right=None if token is None else simulator.tokens.knows(token),
        body_text=masked.text,
    )


def _answered(call: Call, operation: Operation, masked: Body) -> web.Response:
    try:
        if operation.needs_token:
            require_token(call)
        return operation.handler(call)
    except Refusal as exc:
        return _refused(call, exc, masked)


def _refused(call: Call, refusal: Refusal, masked: Body) -> web.Response:
    if refusal.page:
        text = f"<html><body><h1>{refusal.message}</h1></body></html>"
        return web.Response(text=text, status=refusal.status, content_type="text/html")
    message = call.simulator.tokens.redacted(refusal.message)
    if masked.offline_token:
        message = message.replace(masked.offline_token, "***")
    if call.settings.echo_request:
        message = f"{message}: {call.body.decode(errors='replace')}"
    response = refused(refusal.status, refusal.code, message)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@web.middleware
async def _json_errors(request: web.Request, handler: AioHandler) -> web.StreamResponse:
    """Unknown paths, wrong methods and too large bodies answer in JSON as everything else does."""
    try:
        return await handler(request)
    except web.HTTPException as exc:
        code = exc.reason.upper().replace(" ", "_")
        response = refused(exc.status, code, f"{request.path}: {exc.reason}")
        if isinstance(exc, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(exc.allowed_methods))
        return response
