"""Errors in OpenAI's form, with our own plain sentences in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.api.door import SlowReader
from app.errors import AppError, Busy, NoSpace, WorkerGone

KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
"""Status → OpenAI's type of error; other refusals are invalid requests, and from 500 on it is the server."""


class ApiError(Exception):
    """A request that is refused, or that failed."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, retry_after: int = 0
    ) -> None:
        """`retry_after` in seconds; 0: the same request will not do better later."""
        super().__init__(message)
        self.status, self.message, self.param, self.code, self.retry_after = status, message, param, code, retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        found = {"retry-after": str(self.retry_after)} if self.retry_after else {}
        return {**found, "www-authenticate": "Bearer"} if self.status == 401 else found

    def body(self) -> dict[str, Any]:
        """The JSON that OpenAI's clients understand."""
        kind = KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def encoded(self) -> bytes:
        return msgspec.json.encode(self.body())


def unsupported(param: str, why: str = "") -> ApiError:
    """A parameter that we do not know or follow: refused by name, never ignored."""
    message = f"The parameter '{param}' is not supported. {why}".strip()
    return ApiError(400, message, param=param, code="unsupported_parameter")


def invalid(param: str, message: str) -> ApiError:
    """A value that cannot be used."""
    return ApiError(400, message, param=param or None, code="invalid_value")


def not_found(what: str, code: str, param: str | None = None) -> ApiError:
    return ApiError(404, what, param=param, code=code)


def api_error(error: AppError) -> ApiError:
    """What a part of Inhouse said went wrong. Its detail stays here: it can name files of this computer."""
    text = str(error)
    if isinstance(error, WorkerGone | Busy):
        return ApiError(503, text, code="unavailable", retry_after=1)
    if isinstance(error, NoSpace):
        return ApiError(507, text, code="no_space")
    if isinstance(error, SlowReader):
        return ApiError(408, text, code="too_slow")
    return ApiError(400, text)
