"""The text of real Word, Markdown, HTML and text files with the sentence that answers marked in it."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.documents.loaders import load
from app.gui.chat.passage_text import PassageText
from app.gui.theme import Theme, theme
from app.text.evidence import pieces_of
from app.types import Passage

ENGLISH = (
    "The travel desk books all hotels.",
    "In Norway the limit is 160 euros a night.",
    "Receipts are handed in within one month.",
)
CHINESE = ("酒店由旅行部门预订。", "挪威的酒店每晚限额为一百六十欧元。", "收据在一个月内提交。")
ARABIC = ("يحجز مكتب السفر جميع الفنادق.", "الحد في النرويج هو 160 يورو في الليلة.", "تسلم الإيصالات خلال شهر واحد.")


def word(path: Path, said: tuple[str, ...], joined: str) -> Path:
    document = docx.Document()
    document.add_heading("Travel", 1)
    document.add_paragraph(joined)
    table = document.add_table(rows=2, cols=2)
    for at, text in enumerate(("Rule", "What it says", "Trains", "Second class is booked. First class is not.")):
        table.cell(at // 2, at % 2).text = text
    document.save(str(path.with_suffix(".docx")))
    return path.with_suffix(".docx")


def markdown(path: Path, said: tuple[str, ...], joined: str) -> Path:
    bold = joined.replace(said[1], f"**{said[1][:-1]}**{said[1][-1]}")
    path = path.with_suffix(".md")
    path.write_text(
        f"# Travel\n\n{bold}\n\n| City | Limit |\n|---|---|\n| Oslo | 160 € |\n| Bergen | 150 € |\n", "utf-8"
    )
    return path


def html(path: Path, said: tuple[str, ...], joined: str) -> Path:
    path = path.with_suffix(".html")
    path.write_text(f"<meta charset=utf-8><h1>Travel</h1><p>{joined}</p><p>The end.</p>", "utf-8")
    return path


def text(path: Path, said: tuple[str, ...], joined: str) -> Path:
    path = path.with_suffix(".txt")
    path.write_text(f"Travel\n\n{joined}\n\nThe end.\n", "utf-8")
    return path


def whole(path: Path, words: str) -> tuple[Passage, str]:
    """The document as one passage, its best piece the one with these words; and its text."""
    stored = load(str(path)).text
    piece = next(piece for piece in pieces_of(stored) if words in piece.text.replace("*", ""))
    return Passage(
        id=1, document_id=1, document=path.name, path=str(path), collection="", page=None, start=0, end=len(stored),
        text=stored, best=(piece.start, piece.end),
    ), stored  # fmt: skip


@pytest.fixture(params=["light", "dark"])
def view(request, qapp: QApplication, qtbot) -> PassageText:
    Theme(qapp, mode=request.param)
    made = PassageText()
    qtbot.addWidget(made)
    made.resize(400, 600)
    return made


def background(view: PassageText, words: str) -> QColor:
    found = view.document().find(words)
    assert not found.isNull(), words
    return found.charFormat().background().color()


@pytest.mark.parametrize("make", [word, markdown, html, text])
@pytest.mark.parametrize("said", [ENGLISH, CHINESE, ARABIC], ids=["English", "Chinese", "Arabic"])
def test_the_sentence_is_marked_and_the_rest_is_faint(view: PassageText, make, said, tmp_path: Path) -> None:
    path = make(tmp_path / "Travel", said, ("" if said is CHINESE else " ").join(said))
    passage, stored = whole(path, said[1])
    view.show_document(passage, stored)
    assert view.marked_text() == said[1]
    assert background(view, said[1]) == theme().color("mark")
    assert background(view, said[0]) == background(view, said[2]) == theme().color("cite")


def test_a_row_is_marked_and_its_neighbours_are_not(view: PassageText, tmp_path: Path) -> None:
    passage, stored = whole(markdown(tmp_path / "Travel", ENGLISH, " ".join(ENGLISH)), "Oslo")
    view.show_document(passage, stored)
    assert view.marked_text() == "City: Oslo · Limit: 160 €"
    assert background(view, "Bergen") != theme().color("cite"), "another row's figure is no evidence"


def test_a_sentence_in_a_cell(view: PassageText, tmp_path: Path) -> None:
    passage, stored = whole(word(tmp_path / "Travel", ENGLISH, " ".join(ENGLISH)), "Second class")
    view.show_document(passage, stored)
    assert view.marked_text().endswith("Second class is booked. First class is not.")
