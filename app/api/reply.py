"""What every answer is made of: JSON, ids, the time."""

from __future__ import annotations

import secrets
import time
from typing import Any

import msgspec
from starlette.responses import Response


def json_response(value: Any, status: int = 200) -> Response:
    """A whole answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def new_id(kind: str) -> str:
    """An id that no other answer has: “chatcmpl-…”."""
    return f"{kind}-{secrets.token_hex(12)}"


def now() -> int:
    """Seconds since the epoch."""
    return int(time.time())
