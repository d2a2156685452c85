"""Builds the real window with sample data and saves a picture of each page: python packaging/screenshots.py FOLDER.

Pictures come in both themes at 1280 by 820, narrow at 880 by 560, and at 200 % scaling. No process is started and
nothing is read from the user's data folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import picture

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = ("Appearance", "Answers", "Models and hardware", "Privacy", "Keyboard", "Data and backup", "About")
WIDE, NARROW = (1280, 820), (880, 560)
ONCE = tuple(f"settings-{section.split()[0].lower()}" for section in SECTIONS[1:])
"""Pages that are built like another one: they are shot in both themes only."""
SHOTS = (("light", WIDE, 1), ("dark", WIDE, 1), ("light", NARROW, 1), ("light", WIDE, 2))


def main(argv: Sequence[str] | None = None) -> int:
    """One child process a scaling, since Qt reads it only at its start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages, separated by commas")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        theme, width, height = options.child.split(",")
        return shoot(options.folder, theme, (int(width), int(height)), options.only)
    for theme, (width, height), scale in SHOTS:
        env = {**os.environ, "QT_SCALE_FACTOR": str(scale), "PYTHONPATH": str(ROOT)}
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [sys.executable, __file__, str(options.folder), "--child", f"{theme},{width},{height}"]
        subprocess.run([*command, "--only", options.only], env=env, check=True)
    return 0


def shoot(folder: Path, theme_name: str, size: tuple[int, int], only: str) -> int:
    """Save the pictures of one theme and size."""
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    scale = os.environ.get("QT_SCALE_FACTOR", "1")
    suffix = f"-{theme_name}" + (f"-{size[0]}x{size[1]}" if size != WIDE else "") + ("-200" if scale == "2" else "")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        os.environ["INHOUSE_HOME"] = data
        stage = Stage(QApplication.instance() or QApplication([]), theme_name, size)
        for name, prepare in stage.scenes().items():
            if name in ONCE and (size != WIDE or scale == "2"):
                continue
            if not only or name in only.split(","):
                shown = prepare()
                stage.settle()
                image = (shown or stage.window).grab()
                picture.save(image if isinstance(image, QImage) else image.toImage(), folder / f"{name}{suffix}.png")
        stage.close()
    return 0


class Stage:
    """The real window over data made up for the pictures."""

    def __init__(self, app: object, theme_name: str, size: tuple[int, int]) -> None:
        from app.gui import main as gui
        from app.paths import home
        from app.settings import FIRST_RUN_DONE, THEME, Settings

        self.app = app
        place = home()
        settings = Settings(place)
        settings.set(THEME, theme_name)
        settings.set(FIRST_RUN_DONE, True)
        add_models(place.models)
        self.parts = gui.build_parts(place, app)
        add_chats(self.parts.store)
        self.window = gui.build_window(self.parts)
        self.window.resize(*size)
        self.window.show()

    def scenes(self) -> dict[str, Callable[[], object]]:
        """Name → what brings the window there; it returns what to draw where that is not the window."""
        scenes = {
            "models": lambda: self.window.show_page("models"),
            "switcher": self._switcher,
            "finetune-start": lambda: self._finetune(""),
            "finetune-goal": lambda: self._finetune("goal"),
            "finetune-data": lambda: self._finetune("data"),
            "finetune-review": lambda: self._finetune("review"),
            "finetune-train": lambda: self._finetune("train"),
            "finetune-compare": lambda: self._finetune("compare"),
            "finetune-worse": lambda: self._finetune("worse"),
            "finetune-use": lambda: self._finetune("use"),
            "finetune-memory": self._memory,
            "keys": self._keys,
        }
        for section in (
            "Appearance",
            "Answers",
            "Models and hardware",
            "Privacy",
            "Keyboard",
            "Data and backup",
            "About",
        ):
            scenes[f"settings-{section.split()[0].lower()}"] = lambda name=section: self._settings(name)
        return scenes

    def settle(self) -> None:
        """Let the layouts and the queued work come to rest."""
        until = time.monotonic() + 0.25
        while time.monotonic() < until:
            self.app.processEvents()

    def close(self) -> None:
        from app.gui import main as gui

        gui.stop(self.parts)

    def _settings(self, name: str) -> None:
        self.window.show_page("settings")
        self.window.page("settings").open_section(name)

    def _switcher(self) -> object:
        self.window.show_page("chat")
        self.window.act("switch_model")
        self.settle()
        picture = self.window.grab()
        self.window.act("switch_model")
        return Picture(picture)

    def _finetune(self, step: str) -> None:
        """Each step over a run folder that the tests' helper makes up; the running training is this very process."""
        sys.path.insert(0, str(ROOT / "tests"))
        import fake_run

        from app.types import Collection

        parts = self.parts
        parts.documents.totals = (
            Collection(id=1, name="Larkfield samples", documents=8, passages=96),
            Collection(id=2, name="Quality", documents=14, passages=610),
        )
        controller = parts.finetune
        controller.status_changed.connect(lambda text, on: self.window.sidebar.set_detail("finetune", text, running=on))
        controller.close()
        for old in controller.runs.list():
            controller._watch.forget(old.id)
            controller.runs.delete(old)
        chosen = "compare" if step == "worse" else step
        if step:
            run = fake_run.make_run(parts.home.runs, step=chosen, name="Larkfield Assistant v2")
            if step not in ("goal", "data"):
                fake_run.prepare(run, 60)
            if step == "train":
                type(run).alive = lambda self, pid: pid == 1
                fake_run.train_until(run, pid=1)
            if step in ("compare", "worse", "use"):
                fake_run.finish(run, verdict="worse" if step == "worse" else "better")
            controller.open(run.id)
        if step == "review":
            controller.review.decide(["e1", "e2", "e8", "e9"], "approve")
        if step == "use":
            controller.change(installed="Larkfield Assistant", name="Larkfield Assistant")
            parts.registry.use("SmolLM2 135M")
            parts.models._active = parts.registry.use("Larkfield Assistant")
            ask_in_first_chat(parts.store, "Larkfield Assistant")
        self.window.show_page("finetune")
        controller.refresh()

    def _memory(self) -> object:
        """The question before training, where the memory does not hold both."""
        from app.gui.finetune.trainer_process import Measured

        from app.gui.finetune.memory import MemoryDialog

        found = Measured(fits=False, memory_bytes=6_400_000_000, memory_available=2_600_000_000, seconds=2220)
        dialog = MemoryDialog(found, 5_100_000_000, 8_000_000_000, possible=True, parent=self.window)
        dialog.show()
        return dialog

    def _keys(self) -> object:
        from app.gui.pages import PAGES
        from app.gui.settings.shortcut_list import ShortcutList

        dialog = ShortcutList(PAGES, self.window)
        dialog.show()
        return dialog


