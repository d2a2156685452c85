"""Settings for packaging/screenshots.py: cards and runtimes that are made up, and what a company has locked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

POLICY = {
    "version": 1,
    "values": {"offline": True, "catalogue": "https://models.example/list.json", "add_runtimes": False},
    "reasons": {
        "offline": "Models come from the software centre.",
        "add_runtimes": "The software centre brings the one for your card.",
    },
}


COMPANY = {
    "version": 1,
    "by": "IT service",
    "values": {
        "offline": True,
        "exports": False,
        "training": False,
        "servers": ["models.example:8000"],
        "folders": ["/srv/documents", "~/Documents"],
        "chat_days": 365,
        "mask_personal_data": True,
        "audit": "hashes",
    },
    "reasons": {
        "offline": "Models come from the software centre.",
        "exports": "Ask the data protection officer.",
        "training": "The model team teaches for everybody.",
    },
}


def show_devices(stage: Any) -> None:
    """What a build for AMD's cards says on a computer with one, and a build that lacks its driver."""
    from app.core.calls.runtimes import RuntimesChanged, RuntimesShown
    from app.runtimes import BUILT_IN, Card, Chosen, Device, Runtime, why_no_more
    from app.workers.calls.runtimes import RuntimeTried, TryRuntime

    card = Card(vendor="AMD", name="AMD Radeon RX 7600", driver="amdgpu")
    devices = (Device(kind="CPU", name="AMD Ryzen 5 7600", is_gpu=False, free=0, total=32_000_000_000),)
    for job in stage.world.last("models").waiting(TryRuntime):
        job.finish(RuntimeTried(version="0.5.0", backends=("CPU",), devices=devices))
    vulkan = Runtime(id="v", name="Vulkan 0.5.0", backends=("Vulkan", "CPU"), version="0.5.0", bytes=61_000_000)
    shown = RuntimesShown(
        runtimes=(vulkan,),
        chosen={"engine": Chosen(id="v", failed="It needs the Vulkan loader."), "embedder": Chosen(id=BUILT_IN)},
        cards=(card,),
        devices=devices,
        why=why_no_more(devices, (card,), ("CPU",)),
        problems=(
            "Chats do not run on “Vulkan 0.5.0”: This runtime needs the Vulkan loader of the graphics driver, "
            "which is not on this computer. The built-in one is used.",
        ),
    )
    stage.world.world.core.tell(RuntimesChanged(shown=shown))
    stage.window.toasts.end()


def runtimes(stage: Any) -> None:
    """The lower end of the section."""
    from app.gui.settings.runtime_section import RuntimeSection

    page = stage.window.page("settings")
    stage.window.show_page("settings")
    page.open_section("Models and hardware")
    show_devices(stage)
    _scroll_to(stage, page.findChild(RuntimeSection))


def training(stage: Any) -> None:
    """What fine-tuning needs and how it is fetched, in an installed application that has not fetched it yet."""
    from app.gui.settings.training_section import TrainingSection

    page = stage.window.page("settings")
    stage.window.show_page("settings")
    page.open_section("Models and hardware")
    show_devices(stage)
    _without_training(stage)
    _scroll_to(stage, page.findChild(TrainingSection))


def without_training(stage: Any) -> None:
    """The Fine-tune page of an installed application that has not fetched what it needs."""
    stage.window.show_page("finetune")
    stage.settle()
    _without_training(stage)


def _without_training(stage: Any) -> None:
    from app.core.calls.component import ComponentMoved, ComponentShown, ComponentSize

    size = ComponentSize(backend="cpu", fetched=448_000_000, on_disk=1_500_000_000, packages=61)
    shown = ComponentShown(state="none", offered=(size,), source="the package index")
    stage.world.world.core.tell(ComponentMoved(shown=shown))


def company(stage: Any) -> object:
    """What the company has set, all of it."""
    from app.gui.settings.company_section import CompanySection
    from app.gui.settings.page import SettingsPage

    settings = _settings_of(stage, COMPANY)
    page = SettingsPage(settings, {"Company": lambda: CompanySection(settings.policy)})
    page.resize(stage.window.size())
    page.open_section("Company")
    page.show()
    page.first_focus().setFocus()
    return page


def closed(stage: Any) -> None:
    """The Fine-tune page where the company does not allow it."""
    stage.window.show_page("finetune")
    why = _settings_of(stage, COMPANY).policy.why("training")
    stage.window.page("finetune").steps["start"].close_because(why)


def record(stage: Any) -> None:
    """The record at the end of Privacy, checked."""
    from app.audit.chain import Chain
    from app.gui.settings.record_section import RecordSection

    chain = Chain(stage.parts.home.audit)
    passages = [{"document": 4, "name": "Travel-Policy-2026.pdf"}]
    asked = {"question": "What is the hotel limit in Munich?", "passages": passages}
    for what, about in (
        ("swapped", {"id": "starter", "name": "SmolLM2 135M"}),
        ("added", {"kind": "documents", "collection": 1}),
        ("asked", asked),
        ("refused", {"call": "ExportChats", "why": "Your company does not allow exports."}),
        ("removed", {"kind": "documents", "ids": [7], "traces": 0}),
    ):
        chain.append(what, about, who="colleague", door="window")
    chain.close()
    page = stage.window.page("settings")
    stage.window.show_page("settings")
    page.open_section("Privacy")
    section = page.findChild(RecordSection)
    section.refresh()
    stage.settle()
    section.verify()
    _scroll_to(stage, section)


def _settings_of(stage: Any, policy: dict[str, Any]) -> Any:
    from app.settings import Settings

    file = Path(os.environ["INHOUSE_HOME"]) / "policy.json"
    file.write_text(json.dumps(policy), encoding="utf-8")
    os.environ["INHOUSE_POLICY"] = str(file)
    settings = Settings(stage.parts.home)
    del os.environ["INHOUSE_POLICY"]
    return settings


def locked(stage: Any) -> object:
    """The same section on a computer whose company has set the internet, the list of models and the runtimes."""
    from app.gui.settings.page import SettingsPage
    from app.gui.settings.runtime_section import RuntimeSection
    from app.gui.settings.runtimes import LlamaRuntimes
    from app.gui.settings.sections import HardwareSection
    from app.settings import ADD_RUNTIMES

    settings = _settings_of(stage, POLICY)
    seen = LlamaRuntimes(stage.parts.core, stage.window)
    why = settings.policy.why(ADD_RUNTIMES.key)

    def hardware() -> Any:
        return HardwareSection(lambda: stage.parts.models.info, RuntimeSection(seen, stage.window.confirm, why))

    page = SettingsPage(settings, {"Models and hardware": hardware})
    page.resize(stage.window.size())
    page.open_section("Models and hardware")
    page.show()
    page.first_focus().setFocus()
    show_devices(stage)
    return page


def _scroll_to(stage: Any, widget: Any) -> None:
    from PySide6.QtWidgets import QScrollArea

    stage.settle()
    area = widget.parentWidget()
    while not isinstance(area, QScrollArea):
        area = area.parentWidget()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
