"""Whether programs may connect: turns the API's server on and off, as Settings say and as a command asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

from app.core import policing
from app.core.api_key import ApiKey
from app.core.calls import api as c
from app.core.doorway import LOOPBACK, ApiOptions, ApiServer, Doorway, MakeServer
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.rules import API_NETWORK
from app.settings import API_ENABLED, API_ORIGINS, API_PORT, API_REQUESTS_A_MINUTE
from app.workers.failures import failure_of
from app.workers.message import Call


class ApiDesk:
    """Owns the server. It is on while Settings say so, or while a door's `ServeApi` is open."""

    def __init__(self, house: House, doorway: Doorway, load: Callable[[], MakeServer]) -> None:
        """`load` imports the server, which takes a moment, in a thread."""
        self._house, self._doorway, self._load = house, doorway, load
        self._key = ApiKey(house.home)
        self._serving: dict[Reply, ApiOptions] = {}
        self._server: ApiServer | None = None
        self._options: ApiOptions | None = None
        """Those of the server that is on, or about to be."""
        self._changing = False
        self._over = False
        self._when_off: list[Callable[[], object]] = []
        self._moved = c.ApiMoved(on=False)
        house.settings.subscribe(self._setting_changed)
        if house.settings.get(API_ENABLED):
            house.clock.after(0, self._follow)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ServeApi: self._serve, c.ShowApi: self._show, c.RenewApiKey: self._renew}

    @property
    def is_busy(self) -> bool:
        """While programs can connect, the core stays."""
        return self._options is not None

    def stop(self) -> None:
        """The core ends."""
        self._over = True
        self._serving.clear()
        self._follow()

    def when_off(self, call: Callable[[], object]) -> None:
        """Call when nobody can connect any more; at once where that is so."""
        if self._options is None:
            call()
        else:
            self._when_off.append(call)

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _show(self, call: c.ShowApi, reply: Reply) -> None:
        reply.done(c.Api(moved=self._moved, key=self._key.value))

    def _renew(self, call: c.RenewApiKey, reply: Reply) -> None:
        self._key.renew()
        self._show(c.ShowApi(), reply)

    def _serve(self, call: c.ServeApi, reply: Reply) -> None:
        options = self._options_of(call)
        if self._options is not None and call != c.ServeApi() and options != self._options:
            where = self._moved.address or "another port"
            raise AppError(
                f"Programs can connect already, at {where}.",
                "Leave the options out to keep it on there, or turn it off in Settings first.",
            )
        self._serving[reply] = options
        reply.on_cancel(lambda: self._leave(reply))
        if self._server is not None:
            reply.event(self._moved)
        self._follow()

    def _leave(self, reply: Reply) -> None:
        self._serving.pop(reply, None)
        reply.cancelled()
        self._follow()

    def _options_of(self, call: c.ServeApi) -> ApiOptions:
        settings = self._house.settings
        host = LOOPBACK if call.host in ("", "localhost") else call.host
        if not _is_loopback(host) and not call.allow_network:
            raise AppError(
                f"{host} can be reached from other computers, and there is no encryption.",
                "Leave --host out, or add --allow-network if that is what you want.",
            )
        return ApiOptions(
            port=settings.get(API_PORT) if call.port is None else call.port,
            host=host,
            hosts=call.hosts,
            origins=self._origins() if settings.is_locked(API_ORIGINS) else call.origins or self._origins(),
            requests_a_minute=self._requests(call.requests_a_minute),
        )

    def _requests(self, wanted: int | None) -> int:
        """A minute; no more than a company allows."""
        settings = self._house.settings
        usual = settings.get(API_REQUESTS_A_MINUTE)
        if wanted is None:
            return usual
        return min(wanted, usual) if settings.is_locked(API_REQUESTS_A_MINUTE) else wanted

    def _origins(self) -> tuple[str, ...]:
        return tuple(self._house.settings.get(API_ORIGINS).split())

    # --- the server ---------------------------------------------------------------------------------------------------

    def _setting_changed(self, key: str) -> None:
        if key in (API_ENABLED.key, API_PORT.key, API_ORIGINS.key, API_REQUESTS_A_MINUTE.key, API_NETWORK.key):
            self._follow()

    def _wanted(self) -> ApiOptions | None:
        """How it should listen now: as the first command asked, else as Settings say; not at all, or not there, where
        the company's policy is against it, also one that came after."""
        for reply, options in list(self._serving.items()):
            try:
                policing.check_api(self._house.settings.policy, network=not _is_loopback(options.host))
            except AppError as error:
                del self._serving[reply]
                reply.failed(error)
        for options in self._serving.values():
            return options
        if self._over or not self._house.settings.get(API_ENABLED):
            return None
        return self._options_of(c.ServeApi())

    def _follow(self) -> None:
        """Bring the server to what is wanted; one change at a time."""
        wanted = self._wanted()
        if self._changing or wanted == self._options:
            return
        if self._server is not None:
            self._changing = True
            server, self._server = self._server, None
            server.stop(self._stopped)
        elif wanted is not None:
            self._changing, self._options = True, wanted
            self._house.clock.thread(self._load, lambda make: self._start(make, wanted), self._failed)

    def _stopped(self) -> None:
        self._changing = False
        self._off(c.ApiMoved(on=False))
        self._follow()

    def _start(self, make: MakeServer, options: ApiOptions) -> None:
        if self._wanted() != options:
            self._stopped()
            return
        self._changing = False
        try:
            server = make(self._doorway, self._house.settings, lambda: self._key.value, options)
            address = server.start()
        except AppError as error:
            self._failed(error)
            return
        self._server = server
        self._move(c.ApiMoved(on=True, address=address, network=not _is_loopback(options.host)))

    def _failed(self, error: AppError) -> None:
        """It cannot listen: commands are told, and Settings show it until something changes."""
        self._changing = False
        serving, self._serving = self._serving, {}
        for reply in serving:
            reply.failed(error)
        self._off(c.ApiMoved(on=False, failure=failure_of(error)))

    def _off(self, moved: c.ApiMoved) -> None:
        self._options = None
        self._move(moved)
        waiting, self._when_off = self._when_off, []
        for call in waiting:
            call()

    def _move(self, moved: c.ApiMoved) -> None:
        self._moved = moved
        for reply in self._serving:
            reply.event(moved)
        self._house.tell(moved)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise AppError(f"“{host}” is no address.", "Give one such as 127.0.0.1.") from None
