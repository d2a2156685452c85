"""Ours, beyond OpenAI: a question about files that come with it, and are forgotten after it."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePosixPath, PureWindowsPath

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.collections import answer_json, require_collections
from app.api.errors import invalid
from app.api.models import IN_USE, chosen
from app.api.reply import json_response, new_id, now
from app.api.schema import AskFilesRequest, SentFile
from app.api.stream import unless_gone
from app.api.uploads import uploaded
from app.core.calls.chats import Answered, Ask


async def ask(request: Request) -> Response:
    """POST /v1/ask."""
    asked = await decoded(request, AskFilesRequest)
    await require_collections(request.state.door, asked.collections)
    contents = [_content(number, each) for number, each in enumerate(asked.files)]
    model_id, model = await chosen(request.state.door, asked.model or IN_USE)
    names = [_bare(number, each.name) for number, each in enumerate(asked.files)]
    async with uploaded(names, contents) as paths:
        call = Ask(
            question=asked.question,
            collections=tuple(asked.collections),
            model_id=model_id,
            attach=tuple(map(str, paths)),
            print=True,
        )
        answered = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(answered, Answered)
    head = {"id": new_id("answer"), "object": "answer", "created": now(), "model": model}
    return json_response(answer_json(head, answered.answer, bool(asked.why)))


def _content(number: int, file: SentFile) -> bytes:
    """Raises ApiError where it is no base64."""
    try:
        return base64.b64decode(file.content, validate=True)
    except binascii.Error as error:
        raise invalid(f"files[{number}].content", f"The content of “{file.name}” is no base64: {error}.") from error


def _bare(number: int, name: str) -> str:
    """A file's name without any folder, however the program's system writes one. Raises ApiError where none is left."""
    bare = PurePosixPath(PureWindowsPath(name).name).name.strip()
    if not bare or bare.startswith(".") or not bare.isprintable() or len(bare.encode()) > MOST_BYTES:
        raise invalid(f"files[{number}].name", f"“{name}” is no name of a file.")
    return bare


MOST_BYTES = 200
"""Of a file's name: systems take 255."""
