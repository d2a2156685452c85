"""What could be fetched, for every door: the list that comes along or the company's, and what a hub has.

The list needs no network. What does is asked of one models process, which stays a while for the next question.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.core.calls import catalogue as c
from app.core.children import Child
from app.core.clock import Debounce
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.retired import Retired
from app.errors import AppError
from app.hub import HubModel
from app.models.catalogue import read_catalogue
from app.models.fits import fitted, this_machine
from app.models.hub_access import HUB_KEY, blocked, catalogue_source, hub_host
from app.models.offered import offers_of
from app.workers.calls.models import ReadCatalogue
from app.workers.message import Call, Done

IDLE_S = 60.0
"""The process that asks the hub ends after so long without a question: starting it takes a second."""


class CatalogueDesk:
    """Answers what a door wants to know of models that are not here yet."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._child: Child | None = None
        self._retired = Retired(house.clock)
        self._rest = Debounce(house.clock, IDLE_S, self._end)

    @property
    def is_busy(self) -> bool:
        """A question ends with the door that asked it."""
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowCatalogue: self._show,
            c.SearchHub: self._hand_on,
            c.ShowRepository: self._hand_on,
            c.FitModel: self._hand_on,
            c.KeepHubToken: self._keep_token,
        }

    def stop(self) -> None:
        """The core ends."""
        self._rest.cancel()
        if self._child is not None:
            self._child.stop()
        self._retired.stop()

    def _show(self, _: c.ShowCatalogue, reply: Reply) -> None:
        """The company's list where there is one; one at an address is asked of the models process."""
        source = catalogue_source(self._house.settings)
        if "://" in source:
            self._ask(
                ReadCatalogue(source=source),
                reply,
                lambda read: reply.done(self._shown(read.models, source)),
            )
            return
        self._house.clock.thread(
            lambda: self._shown(read_catalogue(Path(source).expanduser()) if source else read_catalogue(), source),
            reply.done,
            reply.failed,
        )

    def _shown(self, models: tuple[HubModel, ...], source: str) -> c.Catalogue:
        machine = this_machine(self._house.home)
        return c.Catalogue(
            offers=offers_of(models, lambda size: fitted(size, machine), self._house.registry.models(), machine),
            hub=hub_host(),
            source=source,
            blocked=blocked(self._house.settings),
        )

    def _hand_on(self, call: Call, reply: Reply) -> None:
        """
        Raises:
            AppError: nothing may be asked of a hub.
        """
        if not (isinstance(call, c.FitModel) and call.path):
            why = blocked(self._house.settings)
            if why:
                raise AppError(why, "Bring the file instead: save it elsewhere, then import it.")
        self._ask(call, reply, reply.done)

    def _ask(self, call: Call, reply: Reply, done: object) -> None:
        if self._child is None:
            self._child = self._house.make_child("models")
        self._rest.push()
        job = self._child.request(call, done=done, event=reply.event, failed=reply.failed, cancelled=reply.cancelled)  # type: ignore[arg-type]
        reply.on_cancel(job.cancel)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._retired.add(child)

    def _keep_token(self, call: c.KeepHubToken, reply: Reply) -> None:
        self._house.clock.thread(
            lambda: self._house.keys.set(HUB_KEY, call.token.strip()), lambda _: reply.done(Done()), reply.failed
        )
