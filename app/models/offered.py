"""Turns what a catalogue or a hub describes into offers: the file that suits this computer, how it would run, and what
is here already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from app.hub import Fitted, HubFile, HubModel, Offer
from app.llama.planner import Device
from app.types import InstalledModel

BALANCED = (
    "Q4_K_M",
    "Q4_K_S",
    "IQ4_XS",
    "IQ4_NL",
    "Q4_0",
    "Q4_1",
    "MXFP4",
    "Q5_K_M",
    "Q5_K_S",
    "Q6_K",
    "Q8_0",
    "Q3_K_M",
)
"""Quantizations in the order in which they are offered: what loses hardly anything at a good speed comes first."""
BITS = {"Q2": 3.4, "Q3": 4.0, "IQ": 4.5, "Q4": 4.9, "MX": 4.3, "Q5": 5.7, "Q6": 6.6, "Q8": 8.5, "F1": 16.0, "BF": 16.0}
"""Bits a weight, rounded up, where no source gives a file's size (llama.cpp, tools/quantize/README.md)."""
ON_CPU_BYTES = 6_500_000_000
"""The most memory of what is recommended where everything is computed on the processor and nothing has shown yet how
fast it is: it reads all of a model for each word."""
SLOWEST = 2.5
"""Tokens a second of what is recommended, about as fast as a person reads aloud. One that thinks needs twice
as much: its thoughts are waited for as well."""
USUAL_PROJECTOR = 880_000_000
"""Bytes of the file by which a model sees, where no source gives them: an encoder of 400 million weights in 16 bits."""
SHARE_OF_RAM = 0.6
"""Of the memory that a recommended model may take: other programs run beside it."""
WORDS_A_TOKEN = 0.75
FITS = ("gpu", "cpu", "part")

FitOf = Callable[[int], Fitted]
"""Bytes of a file → how it would run here."""


def offers_of(
    models: Iterable[HubModel], fit: FitOf, installed: Sequence[InstalledModel], devices: Sequence[Device] = ()
) -> tuple[Offer, ...]:
    """One offer a model that could be used here, in their order, and one of them recommended. `devices`: of this
    computer."""
    reads = reads_per_s(installed, devices)
    usable = [model for model in models if model.files and model.kind != "reranker"]
    offers = [_with_speed(best_offer(model, fit, installed), reads) for model in usable]
    best = max((each for each in offers if _is_candidate(each)), key=_worth, default=None)
    return tuple(msgspec.structs.replace(each, recommended=each is best) for each in offers)


def reads_per_s(installed: Iterable[InstalledModel], devices: Sequence[Device]) -> float:
    """Bytes of weights that the processor gets through in a second, by the largest model that has written here; 0 where
    none has, or where it may have written on a card.

    A small model shows less than a larger one reaches (of six files of 98 to 1,100 MB on one core the smallest 15 GB/s,
    the others 21 to 26: docs/models.md), so that what is said of larger ones is rather too little.
    """
    if any(each.kind == "gpu" for each in devices):
        return 0.0
    written = [each for each in installed if each.tokens_per_s and each.file_bytes and not each.projector]
    largest = max(written, key=lambda each: each.file_bytes, default=None)
    return (largest.tokens_per_s or 0.0) * largest.file_bytes if largest is not None else 0.0


def _with_speed(offer: Offer, reads: float) -> Offer:
    """Say how fast it would write, where that is known and no card computes."""
    model, read = offer.model, offer.file.bytes
    if not reads or not read or offer.fit.kind != "cpu" or model.kind != "chat":
        return offer
    if model.active and model.parameters:
        read = round(read * model.active / model.parameters)
    speed = reads / read
    words = speed * WORDS_A_TOKEN
    said = f"about {words:.0f} words a second" if words >= 1.5 else "about one word a second or less"
    fit = offer.fit
    text = fit.text if speed >= SLOWEST else f"Slow here: {said}"
    why = (*fit.why, f"On this processor it writes {said}, as far as what has written here tells.")
    return msgspec.structs.replace(offer, fit=msgspec.structs.replace(fit, text=text, why=why), tokens_per_s=speed)


def best_offer(model: HubModel, fit: FitOf, installed: Sequence[InstalledModel]) -> Offer:
    """The file of a model that suits this computer best."""
    return file_offers(model, fit, installed)[0]


def file_offers(model: HubModel, fit: FitOf, installed: Sequence[InstalledModel]) -> tuple[Offer, ...]:
    """Each file of a model, best first: what fits before what does not, then in the order of `BALANCED`."""
    offers = [
        Offer(model=model, file=sized, fit=fit(sized.bytes), installed=_installed(model, sized, installed))
        for sized in (_sized(model, file) for file in model.files)
    ]
    return tuple(sorted(offers, key=lambda offer: _order(offer)))


def file_bytes(model: HubModel, file: HubFile) -> int:
    """Its size; where no source gives it, about what so many parameters take at this quantization; 0 if unknown."""
    if file.bytes or not model.parameters:
        return file.bytes
    return round(model.parameters * BITS.get(file.quantization[:2].upper(), 0.0) / 8)


def _sized(model: HubModel, file: HubFile) -> HubFile:
    """With the size of all that is fetched: its projector comes along."""
    size, eyes = file_bytes(model, file), model.projector
    more = 0 if eyes is None or not size else eyes.bytes or USUAL_PROJECTOR
    about = not file.bytes or (eyes is not None and not eyes.bytes)
    return msgspec.structs.replace(file, bytes=size + more, about=about and size > 0)


def _order(offer: Offer) -> tuple[int, int, int]:
    known = offer.file.quantization.upper()
    place = BALANCED.index(known) if known in BALANCED else len(BALANCED)
    fits = 0 if offer.fit.kind in FITS else 1 if offer.fit.kind == "unknown" else 2
    return (fits, place, offer.fit.needs_bytes) if fits < 2 else (fits, offer.fit.needs_bytes, place)


def _is_candidate(offer: Offer) -> bool:
    if offer.model.kind != "chat" or offer.model.gated:
        return False
    fit = offer.fit
    if fit.kind != "cpu":
        return fit.kind == "gpu"
    slowest = SLOWEST * 2 if offer.model.thinks else SLOWEST
    fast = offer.tokens_per_s >= slowest if offer.tokens_per_s else fit.needs_bytes <= ON_CPU_BYTES
    return fast and fit.needs_bytes <= fit.has_bytes * SHARE_OF_RAM


def _worth(offer: Offer) -> tuple[bool, int]:
    return offer.fit.kind == "gpu", offer.model.parameters


def _installed(model: HubModel, file: HubFile, installed: Sequence[InstalledModel]) -> str:
    """By its hash where one is known, else by where it came from."""
    for each in installed:
        digest = each.lineage.get("sha256", "")
        if digest and digest in file.sha256[:1]:
            return each.id
        if (each.lineage.get("repo"), each.lineage.get("repo_file")) == (model.repo, file.name):
            return each.id
    return ""
