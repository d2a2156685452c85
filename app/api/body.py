"""Reads the body of a request within a limit of bytes and of time, and decodes it strictly."""

from __future__ import annotations

import asyncio
import re
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from app.api.errors import ApiError, invalid, unsupported

BODY_LIMIT = 8 << 20
BODY_LIMIT_S = 30.0
"""From the first byte to the last: over the loopback a body takes milliseconds."""

T = TypeVar("T")

_PLACE = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.S)
_FIELD = re.compile(r"^Object (contains unknown|missing required) field `(.*)`$", re.S)


async def decoded(request: Request, kind: type[T]) -> T:
    """The body as what it should be.

    Raises:
        ApiError: it is too long, comes too slowly, is no JSON, or says what cannot be followed, by name.
    """
    body = await _read(request)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _refused(str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, f"The body is not valid JSON: {error}", code="invalid_json") from error


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT:
                    raise too_long()
    except TimeoutError:
        raise ApiError(408, "The body did not come in time.", code="too_slow") from None
    except ClientDisconnect:
        raise ApiError(499, "The client went away.") from None
    return bytes(body)


def too_long() -> ApiError:
    return ApiError(413, f"The body is longer than {BODY_LIMIT >> 20} MiB.", code="body_too_long")


def _refused(text: str) -> ApiError:
    """msgspec's words → which parameter, and what is wrong with it."""
    found = _PLACE.match(text)
    what, place = (found.group(1), found.group(2) or "") if found else (text, "")
    field = _FIELD.match(what)
    if field:
        name = f"{place}.{field.group(2)}" if place else field.group(2)
        if field.group(1) == "contains unknown":
            return unsupported(name)
        return ApiError(400, f"The parameter '{name}' is missing.", param=name, code="missing_required_parameter")
    if what.startswith("Expected `null`"):
        return unsupported(place)
    return invalid(place, f"{what.replace('`', '')}, in '{place}'." if place else f"{what.replace('`', '')}.")
