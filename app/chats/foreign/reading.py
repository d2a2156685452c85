"""Reads a file of chats, whoever wrote it: what it is its content says, and one bad chat costs only itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from app.chats import exchange
from app.chats.foreign import chatgpt, lm_studio, open_webui
from app.chats.foreign.conversation import Foreign
from app.errors import AppError, BadFile
from app.text.visible import visible_line

MOST_BYTES = 600 * 1024**2
"""Of JSON, unpacked: it is held in memory as a whole."""
MOST_MEMBERS = 5_000
MOST_TURNS, MOST_CHAT_BYTES = 100_000, 64 * 1024**2
"""Of a chat in a file of our own, every version counted."""
NOT_CHATS = BadFile(
    "This is no export of chats that Inhouse knows.",
    "It reads exports of Inhouse, ChatGPT (the ZIP or conversations.json), Open WebUI and LM Studio.",
)


class Skipped(Struct, frozen=True, tag=True):
    """A chat that could not be read."""

    title: str
    reason: str


class ReadChat(Struct, frozen=True, tag=True):
    """A chat as it was read; `app` is "" of one of our own."""

    chat: exchange.StoredChat
    app: str = ""
    id: str = ""
    left_out: int = 0  # messages that the other app does not show, where all of them were too many


Read = ReadChat | Skipped


class _Probe(Struct, frozen=True):
    """What tells the formats apart."""

    mapping: msgspec.Raw = msgspec.Raw(b"")
    chat: msgspec.Raw = msgspec.Raw(b"")
    messages: msgspec.Raw = msgspec.Raw(b"")
    format: str | msgspec.Raw = ""


class _Titled(Struct, frozen=True):
    title: object = ""
    name: object = ""


def read_chats(path: Path) -> Iterator[Read]:
    """Each chat of a file.

    Raises:
        BadFile: it holds no chats, is damaged or too large.
        NewerData: a newer Inhouse wrote it.
    """
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                yield from _read_zip(file)
            else:
                file.seek(0)
                yield from _read_json(_limited(file.read(MOST_BYTES + 1)))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, RecursionError):
            raise _nested(error) from error
        raise BadFile("This file of chats could not be read.", "Export it again.", str(error)) from error
    except MemoryError as error:
        raise BadFile("This file of chats is too large.", "Export fewer chats at once.") from error


def _read_zip(file: io.BufferedReader) -> Iterator[Read]:
    with zipfile.ZipFile(file) as archive:
        members = [each for each in archive.infolist() if each.filename.endswith(".json") and not each.is_dir()]
        named = [each for each in members if PurePosixPath(each.filename).name.startswith("conversations")]
        chosen = named or members[:MOST_MEMBERS]
        if not chosen:
            raise NOT_CHATS
        left, found = MOST_BYTES, False
        for member in chosen:
            with archive.open(member) as stream:
                data = _limited(stream.read(left + 1), left)
            left -= len(data)
            try:
                yield from _read_json(data)
                found = True
            except BadFile:
                if named:
                    raise
        if not found:
            raise NOT_CHATS


def _limited(data: bytes, limit: int = MOST_BYTES) -> bytes:
    if len(data) > limit:
        raise BadFile("This file of chats is too large.", f"Inhouse reads up to {MOST_BYTES >> 20} MB of them at once.")
    return data


def _read_json(data: bytes) -> Iterator[Read]:
    """A list of chats, or one chat, or a file of our own."""
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    try:
        if start == b"[":
            each = msgspec.json.decode(data, type=list[msgspec.Raw])
        elif start == b"{":
            each = [msgspec.Raw(data)]
        else:
            raise NOT_CHATS
        readers = [_reader_of(raw) for raw in each[:20]]
    except RecursionError as error:
        raise _nested(error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadFile(NOT_CHATS.message, NOT_CHATS.hint, str(error)) from error
    reader = next((found for found in readers if found is not None), None)
    if start == b"{" and _is_ours(each[0]):
        yield from map(_own, exchange.chats_of(data))
        return
    if reader is None:
        raise NOT_CHATS
    for raw in each:
        yield _one(raw, reader)


def _own(chat: exchange.StoredChat) -> Read:
    """One of a file that says it is of an Inhouse; whoever wrote it, it must not hold up the others."""
    if len(chat.turns) > MOST_TURNS or len(msgspec.json.encode(chat)) > MOST_CHAT_BYTES:
        return Skipped(visible_line(chat.chat.title)[:80], "It is larger than any chat is.")
    return ReadChat(chat)


def _is_ours(raw: msgspec.Raw) -> bool:
    return msgspec.json.decode(raw, type=_Probe).format == exchange.FORMAT


def _reader_of(raw: msgspec.Raw) -> Callable[[msgspec.Raw], Foreign] | None:
    """Who reads it; None of what is no chat."""
    try:
        probe = msgspec.json.decode(raw, type=_Probe)
    except msgspec.ValidationError:
        return None
    if bytes(probe.mapping)[:1] == b"{":
        return chatgpt.read
    if bytes(probe.chat)[:1] == b"{":
        return open_webui.read
    return lm_studio.read if bytes(probe.messages)[:1] == b"[" else None


def _one(raw: msgspec.Raw, reader: Callable[[msgspec.Raw], Foreign]) -> Read:
    try:
        made = reader(raw)
    except AppError as error:
        return Skipped(_title(raw), error.message)
    except RecursionError:
        return Skipped(_title(raw), "It is nested too deeply.")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Skipped(_title(raw), f"It is not built as the others are: {error}"[:300])
    return ReadChat(made.chat, made.app, made.id, made.left_out)


def _title(raw: msgspec.Raw) -> str:
    """What a chat is called, as far as that can be read."""
    try:
        about = msgspec.json.decode(raw, type=_Titled)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return next((visible_line(each)[:80] for each in (about.title, about.name) if isinstance(each, str)), "")


def _nested(error: RecursionError) -> BadFile:
    return BadFile("This file of chats is nested too deeply.", "It is damaged, or no export of chats.", str(error))
