"""Pictures with nothing played: python packaging/screenshots_real.py FOLDER adds the samples, asks, and shoots.

One process prepares a data folder (the samples, real answers of the starter model), then one a theme, size and scaling
opens the real window on a copy of it. `screenshots.py` does the pages that need no answer.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import picture
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
WIDE, NARROW = (1280, 820), (880, 560)
SHOTS = (("light", WIDE, 1), ("dark", WIDE, 1), ("light", NARROW, 1), ("light", WIDE, 2))
ONCE = ("chat-attached", "chat-calculated", "chat-find", "documents-find")
"""Pages that are built like another one: they are shot in both themes only."""
COLLECTION = "Larkfield samples"
CONTRACTS, PRICES, COSTS = "Contracts", "Price lists", "Travel costs"
CITED = "What is the hotel limit per night in Munich?"
SENTENCE = "How long is the warranty on refurbished pumps?"
SUMMARY = "Summarise Travel-Policy-2026.pdf"
SUM = "What is the total amount of Service?"
FIND = "Which contracts mention an insurance but not Hamburg?"
ATTACHED = "What does a single room cost per night?"
OFFER = (
    "Offer for six nights in October",
    "A single room is EUR 148 per night, taxes included.",
    "Breakfast is EUR 14 per person and day.",
    "The offer stands until 15 September 2026.",
)
"""A hotel's letter, for one chat only."""
MISSING = (
    "What is the salary of a shift lead?",
    "What is the hotel limit in Tokyo?",
    "Who won the football world cup in 1990?",
)
ASKED = (
    SENTENCE,
    "In which weeks are the torque wrenches of line 3 calibrated?",
    "How late can I tell the shift lead about a shift swap?",
    SUMMARY,
    *MISSING,
    CITED,
)
CHANGES = (
    ("first quarter", "second quarter"),
    ("1 January to 31 March", "1 April to 30 June"),
    ("412.00 €", "426.00 €"),
    ("1,145.00 €", "1,185.00 €"),
    ("| RF-140 | Circulation pump, refurbished | 3.6 m³/h | 246.00 € | while stock lasts |\n", ""),
    ("Quotations stay valid for 45 days.", "Quotations stay valid for 30 days."),
    ("- Freight is free", "- Pallets are charged at 12 € each.\n- Freight is free"),
)
"""What the price list of the next quarter says instead."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare once, then shoot each theme and size in a process of its own, since Qt reads the scaling at its start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pictures, separated by commas")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "gui"), str(ROOT / "tests" / "documents")]
    if options.child == "prepare":
        return prepare()
    if options.child:
        theme, width, height = options.child.split(",")
        return shoot(options.folder, theme, (int(width), int(height)), options.only)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="inhouse-pictures-") as made:
        _child(options, "prepare", Path(made) / "home", 1)
        with FileLock(Path(made) / "home" / "core.lock"):  # its core has left
            (Path(made) / "home" / "core.sock").unlink(missing_ok=True)
        for theme, (width, height), scale in SHOTS:
            copy = Path(made) / f"{theme}-{width}-{scale}"
            shutil.copytree(Path(made) / "home", copy)
            _child(options, f"{theme},{width},{height}", copy, scale)
    return 0


def _child(options: argparse.Namespace, child: str, home: Path, scale: int) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": str(scale), "PYTHONPATH": str(ROOT), "INHOUSE_HOME": str(home)}
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, __file__, str(options.folder), "--child", child, "--only", options.only]
    subprocess.run(command, env=env, check=True)


def prepare() -> int:
    """The samples in their collection, one file that cannot be read, and the questions answered."""
    from app.gui.shell.first_run import sample_files
    from app.paths import SAMPLES
    from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE, TEMPERATURE
    from app.workers.calls.documents import CreateCollection

    real = _open(first=True)
    settings = real.parts.settings
    settings.set(FIRST_RUN_DONE, True)
    settings.set(TEMPERATURE, 0.0)
    torn = real.parts.home.root / "Supplier-List-2025.pdf"
    torn.write_bytes((SAMPLES / "Travel-Policy-2026.pdf").read_bytes()[:20_000])
    others = {CONTRACTS: contracts(real.parts.home.root), PRICES: price_lists(real.parts.home.root)}
    others[COSTS] = [costs(real.parts.home.root)]
    for name, files in {**others, COLLECTION: [*sample_files(SAMPLES), torn]}.items():
        made: list[int] = []
        call = CreateCollection(name=name)
        real.parts.core.request(call, done=lambda data, made=made: made.append(data.collection.id))
        real.until(lambda made=made: made, "the collection")
        settings.set(DEFAULT_COLLECTION, made[0])
        real.parts.documents.add([str(path) for path in files], made[0])
        real.until(lambda made=made, files=files: _documents(real, made[0]) >= len(files) - 1, "the documents")
        real.added()
    for question in ASKED:
        real.window.new_chat()
        real.ask(question)
    for name, question in ((COSTS, SUM), (CONTRACTS, FIND)):
        real.window.new_chat()
        real.parts.chats.choose_collection(next(each.id for each in real.parts.documents.totals if each.name == name))
        real.ask(question)
    attach(real)
    real.close()
    return 0


def contracts(root: Path) -> list[Path]:
    """A dozen contracts in five formats, as the tests make them."""
    from made_documents import make

    folder = root / "contracts"
    folder.mkdir()
    paths = []
    for made in [each for each in make(3) if each.template == "contracts"][:12]:
        paths.append(folder / made.name)
        paths[-1].write_bytes(made.data)
    return paths


def price_lists(root: Path) -> list[Path]:
    """The price list of the samples, and the one after it."""
    from app.paths import SAMPLES

    old = SAMPLES / "Price-List-2026-Q1.md"
    text = old.read_text(encoding="utf-8")
    for before, after in CHANGES:
        assert before in text, before
        text = text.replace(before, after)
    new = root / "Price-List-2026-Q2.md"
    new.write_text(text, encoding="utf-8")
    return [old, new]


def costs(root: Path) -> Path:
    """What each team paid for travel, in a sheet."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Trips"
    sheet.append(["Trip", "Team", "City", "Amount"])
    for number in range(48):
        team, city = ("Sales", "Service", "Quality")[number % 3], ("Munich", "Vienna", "Zurich", "Berlin")[number % 4]
        sheet.append([f"T{number + 101}", team, city, 180 + number * 37 % 410])
        sheet.cell(sheet.max_row, 4).number_format = '#,##0.00 "€"'
    path = root / "Travel-Costs-2026.xlsx"
    book.save(path)
    return path


