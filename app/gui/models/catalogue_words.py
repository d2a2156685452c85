"""What the window says of models that can be fetched and of downloads: short lines in a person's words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from app.finetune.durations import time_left
from app.gui.hardware import size_text
from app.gui.models.model_words import thousands
from app.hub import Download, Offer


def offer_size(offer: Offer) -> str:
    """ "4.9 GB" of all that comes, "about 4.9 GB" where nobody has said it yet, or "" where nothing is known."""
    size = offer.file.bytes
    if not size:
        return ""
    return _tr("about {0}").format(size_text(size)) if offer.file.about else size_text(size)


def offer_line(offer: Offer) -> str:
    """ "4.9 GB, good at long documents"."""
    size, good_at = offer_size(offer), offer.model.good_at
    if size and good_at[1:2].islower():
        good_at = good_at[0].lower() + good_at[1:]
    return ", ".join(part for part in (size, good_at) if part)


def recommendation(offer: Offer) -> str:
    """ "Qwen3 8B: the best that fits your 12 GB", or the best at a good speed where only the processor computes."""
    if offer.tokens_per_s:
        return _tr("{0}: the best at a good speed on this computer").format(offer.model.name)
    if not offer.fit.has_bytes:
        return _tr("{0}: the best for this computer").format(offer.model.name)
    room = size_text(offer.fit.has_bytes).replace(".0 ", " ")
    return _tr("{0}: the best that fits your {1}").format(offer.model.name, room)


def fraction(download: Download) -> float:
    """How much of it has come, 0 to 1."""
    return min(download.done / download.total, 1.0) if download.total else 0.0


def amount(download: Download) -> str:
    """ "2.3 of 4.9 GB"."""
    if not download.total:
        return size_text(download.done) if download.done else ""
    whole = size_text(download.total)
    if not download.done:
        return whole
    if download.done < 999_500_000 and whole.endswith("GB"):
        return _tr("{0} of {1}").format(size_text(download.done), whole)
    unit = whole.rpartition(" ")[2]
    share = {"GB": 1e9, "MB": 1e6}.get(unit, 1e3)
    done = f"{download.done / share:.1f}" if unit == "GB" else f"{download.done / share:.0f}"
    return _tr("{0} of {1}").format(done, whole)


def pace(download: Download) -> str:
    """ "18 MB/s, about 2 min left", what is known of it; what else it does where it does not come just now."""
    match download.state:
        case "waiting":
            return _tr("Waits for its turn")
        case "paused":
            return _tr("Paused")
        case "checking":
            return _tr("The file is being checked")
        case "failed":
            return _tr("Stopped")
    speed = _tr("{0}/s").format(size_text(download.bytes_per_s)) if download.bytes_per_s >= 1000 else ""
    left = time_left(download.seconds_left) if download.seconds_left is not None and download.bytes_per_s else ""
    left = left[:1].lower() + left[1:] if speed else left
    return ", ".join(part for part in (speed, left) if part)


def spoken(download: Download) -> str:
    """All of it in one line, for a screen reader and a tooltip."""
    parts = (f"{fraction(download):.0%}", amount(download), pace(download), download.problem)
    return f"{download.name}: {', '.join(part for part in parts if part)}"


def abilities(offer: Offer) -> list[str]:
    """What it can do beside answering, in plain words."""
    model = offer.model
    said = {
        "chat": (
            (model.thinks, _tr("Thinks before it answers")),
            (model.sees, _tr("Sees pictures that you give it")),
            (model.calls_tools, _tr("Can use the tools of programs")),
        ),
        "embedder": ((True, _tr("Finds passages by their meaning; it does not chat")),),
    }
    return [text for can, text in said.get(model.kind, ()) if can]


def facts(offer: Offer) -> list[tuple[str, str]]:
    """(name, value) of what is known of the model."""
    model = offer.model
    size = _tr("{0} billion parameters").format(QLocale().toString(model.parameters / 1e9, "f", 1))
    known = (
        (_tr("Licence"), model.licence),
        (_tr("Languages"), languages(model.languages)),
        (_tr("Size of the model"), size if model.parameters else ""),
        (_tr("Reads at once"), _tr("up to {0} tokens").format(thousands(model.context)) if model.context else ""),
        (_tr("Comes with"), _tr("the file by which it sees") if model.projector is not None else ""),
        (_tr("Source"), model.repo),
    )
    return [(name, value) for name, value in known if value]


def languages(codes: tuple[str, ...]) -> str:
    """ "English, German" for ("en", "de"); a word that is no code stands as it is."""
    return ", ".join(_language(code) for code in codes)


def _language(code: str) -> str:
    if len(code) > 3:
        return code
    found = QLocale.codeToLanguage(code)
    return code if found == QLocale.Language.AnyLanguage else QLocale.languageToString(found)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Catalogue", text)