class Picture:
    """A finished picture that is asked for like a widget."""

    def __init__(self, picture: object) -> None:
        self._picture = picture

    def grab(self) -> object:
        return self._picture


def add_models(folder: Path) -> None:
    """Models as the registry would list them; their files are empty."""
    import msgspec

    from app.types import InstalledModel

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, origin, size, speed, lineage in (
        ("Qwen3 4B", "imported", 2_500_000_000, 9.4, {}),
        (
            "Larkfield Assistant",
            "finetuned",
            2_500_000_000,
            9.1,
            {"base": "Qwen3 4B", "data": "412 reviewed answers", "scores": "88 % on your questions, was 41 %"},
        ),
        ("Large model 70B", "imported", 42_500_000_000, None, {}),
    ):
        path = folder / f"{name}.gguf"
        path.touch()
        made.append(
            InstalledModel(
                name=name,
                path=str(path),
                file_bytes=size,
                quantization="Q4_K_M",
                context_trained=32768,
                origin=origin,
                lineage=lineage,
                added_at=time.time() - 864_000,
                tokens_per_s=speed,
            )
        )
    speeds = {model.name: model.tokens_per_s for model in made if model.tokens_per_s} | {"SmolLM2 135M": 152.0}
    stored = {"version": 1, "models": made, "speeds": speeds}
    (folder / "models.json").write_bytes(msgspec.json.encode(stored))


def add_chats(store: object) -> None:
    """Chats over the last weeks."""
    now = time.time()
    for days, title in (
        (0, "Hotel limit and flight approval"), (0, "Warranty on refurbished pumps"), (0, "Audit actions due"),
        (1, "Price change letter, spring list"), (1, "First week for new colleagues"), (1, "Shift swap rules in short"),
        (4, "Nonconformity 7.1.5, root cause"), (4, "Mileage for private cars"), (5, "Return labels for Austria"),
        (12, "Calibration dates, line 3"), (60, "Leave over the turn of the year"),
    ):  # fmt: skip
        chat = store.create(title, collection="")
        store._db.execute("UPDATE chats SET updated_at = ? WHERE id = ?", (now - days * 86_400 - chat.id, chat.id))


def ask_in_first_chat(store: object, model: str) -> None:
    """A question that a model answered in the chat used last."""
    from app.types import Answer

    question = store.add_question(store.list_chats(limit=1)[0].id, "Does that include the seals?")
    answer = store.begin_answer(question.id)
    store.finish_answer(answer.id, Answer(text="No. Seals and other wear parts are excluded. [1]", model=model))


if __name__ == "__main__":
    sys.exit(main())
