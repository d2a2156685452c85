"""A figure in the transcript: its query is folded below it, and opens in words and as it ran."""

from __future__ import annotations

import msgspec
import pytest
from chat_world import passage
from PySide6.QtWidgets import QApplication

from app.chats.records import Turn
from app.gui.chat.answer_view import AnswerView
from app.gui.theme import Theme
from app.types import Answer, Calculation, Source

SQL = 'SELECT SUM("Amount ```") FROM "Costs" WHERE "Team" = \'Red\''
DONE = Calculation(
    document_id=4, document="Costs.xlsx", sheet="Costs", words="Sum of “Amount” where “Team” is “Red”", sql=SQL,
    rows=60, of=120,
)  # fmt: skip


def view_of(answer: Answer, qtbot) -> AnswerView:  # type: ignore[no-untyped-def]
    turn = Turn(id=1, chat_id=1, role="answer", text=answer.text, state="done", answer=answer)
    view = AnswerView(turn)
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    return view


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_query_opens_below_the_figure(qapp: QApplication, qtbot, mode: str) -> None:  # type: ignore[no-untyped-def]
    Theme(qapp, mode=mode)
    source = Source(n=1, passage=passage(1, "Item 0 | Red | 0.00 €", "Costs.xlsx", None))
    view = view_of(Answer(text=f"{DONE.words}: **885.00 €** [1]", sources=(source,), calculation=DONE), qtbot)
    assert view.query is not None and view.cards is not None
    assert view.query.button.text() == "How it was calculated"
    assert not view.query.body.isVisible()
    view.query.button.click()
    assert view.query.body.isVisible()
    (words, code) = view.query.body.views()
    assert "Sum of “Amount”" in words.toPlainText()
    ran = "".join(each.toPlainText() for each in [code, *code.children()] if hasattr(each, "toPlainText"))
    assert SQL.replace(" FROM", "\nFROM").replace(" WHERE", "\nWHERE") in ran, "a clause a line"
    qtbot.wait(500)  # the code is coloured in slices, the first of which loads the lexer
    view.query.button.click()
    assert not view.query.body.isVisible()


def test_a_query_that_a_model_drafted_says_so(qtbot) -> None:  # type: ignore[no-untyped-def]
    drafted = msgspec.structs.replace(DONE, by_model=True)
    view = view_of(Answer(text="Sum: **1**", calculation=drafted), qtbot)
    assert view.query is not None
    assert view.query.text().startswith("The model drafted this query")
    assert SQL.split()[1] in view.query.text()
    tried = msgspec.structs.replace(drafted, sql="")
    assert view_of(Answer(text="Not found.", note="Tried: x", calculation=tried), qtbot).query is None


def test_an_answer_without_one_and_one_of_a_removed_sheet_have_no_fold(qtbot) -> None:  # type: ignore[no-untyped-def]
    gone = Calculation(document_id=4, document="", sheet="", words="", sql="", rows=60, of=120)
    assert view_of(Answer(text="Hello."), qtbot).query is None
    assert view_of(Answer(text="Sum: **1**", calculation=gone), qtbot).query is None
