"""Pictures in a conversation that a program sends: in the request itself, and opened as every stranger's file is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from app.api.door import ApiDoor
from app.api.errors import ApiError, invalid
from app.api.schema import ChatMessage, PicturePart
from app.api.uploads import uploaded
from app.errors import BadFile
from app.pictures import MOST_SEEN, Picture
from app.workers.calls.attached import LoadPicture, PictureLoaded

HOW = "Send the picture itself, as data:image/png;base64,…"


async def pictures_of(door: ApiDoor, messages: Sequence[ChatMessage]) -> dict[int, tuple[Picture, ...]]:
    """The pictures of each message that has some, by its place, encoded anew in a process of their own.

    Raises:
        ApiError: which is no picture, or cannot be opened; or there are more than a model is shown.
    """
    contents = [(at, place, _content(message, part, place)) for at, place, message, part in _parts(messages)]
    if len(contents) > MOST_SEEN:
        raise invalid(
            "messages", f"A conversation may have {MOST_SEEN} pictures at most, and this one has {len(contents)}."
        )
    found: dict[int, tuple[Picture, ...]] = {}
    if not contents:
        return found
    async with uploaded(["picture"] * len(contents), [each for _, _, each in contents]) as paths:
        for (at, place, _), path in zip(contents, paths, strict=True):
            try:
                loaded = await door.ask(LoadPicture(path=str(path)))
            except BadFile as error:
                raise invalid(place, str(error)) from error
            assert isinstance(loaded, PictureLoaded)
            found[at] = (*found.get(at, ()), loaded.picture)
    return found


def _parts(messages: Sequence[ChatMessage]) -> list[tuple[int, str, ChatMessage, PicturePart]]:
    """Each picture with its message's place and its own name in the request."""
    return [
        (at, f"messages[{at}].content[{number}].image_url.url", message, part)
        for at, message in enumerate(messages)
        if isinstance(message.content, list)
        for number, part in enumerate(message.content)
        if isinstance(part, PicturePart)
    ]


def _content(message: ChatMessage, part: PicturePart, place: str) -> bytes:
    """The bytes of a data: address. Raises ApiError."""
    if message.role != "user":
        raise invalid(place, "Only a user's message can have pictures.")
    scheme, _, rest = part.image_url.url.partition(":")
    if scheme.lower() in ("http", "https", "ftp", "file"):
        raise invalid(
            place, f"Inhouse fetches nothing from other computers, and opens no file that a program names. {HOW}"
        )
    head, comma, data = rest.partition(",")
    kind, *parameters = head.lower().split(";")
    if scheme.lower() != "data" or not comma or not kind.startswith("image/") or parameters[-1:] != ["base64"]:
        raise invalid(place, f"This is no picture. {HOW}")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ApiError(400, f"The picture is no base64: {error}.", param=place, code="invalid_value") from error
