"""The sentences round an answer: what is being done, what was found, what was left out, and how it is called aloud."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.assistant.asking import STOPPED
from app.gui.chat.markdown import plain_text
from app.gui.chat.writing import Progress
from app.models.servers import ELSEWHERE
from app.types import Answer

ANNOUNCED = 1_000
"""Characters of Markdown that are read for it: all of a 4,000-token answer would stall the window."""
NAME_LENGTH = 60


def tr(text: str) -> str:
    return QCoreApplication.translate("AnswerView", text)


def progress_line(progress: Progress, waits_for: str) -> str:
    """What is being done now, or why nothing comes; `waits_for` is the model that still loads."""
    if progress.note:
        return progress.note
    name = progress.searched or tr("all collections")
    percent = round(progress.fraction * 100)
    if progress.stage == "reading" and not progress.passages:
        return tr("Reading the conversation, {percent} %").format(percent=percent)
    if progress.stage == "writing":
        return found_line(progress.searched, progress.passages)
    sentences = {
        "waiting": tr("Waiting for the answer before this one"),
        "loading": tr("Loading {model}. Your question is next."),
        "searching": tr("Searching {name}"),
        "reading": tr("Reading {n} passages, {percent} %"),
        "summarising": tr("Summarising, {percent} %"),
        "checking": tr("Checking the answer against {n} passages"),
    }
    return sentences[progress.stage].format(model=waits_for, name=name, n=progress.passages, percent=percent)


def found_line(searched: str, count: int) -> str:
    """Where was searched and how many passages were used; "" where nothing was."""
    if not searched:
        return ""
    if count == 0:
        return tr("Searched {name}, used no passage").format(name=searched)
    line = tr("Searched {name}, used 1 passage") if count == 1 else tr("Searched {name}, used {n} passages")
    return line.format(name=searched, n=count)


def notes(answer: Answer) -> str:
    """What a reader should know about how the answer came about."""
    said = [answer.note] if answer.note and answer.note != STOPPED else []
    if ELSEWHERE in answer.model:
        said.append(tr("Written by {model}.").format(model=answer.model))
    budget = answer.budget
    if budget is not None and budget.dropped_messages and not budget.summary_words:
        said.append(tr("The oldest messages of this chat did not fit and were left out."))
    if budget is not None and budget.dropped_passages:
        said.append(tr("{n} passages did not fit and were left out.").format(n=budget.dropped_passages))
    if budget is not None and budget.shortened:
        said.append(tr("A long text was shortened to fit."))
    return " ".join(said)


def announcement(answer: Answer) -> str:
    """What a screen reader is told once, at the end, never at each word."""
    if answer.not_found:
        return tr("Not found in your documents")
    if answer.stopped:
        return tr("Stopped before the answer was complete")
    return tr("Answer finished. {text}").format(text=plain_text(answer.text[:ANNOUNCED])[:300])


def spoken_name(answer: Answer) -> str:
    """ "Answer: the first words", so that answers differ in a list of them."""
    if answer.not_found:
        return tr("Answer: not found in your documents")
    words = plain_text(answer.text[: 4 * NAME_LENGTH])
    cut = words if len(words) <= NAME_LENGTH else words[:NAME_LENGTH].rsplit(" ", 1)[0] + "…"
    return tr("Answer: {words}").format(words=cut) if cut else tr("Answer")