def attach(real: Any) -> None:
    """A chat with a hotel's offer and a scan that cannot be read, and a question about the offer."""
    from real_window import make_pdf

    real.window.new_chat()
    root = real.parts.home.root
    torn = root / "Scan-of-old-offer.pdf"
    torn.write_bytes(b"%PDF-1.7 cut")
    files = real.chat.attaching.files
    real.chat.attaching.attach([str(make_pdf(root / "Hotel-Offer.pdf", (OFFER,))), str(torn)])
    real.until(lambda: files.all and all(each.is_read for each in files.all), "the attached files")
    real.ask(ATTACHED)


def _documents(real: Any, collection: int) -> int:
    """How many documents of a collection can be found."""
    return next((each.documents for each in real.parts.documents.totals if each.id == collection), 0)


def shoot(folder: Path, theme: str, size: tuple[int, int], only: str) -> int:
    """Save the pictures of one theme and size."""
    from app.paths import home
    from app.settings import THEME, Settings

    Settings(home()).set(THEME, theme)
    real = _open()
    real.window.resize(*size)
    scale = os.environ.get("QT_SCALE_FACTOR", "1")
    suffix = f"-{theme}" + (f"-{size[0]}x{size[1]}" if size != WIDE else "") + ("-200" if scale == "2" else "")
    real.engine_ready()
    real.until(lambda: real.parts.documents.totals, "the documents")
    for name, show in scenes(real).items():
        if name in ONCE and (size != WIDE or scale == "2"):
            continue
        if not only or name in only.split(","):
            shown = show()
            _settle()
            picture.save((shown or real.window).grab().toImage(), folder / f"{name}{suffix}.png")
            if shown is not None:
                shown.close()
    real.close()
    return 0


