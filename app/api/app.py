"""The routes: one line for each, with the handler that answers it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import attached, collections, embeddings, find, models, personal, readers, runs, tables, tokens
from app.api.chat import chat_completions
from app.api.compare import compare
from app.api.errors import ApiError, api_error
from app.api.guard import Guard, refuse
from app.api.limits import Gate, Rate
from app.api.reply import json_response
from app.api.text import completions
from app.core.doorway import ApiOptions, Doorway
from app.errors import AppError
from app.settings import Settings

UNREAD = (408, 413)
"""Refusals of a request whose body has not been read to its end."""


async def health(request: Request) -> Response:
    """GET /health: it runs. Needs no key, so it says nothing else."""
    return json_response({"status": "ok"})


ROUTES = [
    Route("/health", health),
    Route("/v1/models", models.list_models),
    Route("/v1/models/{id:path}", models.one_model),
    Route("/v1/chat/completions", chat_completions, methods=["POST"]),
    Route("/v1/completions", completions, methods=["POST"]),
    Route("/tokenizer_info", tokens.tokenizer_info),
    Route("/tokenize", tokens.tokenize, methods=["POST"]),
    Route("/detokenize", tokens.detokenize, methods=["POST"]),
    Route("/v1/embeddings", embeddings.embeddings, methods=["POST"]),
    Route("/v1/collections", collections.list_collections),
    Route("/v1/collections/{id:int}", collections.one_collection),
    Route("/v1/collections/{id:int}/publish", collections.publish, methods=["POST"]),
    Route("/v1/collections/{id:int}/search", collections.search, methods=["POST"]),
    Route("/v1/collections/{id:int}/calculate", collections.calculate, methods=["POST"]),
    Route("/v1/collections/{id:int}/find", find.find, methods=["POST"]),
    Route("/v1/collections/{id:int}/summarise", collections.summarise, methods=["POST"]),
    Route("/v1/collections/{id:int}/ask", collections.ask, methods=["POST"]),
    Route("/v1/collections/{id:int}/personal", personal.find),
    Route("/v1/collections/{id:int}/personal", personal.set_masking, methods=["POST"]),
    Route("/v1/collections/{id:int}/personal/{document_id:int}", personal.one_document),
    Route("/v1/ask", attached.ask, methods=["POST"]),
    Route("/v1/compare", compare, methods=["POST"]),
    Route("/v1/collections/{id:int}/table", tables.table, methods=["POST"]),
    Route("/v1/templates", tables.list_templates),
    Route("/v1/templates", tables.keep_template, methods=["POST"]),
    Route("/v1/templates/{key}", tables.change_template, methods=["POST"]),
    Route("/v1/templates/{key}", tables.delete_template, methods=["DELETE"]),
    Route("/v1/readers", readers.list_readers),
    Route("/v1/readers/use", readers.use_reader, methods=["POST"]),
    Route("/v1/readers/back", readers.go_back, methods=["POST"]),
    Route("/v1/runs", runs.list_runs),
    Route("/v1/runs", runs.begin_run, methods=["POST"]),
    Route("/v1/runs/{id}", runs.one_run),
    Route("/v1/runs/{id}/prepare", runs.prepare, methods=["POST"]),
    Route("/v1/runs/{id}/author", runs.try_author, methods=["POST"]),
    Route("/v1/runs/{id}/questions", runs.list_questions),
    Route("/v1/runs/{id}/train", runs.train, methods=["POST"]),
    Route("/v1/runs/{id}/cancel", runs.cancel, methods=["POST"]),
    Route("/v1/runs/{id}/use", runs.use, methods=["POST"]),
    Route("/v1/runs/{id}/back", runs.go_back, methods=["POST"]),
]


def create_app(core: Doorway, settings: Settings, key: Callable[[], str], options: ApiOptions) -> ASGIApp:
    """Everything that answers programs, without a socket; `key` is asked for at each request."""
    origins = frozenset(options.origins)
    middleware = []
    if origins:
        middleware = [
            Middleware(
                CORSMiddleware,
                allow_origins=sorted(origins),
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["*"],
            )
        ]
    app = Starlette(
        routes=ROUTES,
        middleware=middleware,
        exception_handlers={ApiError: _refused, AppError: _failed, HTTPException: _no_route, 500: _broken},
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    return Guard(
        app,
        core,
        key=key,
        hosts=allowed_hosts(options),
        origins=origins,
        rate=Rate(options.requests_a_minute),
        gate=Gate(),
    )


def allowed_hosts(options: ApiOptions) -> frozenset[str]:
    """What programs may call this computer: itself at its port, and what the user allows besides."""
    own = f"[{options.host}]" if ":" in options.host else options.host
    names = {"127.0.0.1", "localhost", "[::1]", own}
    return frozenset({f"{name}:{options.port}" for name in names} | {host.lower() for host in options.hosts})


class _Refusal(Response):
    """An error of a request whose body was not read to its end."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(status_code=error.status)
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await refuse(self._error, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    if error.status in UNREAD:
        return _Refusal(error)
    response = json_response(error.body(), error.status)
    response.headers.update(error.headers)
    return response


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return await _refused(request, api_error(error))


async def _no_route(request: Request, error: Exception) -> Response:
    """404 and 405 of the router itself."""
    assert isinstance(error, HTTPException)
    said = {404: "There is nothing here.", 405: f"{request.method} is not possible here."}
    refusal = ApiError(error.status_code, said.get(error.status_code, error.detail))
    response = await _refused(request, refusal)
    response.headers.update(error.headers or {})
    return response


async def _broken(request: Request, error: Exception) -> Response:
    """A defect of ours; the log has the details, and the connection nothing of them."""
    return json_response(ApiError(500, "Something went wrong in Inhouse. Its log says what.").body(), 500)
