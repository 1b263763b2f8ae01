"""The routes of the service, and the app that they make together."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware

from app.service.batches import Full
from app.service.desk import BadRequest, Desk
from app.service.gate import App, Gate, Refusal, busy, check_parts
from app.service.limits import Room
from app.service.options import Options
from app.service.page import HEADERS, page
from app.service.schemas import Health, Labelled, Labels, Prediction, Predictions, Problem, Rows, Runs, Wrong
from app.service.tokens import Caller, Tokens
from models.errors import UserError
from models.orders.serving import Served

_WORDS = {
    400: "The request ended before its end, or is no text of UTF-8.",
    401: "No token, or one that is not known.",
    403: "Whoever asks may not.",
    413: "The request is too large.",
    415: "The request is not JSON by its content type, or it is packed.",
    429: "Too many requests a second; Retry-After tells when to come again.",
    503: "Too much waits; Retry-After tells when to come again.",
}
_COMMON: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words} for status, words in _WORDS.items()
}
# What is not HTTP at all the server itself refuses, before there is a route.
_COMMON[400]["content"] = {"text/plain": {"schema": {"type": "string"}}}
# A route that answers in text would document its refusals as text too: they are named as what they are.
_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_BESIDE_TEXT: dict[int | str, dict[str, Any]] = {
    status: {"description": one["description"], "content": {**one.get("content", {}), **_PROBLEM}}
    for status, one in _COMMON.items()
}
_PLACED: dict[int | str, dict[str, Any]] = {422: {"model": Wrong, "description": "What is wrong, and where."}}
_ALL = {**_COMMON, **_PLACED}
_TOKEN = [Depends(HTTPBearer(auto_error=False))]
#: One message of a socket, and one row of samples at most.
_MOST_ROWS = 1000


def make_app(served: Served, options: Options, tokens: Tokens, room: Room | None = None) -> App:
    """The service of a run. room: that others who read take theirs of too."""
    desk = Desk(served, options)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            desk.close()

    app = FastAPI(
        title="Winnow", version="1", docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False,
        description=f"Predictions of {served.run} for windows of EEG. For research; no diagnosis.",
    )  # fmt: skip
    _add_errors(app)
    _add_predictions(app, desk)
    _add_project(app, desk)
    _add_facts(app, desk)
    routes = frozenset(str(path) for path in (getattr(route, "path", "") for route in app.routes) if path)
    gate = Gate(app, options, tokens, desk.metrics, routes, room or Room(options.room))
    _add_stream(app, desk, gate)
    if not options.cors:
        return gate
    allowed: App = CORSMiddleware(
        gate, allow_origins=list(options.cors), allow_methods=["GET", "POST"], allow_headers=["authorization"]
    )
    return allowed


def _places(error: BadRequest) -> list[dict[str, Any]]:
    return [{"loc": ["body", *one.place], "msg": one.words, "type": "value_error"} for one in error.found]


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(BadRequest)
    async def bad(_: Request, error: BadRequest) -> Response:
        return JSONResponse({"detail": _places(error)}, 422)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        # What was sent is not sent back: it may hold numbers that JSON does not know.
        found = [{"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in error.errors()]
        return JSONResponse({"detail": found}, 422)

    @app.exception_handler(Full)
    async def full(_: Request, error: Full) -> Response:
        refusal = _full(error)
        return JSONResponse({"detail": refusal.words}, refusal.status, dict(refusal.headers))

    @app.exception_handler(Exception)
    async def ours(_: Request, error: Exception) -> Response:
        return JSONResponse({"detail": "this is our fault; the log of the service tells more"}, 500)


def _full(error: Full) -> Refusal:
    return busy("too many windows wait for the model", error.seconds)


def _sent(schema: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _json_of(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "the content type of a request is application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(415, "a request that is packed is not read: send it plain, without a content encoding")
    return await request.body()


def _add_predictions(app: FastAPI, desk: Desk) -> None:
    schema = desk.served.service.schema
    most = desk.options.samples
    batch = {
        "type": "object", "additionalProperties": False, "required": ["samples"],
        "properties": {"samples": {"type": "array", "minItems": 1, "maxItems": most, "items": schema}},
    }  # fmt: skip

    @app.post("/predict", responses=_ALL, dependencies=_TOKEN, openapi_extra=_sent(schema))
    async def predict(request: Request) -> Prediction:
        """The probabilities of one window, with what is odd about it."""
        return await desk.one(await _json_of(request))

    @app.post("/predict_batch", responses=_ALL, dependencies=_TOKEN, openapi_extra=_sent(batch))
    async def predict_batch(request: Request) -> Predictions:
        """The same of several windows at once, in their order; one that is wrong stops all."""
        began = time.perf_counter()
        found = await desk.many(await _json_of(request))
        spent = round(1000 * (time.perf_counter() - began), 2)
        return Predictions(predictions=found, run=desk.served.run, milliseconds=spent)


def _add_project(app: FastAPI, desk: Desk) -> None:
    @app.get("/model", responses=_COMMON, dependencies=_TOKEN)
    def model() -> dict[str, Any]:
        """The run that answers: recipe, classes, parameters, scores."""
        return desk.served.describe()

    @app.get("/runs", responses=_COMMON, dependencies=_TOKEN)
    def runs() -> Runs:
        """All runs of the project, newest first."""
        return Runs(runs=desk.served.runs())

    @app.get("/samples", responses=_ALL, dependencies=_TOKEN)
    def samples(
        where: Annotated[str, Query(max_length=4000)] = "", limit: Annotated[int, Query(ge=0, le=_MOST_ROWS)] = 100
    ) -> Rows:
        """Samples of the project; where chooses among them as the filter bar does."""
        try:
            return Rows(**desk.served.samples(where, limit))
        except UserError as error:
            raise _at(error, "query", "where") from None

    @app.post("/labels", responses=_ALL, dependencies=_TOKEN)
    def label(labels: Labels, request: Request) -> Labelled:
        """Label samples as the curator whose token it is, as one act that can be undone."""
        caller: Caller = request.scope["caller"]
        if not caller.name:
            raise HTTPException(401, "labels need the token of a curator", {"www-authenticate": "Bearer"})
        if not caller.curator:
            raise HTTPException(403, f"the token of {caller.name} is not a curator's")
        given = _once(labels)
        try:
            return Labelled(**desk.served.label(given, caller.name))
        except UserError as error:
            raise _at(error, "body", "labels") from None


def _once(labels: Labels) -> dict[str, str]:
    """Each sample with its label. Raises RequestValidationError where one is given two."""
    given: dict[str, str] = {}
    for number, one in enumerate(labels.labels):
        if given.setdefault(one.sample, one.label) != one.label:
            words = f"{one.sample} is {given[one.sample]!r} already in this request: which one is it?"
            raise _at(UserError(words), "body", "labels", number)
    return given


def _at(error: UserError, *place: str | int) -> RequestValidationError:
    return RequestValidationError([{"loc": place, "msg": str(error), "type": "value_error"}])


def _add_facts(app: FastAPI, desk: Desk) -> None:
    @app.get("/health")
    async def health() -> Health:
        """That the service lives, and how many windows wait."""
        seconds = round(time.monotonic() - desk.began, 1)
        return Health(status="ok", run=desk.served.run, waiting=desk.batches.waiting, seconds=seconds)

    @app.get("/metrics", responses=_BESIDE_TEXT, dependencies=_TOKEN, response_class=PlainTextResponse)
    def metrics() -> Response:
        """All figures as Prometheus reads them."""
        return Response(desk.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers=HEADERS)


def _add_stream(app: FastAPI, desk: Desk, gate: Gate) -> None:
    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        """Each message is a request as that of /predict, each answer is its prediction or what was wrong."""
        await socket.accept()
        host = socket.client.host if socket.client else ""
        try:
            while True:
                text = await socket.receive_text()
                await socket.send_text(json.dumps(await _message(desk, gate, socket.scope["caller"], host, text)))
        except (WebSocketDisconnect, KeyError):  # the end, or a message of bytes
            return


async def _message(desk: Desk, gate: Gate, caller: Caller, host: str, text: str) -> dict[str, Any]:
    """What is answered to one message: a prediction, or status and reason."""
    try:
        if seconds := gate.wait(caller, host):
            raise busy("too many requests a second", seconds, 429)
        if len(text) > desk.options.body:
            raise Refusal(413, "the message is too large")
        check_parts(text.count("[") + text.count("{") + text.count('"'))
        with gate.taking(len(text)):
            return (await desk.one(text)).model_dump()
    except BadRequest as error:
        return {"status": 422, "detail": _places(error)}
    except Full as error:
        return _refused(_full(error))
    except Refusal as refusal:
        return _refused(refusal)


def _refused(refusal: Refusal) -> dict[str, Any]:
    told = {name.replace("-", "_"): int(value) for name, value in refusal.headers if name == "retry-after"}
    return {"status": refusal.status, "detail": refusal.words, **told}