def scenes(real: Any) -> dict[str, Callable[[], Any]]:
    """Name → what brings the window there; it returns what to draw where that is not the window."""
    chats = {chat.title: chat.id for chat in real.parts.reader.list_chats()}

    def chat(question: str) -> None:
        title = next(title for title in chats if question.startswith(title.rstrip("…")[:30]))
        real.window.open_chat(chats[title])

    def source(question: str) -> None:
        chat(question)
        _settle()
        real.press_first_chip()
        shown = real.chat.panel
        real.until(lambda: shown.text.isVisible() or shown.page_view.image is not None, "the page")

    def why() -> None:
        chat(CITED)
        _settle()
        real.chat.transcript.answers()[-1].bar.why.click()

    def summary() -> None:
        chat(SUMMARY)
        _settle()
        real.chat.transcript.verticalScrollBar().setValue(0)

    def calculated() -> None:
        chat(SUM)
        _settle()
        real.chat.transcript.answers()[-1].query.button.click()

    def attached() -> None:
        chat(ATTACHED)
        files = real.chat.attaching.files
        real.until(lambda: files.all, "the attached files")

    def find() -> None:
        real.drag_leave()
        collection(CONTRACTS)
        real.window.show_page("documents")
        box = real.documents.search_field
        box.setText(FIND)
        box.setCursorPosition(0)
        real.until(lambda: real.documents.results.conditions.isVisible(), "the list of documents")

    def collection(name: str) -> None:
        documents = real.parts.documents
        documents.choose(next(each.id for each in documents.totals if each.name == name))
        real.until(lambda: documents.listed, "the documents")

    def compare() -> Any:
        from app.gui.compare.open import open_comparison

        collection(PRICES)
        real.window.show_page("documents")
        real.documents.table.selectAll()
        dialog = open_comparison(real.documents, real.parts.core, real.documents.table.selected_rows())
        assert dialog is not None
        dialog.resize(real.window.size())
        real.until(lambda: dialog.changes.rowCount(), "the comparison")
        return dialog

    def table_form() -> None:
        collection(CONTRACTS)
        real.window.show_page("extraction")
        page = real.window.page("extraction")
        real.until(lambda: page.start.template.count() > 1, "the templates")
        page.start.template.setCurrentIndex(page.start.template.findText("Contracts"))

    def table() -> None:
        table_form()
        page = real.window.page("extraction")
        page.start.begin.click()
        real.until(lambda: page.rows.rowCount() == 12 and page.progress.update_button.isVisible(), "the table")
        page.open_source(page.rows.index(1, 2))

    def start() -> None:
        real.window.new_chat()
        real.press("Show sample questions")

    def documents() -> None:
        collection(COLLECTION)
        real.window.show_page("documents")

    def drop() -> None:
        documents()
        folder = real.parts.home.root / "drop"
        folder.mkdir(exist_ok=True)
        for name in ("Supplier-Contract.pdf", "Claims-2025.csv", "Site-Rules.md", "Photos.zip", "Logo.png"):
            (folder / name).write_bytes(b"x")
        real.drag(*folder.iterdir())
        _settle()

    def missing() -> None:
        """The first of these questions that really found nothing."""
        for question in MISSING:
            chat(question)
            answer = real.parts.chats.turns()[-1].answer
            if answer is not None and answer.not_found:
                break

    def failure() -> None:
        from real_window import kill

        real.window.end_first_run()
        chat(CITED)
        kill(real.core, "engine")
        real.until(real.chat.banner.text, "the banner")

    def first_run() -> None:
        from PySide6.QtWidgets import QLineEdit

        real.drag_leave()
        _settle()
        real.window.show_first_run()
        place = next(each for each in real.window.findChildren(QLineEdit) if each.text() == str(real.parts.home.root))
        place.setText("~/.local/share/Inhouse")

    return {
        "chat": lambda: chat(CITED),
        "chat-source": lambda: source(CITED),
        "chat-sentence": lambda: source(SENTENCE),
        "summary": summary,
        "chat-why": why,
        "chat-start": start,
        "chat-attached": attached,
        "chat-calculated": calculated,
        "chat-find": lambda: chat(FIND),
        "not-found": missing,
        "documents": documents,
        "compare": compare,
        "table-form": table_form,
        "table": table,
        "drop": drop,
        "documents-find": find,
        "first-run": first_run,
        "model-stopped": failure,
    }


def _open(*, first: bool = False) -> Any:
    from PySide6.QtWidgets import QApplication
    from real_window import RealWindow

    from app.paths import home
    from app.settings import FIRST_RUN_DONE, Settings

    if first:
        home().root.mkdir(parents=True)
        Settings(home()).set(FIRST_RUN_DONE, True)
    return RealWindow(QApplication.instance() or QApplication([]), home())


def _settle() -> None:
    from PySide6.QtTest import QTest

    QTest.qWait(600)


if __name__ == "__main__":
    sys.exit(main())
