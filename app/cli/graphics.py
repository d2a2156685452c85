"""What `inhouse doctor` says of graphics cards and of the builds of llama.cpp that could use them, without the core."""

from __future__ import annotations

from typing import Any

from app.cli.runtime import device_text
from app.errors import AppError
from app.models.cards import installed_cards
from app.models.runtime_trial import try_runtime
from app.models.runtimes import Runtimes
from app.paths import Home
from app.runtimes import BUILT_IN, why_no_more


def graphics(home: Home, *, look: bool) -> dict[str, Any]:
    """The cards that the system names; with `look` also the devices that chats can run on, and why not more."""
    cards = installed_cards()
    found: dict[str, Any] = {
        "graphics_cards": ", ".join(f"{card.name} ({card.driver or 'no driver'})" for card in cards) or "none",
    }
    if not look:
        return found
    runtimes = Runtimes(home)
    chosen = runtimes.chosen()["engine"]
    used = BUILT_IN if chosen.failed else chosen.id
    try:
        tried = try_runtime(home, used)
    except AppError as error:
        return found | {"devices": f"unknown: {error}"}
    backends = tuple(dict.fromkeys((*tried.backends, *runtimes.built_for(used))))
    devices = "; ".join(device_text(device) for device in tried.devices)
    return found | {"devices": devices, "used": why_no_more(tried.devices, cards, backends)}


def graphics_check(home: Home) -> dict[str, Any]:
    """Whether each role runs on what was chosen for it."""
    runtimes = Runtimes(home)
    names = {runtime.id: runtime.name for runtime in runtimes.all()}
    states, fine = [], True
    for role, each in runtimes.chosen().items():
        name = names.get(each.id, each.id)
        states.append(
            f"{role}: {name}" + (f", which does not run: {each.failed} (built-in is used)" if each.failed else "")
        )
        fine = fine and not each.failed
    return {"ok": fine, "state": "; ".join(states)}
