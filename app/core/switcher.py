"""One switch of models at a time: beside the old one, in its place, or by an adapter alone."""

from __future__ import annotations

from typing import Any

import msgspec

from app.core.calls import models as c
from app.core.engine import Engine
from app.core.house import House
from app.core.in_use import EngineInUse
from app.core.model_list import ModelList
from app.core.reply import Reply
from app.core.retired import Retired
from app.core.spare import Spare
from app.core.switch import Switch
from app.errors import AppError
from app.rules import MODELS
from app.types import InstalledModel
from app.workers.calls.engine import SetAdapter
from app.workers.failures import failure_of


class Switcher:
    """Begins switches and ends them; what is in use changes only when the new model has said a word."""

    def __init__(self, house: House, in_use: EngineInUse, listed: ModelList, retired: Retired) -> None:
        self._house, self._in_use, self._list, self._retired = house, in_use, listed, retired
        self.spare = Spare(house, retired)
        self._switch: Switch | None = None

    @property
    def model(self) -> InstalledModel | None:
        """The model that is being loaded, or None."""
        return self._switch.model if self._switch is not None else None

    def use(self, model: InstalledModel, reply: Reply | None = None) -> None:
        """Make it the model that answers; the old one answers until then.

        Raises:
            AppError: another switch is under way.
        """
        if self._switch is not None:
            if self._switch.model.id != model.id:
                raise AppError(
                    f"“{self._switch.model.name}” is just being loaded.", "Wait until it answers, or cancel the switch."
                )
            if reply is not None:
                self._switch.replies.append(reply)
            return
        engine = self._in_use.engine
        if engine is not None and engine.model.id == model.id and engine.info is not None:
            if reply is not None:
                reply.done(c.Switched(model_id=model.id, info=engine.info))
        elif engine is not None and self._is_another_adapter(engine, model):
            self._swap_adapter(engine, model, reply)
        else:
            self._load_beside(model, reply)

    def _is_another_adapter(self, engine: Engine, model: InstalledModel) -> bool:
        """Whether no weights need to be read; not where each file is held against a company's list as it is loaded."""
        alike = engine.info is not None and engine.can.adapters and engine.model.path == model.path
        return alike and self._house.settings.policy.rule(MODELS) is None

    def load_again(self) -> None:
        """Other memory settings need the same model in a new engine; the old one answers until it is ready."""
        engine = self._in_use.engine
        if engine is None or self._switch is not None or not engine.can.here:
            return
        if engine.info is None:
            engine.restart()
        else:
            self._load_beside(engine.model, None, tried=True)

    def drop(self) -> None:
        """The old model stays."""
        switch, self._switch = self._switch, None
        if switch is None:
            return
        switch.cancel()
        switch.engine.child.retire()
        self._retired.add(switch.engine.child)
        self._in_use.bring_back()
        self._house.tell(c.Switching(model_id=""))
        for reply in switch.replies:
            reply.cancelled()

    def stop(self) -> None:
        """The core ends."""
        self.spare.stop()
        if self._switch is not None:
            self._switch.cancel()
            self._switch.engine.child.stop()

    def _load_beside(self, model: InstalledModel, reply: Reply | None, *, tried: bool = False) -> None:
        def moved(fraction: float) -> None:
            said = c.Switching(
                model_id=model.id,
                fraction=fraction,
                beside=switch.beside,
                need_bytes=switch.need_bytes,
                free_bytes=switch.free_bytes,
            )
            self._house.tell(said)
            for each in switch.replies:
                each.event(said)

        switch = self._switch = Switch(
            self._house, self._in_use.engine, model, self._list.fits, moved, self._take_over, self._give_up,
            child=self.spare.take() if model.origin != "server" else None, tried=tried,
        )  # fmt: skip
        if reply is not None:
            switch.replies.append(reply)
        switch.start()

    def _take_over(self, engine: Engine) -> None:
        """The new engine has said a word: only now is it written down as the one in use."""
        switch = self._switch
        assert switch is not None
        try:
            engine.model = self._house.registry.use(engine.model.id)
        except AppError as error:
            self._give_up(engine, error)
            return
        self._switch = None
        old = self._in_use.replace(engine)
        if old is not None:
            self._retired.add(old.child)
        self._tell_switched(engine, switch.replies)
        self.spare.renew()

    def _give_up(self, engine: Engine, error: AppError) -> None:
        switch, self._switch = self._switch, None
        self._retired.add(engine.child)
        self._in_use.bring_back()
        for reply in switch.replies if switch is not None else ():
            reply.failed(error)
        self._house.tell(c.SwitchFailed(model_id=engine.model.id, failure=failure_of(error)))
        self._list.tell()

    def _swap_adapter(self, engine: Engine, model: InstalledModel, reply: Reply | None) -> None:
        """The same weights with another adapter need no reload; the engine clears its KV cache itself."""

        def done(_: Any) -> None:
            try:
                engine.model = self._house.registry.use(model.id)
            except AppError as error:
                failed(error)
                return
            if engine.info is not None:
                engine.info = msgspec.structs.replace(engine.info, name=model.name)
            self._tell_switched(engine, [reply] if reply is not None else [])

        def failed(error: AppError) -> None:
            if reply is not None:
                reply.failed(error)
            self._house.tell(c.SwitchFailed(model_id=model.id, failure=failure_of(error)))

        engine.request(SetAdapter(path=model.adapter), done=done, failed=failed)

    def _tell_switched(self, engine: Engine, replies: list[Reply]) -> None:
        """The list first: who hears of the switch finds the new model in it."""
        said = c.Switched(model_id=engine.model.id, info=engine.info)
        self._list.tell()
        self._house.tell(said)
        for reply in replies:
            reply.done(said)
        self._in_use.tell_ready()
