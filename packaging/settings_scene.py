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


def locked(stage: Any) -> object:
    """The same section on a computer whose company has set the internet, the list of models and the runtimes."""
    from app.gui.settings.page import SettingsPage
    from app.gui.settings.runtime_section import RuntimeSection
    from app.gui.settings.runtimes import LlamaRuntimes
    from app.gui.settings.sections import HardwareSection
    from app.settings import ADD_RUNTIMES, Settings

    file = Path(os.environ["INHOUSE_HOME"]) / "policy.json"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    os.environ["INHOUSE_POLICY"] = str(file)
    settings = Settings(stage.parts.home)
    del os.environ["INHOUSE_POLICY"]
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
