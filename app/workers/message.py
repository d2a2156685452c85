"""What every line between processes is made of: something asked, something answered, or why not."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

WorkerRole = Literal["engine", "documents", "models"]


class Call(Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something a child is asked to do."""


class Data(Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something a child answers: progress or a result."""


class Done(Data, frozen=True):
    """Nothing more to say."""


class Failure(Struct, frozen=True):
    """An AppError on its way to the parent."""

    message: str
    hint: str = ""
    detail: str = ""
    code: str = ""
