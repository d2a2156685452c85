"""The assistants and prompts of this data folder, in one small JSON file that a crash leaves whole."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from app.errors import AppError, NewerData
from app.files import set_aside, write_atomic
from app.library.records import LONGEST_NAME, MOST, Assistant, Library, Prompt, checked_assistant, checked_prompt

log = logging.getLogger(__name__)

VERSION = 1
_DAMAGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
K = TypeVar("K", Assistant, Prompt)


class _Stored(Struct, kw_only=True):
    version: int = VERSION
    assistants: list[Assistant] = []
    prompts: list[Prompt] = []


class _Version(Struct):
    version: int


class LibraryStore:
    """Read once, written as a whole with each change: the core is the only writer of the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.note = ""
        """A sentence for the user where the file could not be read, or ""."""
        self._refusal: AppError | None = None
        self._removed: dict[str, Assistant | Prompt] = {}
        self._stored = self._load()

    def library(self) -> Library:
        """Everything, by name."""
        return Library(assistants=_by_name(self._stored.assistants), prompts=_by_name(self._stored.prompts))

    def assistant(self, id_: str) -> Assistant | None:
        """The assistant of this id; None where it was removed."""
        return next((each for each in self._stored.assistants if each.id == id_), None)

    def keep_assistant(self, assistant: Assistant, before: Assistant | None = None) -> Assistant:
        """Add one (its id is ""), or replace the one of its id; → as it is kept.

        `before` is what was changed, where whoever changed it wants to know if somebody else did meanwhile.

        Raises:
            AppError: it may not be kept, its name is taken, or it was removed or changed meanwhile.
            NoSpace: it could not be stored; what was kept before stays.
        """
        kept, rows = _kept(self._stored.assistants, checked_assistant(assistant), before)
        self._store(_Stored(assistants=rows, prompts=self._stored.prompts))
        return kept

    def keep_prompt(self, prompt: Prompt, before: Prompt | None = None) -> Prompt:
        """Likewise."""
        kept, rows = _kept(self._stored.prompts, checked_prompt(prompt), before)
        self._store(_Stored(assistants=self._stored.assistants, prompts=rows))
        return kept

    def remove(self, id_: str) -> None:
        """Remove an assistant or a prompt; chats that name it stay. `restore` brings it back while this store is open.

        Raises NoSpace, or AppError where it is gone.
        """
        rest = _Stored(
            assistants=[each for each in self._stored.assistants if each.id != id_],
            prompts=[each for each in self._stored.prompts if each.id != id_],
        )
        if len(rest.assistants) + len(rest.prompts) == len(self._stored.assistants) + len(self._stored.prompts):
            raise _gone()
        before = self._stored
        self._store(rest)
        items: list[Assistant | Prompt] = [*before.assistants, *before.prompts]
        self._removed[id_] = next(each for each in items if each.id == id_)

    def restore(self, id_: str) -> None:
        """Bring back what was removed, as it was; a name that was given to another meanwhile gets a number.

        Raises AppError where nothing of this id was removed, NoSpace.
        """
        item = self._removed.get(id_)
        if item is None:
            raise AppError("This cannot be brought back.", "Inhouse was closed since it was removed.")
        assistants, prompts = self._stored.assistants, self._stored.prompts
        if isinstance(item, Assistant):
            assistants = [*assistants, *_numbered(assistants, [item])]
        else:
            prompts = [*prompts, *_numbered(prompts, [item])]
        self._store(_Stored(assistants=assistants, prompts=prompts))
        del self._removed[id_]

    def add(self, library: Library) -> Library:
        """Take over what a file held, all or none; what is here already in the same words is not added twice.

        A name that is taken gets a number. → what is new. Raises AppError, NoSpace.
        """
        assistants = _new(self._stored.assistants, library.assistants)
        prompts = _new(self._stored.prompts, library.prompts)
        stored = _Stored(assistants=[*self._stored.assistants, *assistants], prompts=[*self._stored.prompts, *prompts])
        if assistants or prompts:
            self._store(stored)
        return Library(assistants=_by_name(assistants), prompts=_by_name(prompts))

    # --- the file -----------------------------------------------------------------------------------------------------

    def _store(self, stored: _Stored) -> None:
        if self._refusal is not None:
            raise self._refusal
        if len(stored.assistants) > MOST or len(stored.prompts) > MOST:
            raise AppError(f"More than {MOST} cannot be kept.", "Remove some that nobody uses.")
        write_atomic(self._path, msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n")
        self._stored = stored

    def _load(self) -> _Stored:
        for cut_short in self._path.parent.glob(f".{self._path.name}.*.tmp"):  # by a kill: only the core writes here
            with contextlib.suppress(OSError):
                cut_short.unlink()
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return _Stored()
        except OSError as error:
            self._refuse(AppError("Your assistants could not be read.", "Check the data folder.", str(error)))
            return _Stored()
        try:
            if msgspec.json.decode(data, type=_Version).version > VERSION:
                text = "A newer Inhouse wrote your assistants and prompts."
                self._refuse(NewerData(text, "Update Inhouse to use them."))
                return _Stored()
            return self._checked(msgspec.json.decode(data, type=_Stored))
        except _DAMAGE as error:
            return self._replace_broken(error)

    def _checked(self, stored: _Stored) -> _Stored:
        """Without what may not be kept: somebody wrote into the file by hand. It is set aside then, so that nothing of
        it is lost."""
        assistants = [kept for each in stored.assistants if (kept := _allowed(each, checked_assistant))]
        prompts = [asks for each in stored.prompts if (asks := _allowed(each, checked_prompt))]
        rest = _Stored(assistants=assistants[:MOST], prompts=prompts[:MOST])
        refused = len(stored.assistants) + len(stored.prompts) - len(rest.assistants) - len(rest.prompts)
        if refused:
            try:
                kept_as = set_aside(self._path)
                self._store(rest)
            except (OSError, AppError) as problem:
                self._refuse(AppError("Your assistants could not be read.", "Check the data folder.", str(problem)))
                return rest
            self.note = f"{refused} of your assistants and prompts could not be used. “{kept_as.name}” has all of them."
        return rest

    def _replace_broken(self, error: Exception) -> _Stored:
        log.info("%s is damaged: %s", self._path, error)
        try:
            kept = set_aside(self._path)
        except OSError as problem:
            self._refuse(AppError("Your assistants could not be read.", "Check the data folder.", str(problem)))
        else:
            self.note = f"The file of your assistants was damaged. It is kept as “{kept.name}”; there are none now."
        return _Stored()

    def _refuse(self, error: AppError) -> None:
        """The file is not ours to write over."""
        self.note, self._refusal = str(error), error


def _allowed(item: K, check: Callable[[K], K]) -> K | None:
    try:
        return check(item) if item.id else None
    except AppError as error:
        log.info("A stored assistant or prompt is not used: %s", error)
        return None


def _kept(rows: list[K], item: K, before: K | None) -> tuple[K, list[K]]:
    if any(each.name.casefold() == item.name.casefold() and each.id != item.id for each in rows):
        raise AppError(f"“{item.name}” is there already.", "Choose another name.")
    if not item.id:
        item = msgspec.structs.replace(item, id=secrets.token_hex(6))
        return item, rows + [item]  # noqa: RUF005 -- mypy takes a display of a constrained type for another one
    if not any(each.id == item.id for each in rows):
        raise _gone()
    if before is not None and not any(each == before for each in rows):
        raise AppError(
            f"“{item.name}” was changed elsewhere meanwhile.", "Keep yours all the same, or look at it first."
        )
    return item, [item if each.id == item.id else each for each in rows]


def _new(rows: list[K], items: Iterable[K]) -> list[K]:
    fresh: list[K] = []
    for item in items:
        if not any(_is_copy(item, each) for each in rows + fresh):
            fresh += _numbered(rows + fresh, [msgspec.structs.replace(item, id=secrets.token_hex(6))])
    return fresh


def _numbered(rows: list[K], items: Iterable[K]) -> list[K]:
    """These with names that none of the others has."""
    taken = {each.name.casefold() for each in rows}
    fresh: list[K] = []
    for item in items:
        name, count = item.name, 1
        while name.casefold() in taken:
            count += 1
            name = f"{item.name[: LONGEST_NAME - 5]} {count}"
        taken.add(name.casefold())
        fresh.append(msgspec.structs.replace(item, name=name))
    return fresh


def _is_copy(item: K, kept: K) -> bool:
    """Whether it says the same under this name, or under this name with the number that it was given here."""
    number = kept.name.removeprefix(item.name).strip()
    same_name = kept.name.startswith(item.name) and (not number or number.isdigit())
    return same_name and msgspec.structs.replace(kept, id="", name=item.name) == item


def _by_name(rows: Iterable[K]) -> tuple[K, ...]:
    return tuple(sorted(rows, key=lambda each: each.name.casefold()))


def _gone() -> AppError:
    return AppError("This is no longer there.", "Another window removed it.")
