"""Asks models on servers what trainers want written: those have no network, so they leave it in their run's mailbox."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from app.core.backend import Backend
from app.core.clock import Clock, Timer
from app.core.house import House
from app.core.learning import Material
from app.core.models import ModelsDesk
from app.core.run_watch import RunWatch
from app.errors import AppError
from app.files import write_atomic
from app.finetune.author import require_consent
from app.finetune.wizard import Wizard
from app.types import Passage, Sampling
from app.workers.calls.engine import Chat, Chatted
from trainer.spec import ANSWERED, ASKED, MAILBOX, Answered, Asked, Wish

LOOK_S = 0.3
AT_ONCE = 4
"""Questions to a server side by side: it has others to serve."""
TRIES, AGAIN_S = 3, 5.0
"""A server that has too much to do, or a connection that ends, is asked again after so long."""


class Authoring:
    """Looks into the mailbox of each run that a model on a server writes for; while there is one, the core stays."""

    def __init__(self, house: House, models: ModelsDesk, material: Material, watch: RunWatch) -> None:
        self._house, self._models, self._material, self._watch = house, models, material, watch
        self._trials: dict[Path, Wizard] = {}
        self._answering: set[Path] = set()
        self._timer: Timer | None = None
        watch.moved.connect(lambda _: self.look())

    @property
    def is_busy(self) -> bool:
        """Whether a trainer waits for a server, or will."""
        return bool(self._served())

    def begin_trial(self, folder: Path, wizard: Wizard) -> None:
        """An author is tried in this folder, until `end_trial`."""
        self._trials[folder] = wizard
        self.look()

    def end_trial(self, folder: Path) -> None:
        self._trials.pop(folder, None)

    def look(self) -> None:
        """Look again and again, as long as a model on a server writes."""
        if self._timer is None and self._served():
            self._timer = self._house.clock.after(LOOK_S, self._look)

    def stop(self) -> None:
        """The core ends; the trainers wait for the next one."""
        if self._timer is not None:
            self._timer.cancel()

    def _served(self) -> list[tuple[Path, Wizard]]:
        """Folders whose author is on a server, while questions are made."""
        runs = [
            (each.run.folder, each.wizard)
            for each in self._watch.busy()
            if each.state == "preparing" and each.wizard is not None
        ]
        servers = {each.id for each in self._house.registry.models() if each.origin == "server"}
        return [(folder, wizard) for folder, wizard in (*runs, *self._trials.items()) if wizard.author in servers]

    def _look(self) -> None:
        self._timer = None
        for folder, wizard in self._served():
            for asked in sorted((folder / MAILBOX).glob(f"*{ASKED}")):
                answered = asked.with_name(asked.name.removesuffix(ASKED) + ANSWERED)
                if asked not in self._answering and not answered.exists():
                    self._answering.add(asked)
                    self._answer(asked, answered, wizard)
        self.look()

    def _answer(self, asked: Path, answered: Path, wizard: Wizard) -> None:
        def done(texts: tuple[str, ...]) -> None:
            end(Answered(texts=texts))

        def end(said: Answered) -> None:
            self._answering.discard(asked)
            if answered.parent.is_dir():  # else nobody waits any more
                write_atomic(answered, msgspec.json.encode(said))

        def fail(error: AppError) -> None:
            end(Answered(problem=error.message, hint=error.hint, detail=error.detail))

        try:
            wishes = msgspec.json.decode(asked.read_bytes(), type=Asked).wishes
            served = self._material.resources().served
            for model in (each for each in served if each.id == wizard.author):
                require_consent(model, wizard.consent)
            self._models.with_own(
                wizard.author, lambda backend, _: _Round(self._house.clock, backend, wishes, done, fail), fail
            )
        except AppError as error:
            fail(error)
        except (OSError, msgspec.MsgspecError):
            self._answering.discard(asked)  # its trainer has left


class _Round:
    """Some wishes, asked a few at a time."""

    def __init__(
        self,
        clock: Clock,
        backend: Backend,
        wishes: tuple[Wish, ...],
        done: Callable[[tuple[str, ...]], object],
        failed: Callable[[AppError], object],
    ) -> None:
        self._clock, self._backend, self._wishes = clock, backend, wishes
        self._done, self._fail = done, failed
        self._texts: dict[int, str] = {}
        self._next, self._over = 0, False
        for _ in range(min(AT_ONCE, len(wishes))):
            self._ask_next()

    def _ask_next(self) -> None:
        if self._next < len(self._wishes):
            self._next += 1
            self._ask(self._next - 1, TRIES)

    def _ask(self, number: int, tries: int) -> None:
        if not self._over:
            self._backend.request(
                chat_of(self._wishes[number]),
                done=partial(self._said, number),
                failed=partial(self._failed, number, tries - 1),
            )

    def _said(self, number: int, said: Chatted) -> None:
        self._texts[number] = said.text
        if len(self._texts) == len(self._wishes):
            self._over = True
            self._done(tuple(self._texts[n] for n in range(len(self._wishes))))
        else:
            self._ask_next()

    def _failed(self, number: int, tries: int, error: AppError) -> None:
        if tries:
            self._clock.after(AGAIN_S, lambda: self._ask(number, tries))
        elif not self._over:
            self._over = True
            self._fail(error)


def chat_of(wish: Wish) -> Chat:
    """A wish as the chat would ask it, at temperature 0."""
    quoted = Passage(
        id=0, document_id=0, document=wish.place, path="", collection="", start=0, end=len(wish.passage),
        text=wish.passage,
    )  # fmt: skip
    return Chat(
        conversation="",
        question=wish.text,
        system=wish.system,
        passages=(quoted,) if wish.passage else (),
        grounded=bool(wish.passage),
        json_schema=wish.schema,
        sampling=Sampling(temperature=0.0, max_tokens=wish.limit, stop=() if wish.schema else ("\n",), thinking=0),
    )
