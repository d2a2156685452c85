"""The catalogue, the first run and downloads under way, for packaging/screenshots.py: what is offered is made up."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from app.core.calls.catalogue import Catalogue
    from app.hub import Download, FitKind, Offer

GB = 1_000_000_000
T = TypeVar("T")


def offer(
    name: str, size: float, good_at: str, kind: FitKind, text: str, *, licence: str = "Apache-2.0", **more: Any
) -> Offer:
    """One model of the catalogue with one file."""
    from app.hub import Fitted, HubFile, HubModel, Offer

    repo = f"makers/{name.replace(' ', '-')}-GGUF"
    file = HubFile(name=f"{name.replace(' ', '-')}-Q4_K_M.gguf", quantization="Q4_K_M", bytes=round(size * GB))
    model = HubModel(
        id=repo, name=name, repo=repo, licence=licence, good_at=good_at, files=(file,),
        parameters=round(size * 1.6 * GB), languages=("en", "de", "fr"), context=32768, thinks=name.startswith("Qwen3"),
        calls_tools=True,
    )  # fmt: skip
    fit = Fitted(kind=kind, text=text, needs_bytes=round((size + 0.9) * GB), has_bytes=round(12 * GB),
                 why=("Q4_K_M loses little and fits whole.", "The context of 8k tokens fits beside it."))  # fmt: skip
    return Offer(model=model, file=file, fit=fit, **more)


def catalogue(blocked: str = "") -> Catalogue:
    """What a computer with a card of 12 GB would be offered."""
    from app.core.calls.catalogue import Catalogue

    offers = (
        offer("Qwen3 8B", 5.0, "good at long documents and several languages", "gpu", "Fits your GPU: 6.2 of 12 GB",
              recommended=True),
        offer("Granite 3.3 8B", 4.9, "good at long documents", "gpu", "Fits your GPU: 5.9 of 12 GB"),
        offer("Phi-4 mini", 2.5, "fast, good for short answers", "gpu", "Fits your GPU: 3.7 of 12 GB", licence="MIT"),
        offer("Qwen3 32B", 19.8, "strongest reasoning", "large", "Too large: needs 24 GB"),
        offer("Qwen3 14B", 9.0, "careful answers", "cpu", "Runs on the processor, slower"),
        offer("Mistral Small 24B", 14.3, "careful answers in European languages", "part", "Partly on your GPU, slower"),
        offer("Gemma 3 4B", 2.5, "short answers, many languages", "gpu", "Fits your GPU: 3.6 of 12 GB",
              licence="Gemma"),
        offer("Qwen3 4B", 2.5, "quick and careful", "gpu", "Fits your GPU: 3.8 of 12 GB", installed="m1"),
    )  # fmt: skip
    return Catalogue(offers=offers, hub="hub.example", blocked=blocked)


def downloads() -> tuple[Download, ...]:
    """One comes, one waits, one has stopped."""
    from app.hub import Download

    names = ("Granite 3.3 8B", "Phi-4 mini", "Gemma 3 4B")
    first, second, third = (each for each in catalogue().offers if each.model.name in names)
    return (
        Download(id="1", name=first.model.name, repo=first.model.repo, file=first.file.name, state="running",
                 done=round(2.3 * GB), total=first.file.bytes, bytes_per_s=18_000_000, seconds_left=144),
        Download(id="2", name=second.model.name, repo=second.model.repo, file=second.file.name, state="waiting",
                 done=0, total=second.file.bytes),
        Download(id="3", name=third.model.name, repo=third.model.repo, file=third.file.name, state="failed",
                 done=round(1.1 * GB), total=third.file.bytes,
                 problem="The connection was lost.", advice="What has come is kept; it goes on from there."),
    )  # fmt: skip


def give(stage: Any, *, blocked: str = "", coming: bool = False) -> None:
    """The window knows this catalogue, and these downloads where something is `coming`."""
    held = stage.parts.models.catalogue
    held._loaded(catalogue(blocked))
    held._moved(downloads() if coming else ())


def switcher(stage: Any, show: Callable[[], T]) -> T:
    """The list of models while something is on its way."""
    give(stage, coming=True)
    return show()


def page(stage: Any, *, blocked: str = "", coming: bool = False) -> None:
    """The Models page at its catalogue."""
    stage.window.show_page("models")
    stage.settle()
    give(stage, blocked=blocked, coming=coming)
    stage.settle()
    found = stage.window.page("models")
    bar = found.scroller.verticalScrollBar()
    stage.settle()
    bar.setValue(found.catalogue.y() - 16)


def installed(stage: Any) -> None:
    """The top of the Models page: an adapter of the model in use beside it, one that is linked, one whose file is gone;
    and what LM Studio and Ollama have."""
    from app.core.calls.models import Models, ModelsChanged
    from app.hub import FoundFile

    listed = stage.world.core.models.listed()
    starter, base, tuned = listed.models[:3]
    file = stage.parts.home.models / "adapter.gguf"
    file.touch()
    os.truncate(file, 4_900_000)
    adapter = msgspec.structs.replace(
        tuned, id="a", name="Larkfield, adapter", path=starter.path, adapter=str(file),
        quantization=starter.quantization, lineage={**tuned.lineage, "base": starter.name},
    )  # fmt: skip
    linked = msgspec.structs.replace(base, id="l", name="qwen3:8b", lineage={"linked": "Ollama"})
    gone = msgspec.structs.replace(base, id="g", name="mistral:7b", path="/gone", lineage={"linked": "Ollama"})
    fits = listed.fits | {"l": listed.fits[base.id]}
    models = Models(models=(starter, adapter, tuned, linked, gone), active=starter.id, fits=fits)
    stage.world.world.core.tell(ModelsChanged(models=models))
    found = (("llama3.1:8b", 4.9, "Ollama"), ("phi4:14b", 9.1, "Ollama"), ("Qwen3-4B-Q4_K_M", 2.5, "LM Studio"))
    stage.parts.models.found._show(
        tuple(FoundFile(name=name, path=f"/{name}", bytes=round(size * GB), store=store) for name, size, store in found)
    )
    stage.window.show_page("models")
    stage.settle()
    give(stage)
    stage.settle()
    stage.window.page("models").scroller.verticalScrollBar().setValue(0)


def sources(stage: Any) -> None:
    """Further down: a file, what other programs have, a server."""
    installed(stage)
    page = stage.window.page("models")
    page.scroller.ensureWidgetVisible(page.server, 0, 24)


def found_dialog(stage: Any) -> object:
    """Which of the models of other programs to use."""
    from app.gui.models.found_area import FoundDialog

    installed(stage)
    dialog = FoundDialog(stage.parts.models.found, stage.window)
    dialog.show()
    return dialog


def about(stage: Any) -> object:
    """All that is known of one model, with its files."""
    from app.gui.models.about_dialog import AboutDialog

    give(stage)
    held = stage.parts.models.catalogue
    shown = held.catalogue.offers[0]
    dialog = AboutDialog(held, shown, stage.window)

    def as_file(name: str, size: float, kind: str, text: str) -> Any:
        file = msgspec.structs.replace(shown.file, name=f"{name}.gguf", quantization=name, bytes=round(size * GB))
        return msgspec.structs.replace(shown, file=file, fit=msgspec.structs.replace(shown.fit, kind=kind, text=text))

    dialog._found(
        (
            shown,
            as_file("Q5_K_M", 5.9, "gpu", "Fits your GPU: 7.1 of 12 GB"),
            as_file("Q8_0", 8.7, "gpu", "Fits your GPU: 9.9 of 12 GB"),
            as_file("BF16", 16.4, "large", "Too large: needs 20 GB"),
        )
    )
    dialog.show()
    return dialog


def first_run(stage: Any, *, chosen: int = 0) -> object:
    """The welcome with larger models below the starter; `chosen` counts from the top."""
    from PySide6.QtWidgets import QLineEdit

    from app.gui.shell.first_run import FirstRun, sample_files
    from app.paths import SAMPLES

    stage.window.end_first_run()
    page = FirstRun(stage.parts.models, stage.parts.home, sample_files(SAMPLES))
    give(stage)
    page.resize(stage.window.size())
    page._models.models = lambda: list(page._models._listed.models[:1])  # type: ignore[method-assign]
    page.start.setFocus()
    place = next(each for each in page.findChildren(QLineEdit))
    place.setText("~/.local/share/Inhouse")
    page._show_models("")
    del page._models.models
    list(page._choices.values())[chosen].click()
    page.show()
    return page


def start(stage: Any) -> None:
    """An empty chat of the starter."""
    give(stage)
    stage.parts.chats.new_chat()
    stage.window.show_page("chat")
