"""How a model would run here, in sentences: the one function that catalogue, commands, Models page and switcher ask.

fit_model(header, devices, wish) -> Fitted      a file here (`read_header`) or far away (`read_header_from`)
best_of(choices, devices, wish) -> (index, Fitted)    which quantization of one model to take
fit_together(new, old, devices, wish) -> bool    whether both fit beside each other while one follows the other
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from app.hub import FitKind, Fitted
from app.llama.gguf_header import GgufHeader
from app.llama.needs import Needs, needs_of, usual_needs
from app.llama.planner import GOOD_CONTEXT, SYSTEM_SHARE, Device, Plan, Wish, plan
from app.units import in_gb


@dataclass(frozen=True)
class Choice:
    """One quantization of a model. `file_bytes` of all its files; `header` of this one, or of any other quantization of
    the same model, whose sizes are then taken in proportion."""

    quantization: str
    file_bytes: int
    header: GgufHeader


def fit_model(
    header: GgufHeader,
    devices: Sequence[Device],
    wish: Wish | None = None,
    *,
    file_bytes: int = 0,
    projector: GgufHeader | None = None,
) -> Fitted:
    """How the model of this header would run on these devices.

    `file_bytes` where the header is that of another quantization.
    """
    needs = needs_of(header, file_bytes=file_bytes, projector=projector)
    if needs is None:
        return _unknown(header)
    wished = wish_for(header, wish)
    return _said(needs, plan(needs, devices, wished), wished, devices)


def fit_by_size(file_bytes: int, devices: Sequence[Device], parameters: int = 0, wish: Wish | None = None) -> Fitted:
    """How a file of this size would run, were it of a usual shape: for lists of files of which no header was read."""
    if file_bytes <= 0:
        return Fitted(kind="unknown", text="Its size is not known yet")
    wished = wish or Wish()
    needs = usual_needs(parameters, file_bytes)
    fit = _said(needs, plan(needs, devices, wished), wished, devices)
    return msgspec.structs.replace(fit, why=(*fit.why, "By the size of the file; its header says it exactly."))


def best_of(choices: Sequence[Choice], devices: Sequence[Device], wish: Wish | None = None) -> tuple[int, Fitted]:
    """The largest file that runs as fast as this computer can run any of them: whole on a graphics card, with a useful
    context, before the processor alone, before part of it. → its place in `choices`, and how it would run.

    Raises:
        ValueError: there is nothing to choose from.
    """
    fits = [fit_model(each.header, devices, wish, file_bytes=each.file_bytes) for each in choices]
    best = max(range(len(choices)), key=lambda at: (_rank(fits[at]), _size(choices[at], fits[at])))
    chosen, larger = choices[best], [each for each in choices if each.file_bytes > choices[best].file_bytes]
    if fits[best].kind in ("unknown", "large"):
        return best, fits[best]
    why = f"{chosen.quantization} is the most exact of its files"
    why += " that runs well here." if larger else "."
    return best, msgspec.structs.replace(fits[best], why=(why, *fits[best].why))


def fit_together(needs: Needs, now: Sequence[Device], later: Sequence[Device], wish: Wish) -> bool:
    """Whether a model can be loaded beside another one as well as after it: on the same kind of device, with as much
    context. `now` the devices while the other one is loaded, `later` once it has left (see `freed`)."""
    beside, alone = plan(needs, now, wish), plan(needs, later, wish)
    if beside.kind == "large" or beside.kind != alone.kind or beside.gpu_layers < alone.gpu_layers:
        return False
    if beside.context < alone.context or beside.kv_8bit > alone.kv_8bit:
        return False
    free = next((each.free for each in now if each.kind == "cpu"), 0)
    return bool(beside.shares) or beside.needs_bytes <= free


def freed(devices: Sequence[Device], ordinary: int, on_cards: Mapping[int, int]) -> list[Device]:
    """The devices once so many bytes of ordinary memory, and of each card by its place, are given back (below zero:
    taken)."""
    given, place = [], 0
    for each in devices:
        count = ordinary if each.kind == "cpu" else on_cards.get(place, 0)
        place += each.kind == "gpu"
        given.append(replace(each, free=max(0, min(each.total, each.free + count))))
    return given


def wish_for(header: GgufHeader, wish: Wish | None) -> Wish:
    """A wish, and the context that this model was trained for."""
    wish = wish or Wish()
    if wish.trained:
        return wish
    return replace(wish, trained=header.context_trained)


def _unknown(header: GgufHeader) -> Fitted:
    name = header.architecture or "none"
    return Fitted(
        kind="unknown",
        text="Unknown: its memory cannot be told",
        why=(f"Nobody has taught Inhouse what models of the kind “{name}” take. Trying it is the way to find out.",),
    )


def _said(needs: Needs, found: Plan, wish: Wish, devices: Sequence[Device]) -> Fitted:
    return Fitted(
        kind=found.kind,
        text=_text(found, needs, devices),
        needs_bytes=found.needs_bytes,
        has_bytes=found.has_bytes,
        device=found.device,
        context=found.context,
        kv_8bit=found.kv_8bit,
        gpu_layers=found.gpu_layers,
        why=_why(needs, found, wish, devices),
    )


def _text(found: Plan, needs: Needs, devices: Sequence[Device]) -> str:
    room = f"{in_gb(found.needs_bytes)} of {in_gb(found.has_bytes)} GB"
    several = "s" if len(found.shares) > 1 else ""
    if found.kind == "gpu":
        return f"Fits your GPU{several}: {room}"
    if found.kind == "part":
        return f"Partly on your GPU{several}, slower: {found.gpu_layers} of {len(needs.layers) + 1} layers"
    if found.kind == "large":
        return f"Too large: needs {in_gb(found.needs_bytes / SYSTEM_SHARE)} GB"
    if any(each.kind == "gpu" for each in devices):
        return "Runs on the processor, slower"
    return f"Tight: {room}" if is_tight(found.needs_bytes, found.has_bytes) else f"Fits memory: {room}"


def is_tight(needs_bytes: int, has_bytes: int) -> bool:
    """Whether little is left for other programs."""
    return needs_bytes > has_bytes * SYSTEM_SHARE / 2


def _why(needs: Needs, found: Plan, wish: Wish, devices: Sequence[Device]) -> tuple[str, ...]:
    gpus = [each for each in devices if each.kind == "gpu"]
    layers = len(needs.layers) + 1
    if found.kind == "large":
        free = max(devices, key=lambda each: each.total, default=None)
        has = f" {free.name or 'This computer'} has {in_gb(free.total)} GB." if free is not None else ""
        return (f"It takes {in_gb(found.needs_bytes)} GB even with a short context.{has}",)
    said = []
    if len(found.shares) > 1:
        split = ", ".join(f"{each.layers} layers on {gpus[each.card].name}" for each in found.shares)
        said.append(f"No card here holds it alone: {split}, by what each has free.")
    elif found.kind == "gpu":
        said.append(f"All {layers} layers fit {found.device}, so the processor does not slow it down.")
    elif found.kind == "part":
        said.append(f"{found.gpu_layers} of {layers} layers fit {found.device}; the processor computes the others.")
    elif gpus and wish.gpu_layers == 0:
        said.append("The graphics card is switched off in the settings.")
    elif any(each.total for each in gpus):
        said.append("No graphics card here has room for it.")
    elif gpus:
        said.append(f"{gpus[0].name} does not say how much memory it has. The settings can put layers there.")
    else:
        said.append("There is no graphics card that can be used.")
    if found.context < wish.tokens:
        said.append(f"Context {thousands(found.context)} of {thousands(wish.tokens)}: a longer one would not fit.")
    else:
        said.append(f"Context {thousands(found.context)}, {'as set' if wish.context else 'as it was trained for'}.")
    if not needs.grows():
        said.append("Its memory does not grow with the context.")
    elif found.kv_8bit:
        said.append("The KV cache has 8 bits a value, so that more context fits.")
    else:
        said.append("The KV cache has 16 bits a value, which is exact.")
    return tuple(said)


_ORDER: dict[FitKind, int] = {"gpu": 4, "cpu": 3, "part": 3, "unknown": 1, "large": 0}


def _rank(fit: Fitted) -> int:
    """Higher runs better; one rank lower where the context had to be pressed together, or the memory is nearly full."""
    rank = 2 * _ORDER[fit.kind]
    short = fit.kind not in ("unknown", "large") and (fit.context < GOOD_CONTEXT or fit.kv_8bit)
    tight = fit.kind == "cpu" and is_tight(fit.needs_bytes, fit.has_bytes)
    return rank - (1 if short or tight else 0)


def _size(choice: Choice, fit: Fitted) -> int:
    """The larger the better, but of those that run nowhere."""
    return -choice.file_bytes if fit.kind == "large" else choice.file_bytes


def thousands(tokens: int) -> str:
    """ "8k" for 8,192 tokens."""
    return f"{tokens / 1024:.0f}k" if tokens >= 1024 else str(tokens)
