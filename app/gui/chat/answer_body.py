"""The text of an answer as a stack of blocks; while it streams, only the unfinished end is drawn again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.chat.blocks import Block, Code, Text
from app.gui.chat.chips import Citations
from app.gui.chat.code_view import CodeView
from app.gui.chat.markdown import parse
from app.gui.chat.markdown_stream import MarkdownStream
from app.gui.chat.rich_text import RichText
from app.gui.chat.table_view import TableView
from app.gui.chat.unsupported import mark_unsupported
from app.gui.widgets.base import grow_only

View = RichText | CodeView | TableView
V = TypeVar("V", RichText, CodeView, TableView)


class AnswerBody(QWidget):
    """Widgets for paragraphs, tables and code, in the order of the text."""

    chip_clicked = Signal(int)
    link_clicked = Signal(str)

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._citations = citations
        self._views: list[View] = []
        self._tail: list[View] = []
        self._stream: MarkdownStream | None = None
        self._written: RichText | None = None  # what has the caret since the last drawing
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(16)
        grow_only(self, self._layout)

    def show_text(self, text: str, unsupported: Sequence[str] = ()) -> None:
        """Show a finished answer."""
        self._clear()
        blocks = parse(text, max(self._citations.sources, default=0))
        for block in mark_unsupported(blocks, unsupported):
            self._place(block, [], tail=False)
        self._fit(self._views)

    def draw_in_steps(self, text: str, unsupported: Sequence[str], size: int) -> Iterator[int]:
        """Like `show_text` for a long answer: each `next` draws about `size` characters."""
        self._clear()
        stream = MarkdownStream(max(self._citations.sources, default=0))
        for at in range(0, len(text), size):
            done, _ = stream.feed(text[at : at + size])
            self._draw(mark_unsupported(done, unsupported), [], caret=False)
            yield at
        self._draw(mark_unsupported(stream.finish(), unsupported), [], caret=False)

    def start(self, cited: bool = False) -> None:
        """An answer begins: the caret stands where its first word will. `cited`: marks like [1] are not text."""
        self._clear()
        self._stream = MarkdownStream(999 if cited else 0)
        self._caret()
        self._fit(self._views)

    def feed(self, piece: str) -> None:
        """Add what has arrived; costs the unfinished block, not the answer."""
        if self._stream is None:
            self.start()
        assert self._stream is not None
        self._draw(*self._stream.feed(piece), caret=True)

    def end(self) -> None:
        """Nothing more comes."""
        if self._stream is not None:
            self._draw(self._stream.finish(), [], caret=False)
            self._stream = None

    def refresh_citations(self) -> None:
        """The active source changed."""
        for view in self._views:
            for piece in view.pieces() if isinstance(view, TableView) else [view]:
                if not isinstance(piece, CodeView):
                    piece.viewport().update()

    def restyle(self) -> None:
        for view in self._views + self._tail:
            view.restyle()

    def views(self) -> list[View]:
        return [*self._views, *self._tail]

    def set_spoken_name(self, name: str) -> None:
        """What a screen reader calls the first text; those behind a table or code go on from it."""
        for number, view in enumerate(view for view in self.views() if isinstance(view, RichText)):
            view.setAccessibleName(name if number == 0 else self.tr("{0}, continued").format(name))

    def selected_text(self) -> str:
        """What is selected in any of the blocks."""
        return "\n".join(text for view in self._views if isinstance(view, RichText) and (text := view.selected_text()))

    # --- placing ------------------------------------------------------------------------------------------------------

    def _draw(self, done: Sequence[Block], tail: Sequence[Block], caret: bool) -> None:
        last = self._views[-1:]
        pool, self._tail = self._tail, []
        self._written = None
        for block in done:
            self._place(block, pool, tail=False)
        for block in tail:
            self._place(block, pool, tail=True)
        for unused in pool:
            self._remove(unused)
        if caret and not tail:
            self._caret()
        for view in [*last, *self._views[-1:]]:
            if isinstance(view, RichText) and view is not self._written:
                view.clear_tail()
        self._fit([*last, *self._views[-len(done) - 1 :], *self._tail])

    def _place(self, block: Block, pool: list[View], *, tail: bool) -> None:
        if isinstance(block, Text):
            self._place_text(block, pool, tail)
        elif isinstance(block, Code):
            code = self._take(CodeView, pool, tail)
            code.set_code(block)
        elif block.continues and self._views and isinstance(self._views[-1], TableView):
            self._views[-1].add_rows(block.rows, tail)
        else:
            self._take(TableView, pool, tail).set_table(block, tail)

    def _place_text(self, block: Text, pool: list[View], tail: bool) -> None:
        last = (self._tail or self._views)[-1:]
        view = last[0] if last and isinstance(last[0], RichText) else self._take(RichText, pool, tail)
        if tail:
            view.set_tail(block.paragraphs, caret=True, continues=block.continues)
            self._written = view
        else:
            view.commit(block.paragraphs, block.continues)

    def _caret(self) -> None:
        if not self._views and not self._tail:
            self._take(RichText, [], tail=False)
        last = self._views[-1:]
        if last and isinstance(last[0], RichText):
            last[0].set_tail((), caret=True)
            self._written = last[0]

    def _take(self, kind: type[V], pool: list[View], tail: bool) -> V:
        """A view of this kind at the end: one of the last tail where there is one, so that it does not flicker."""
        known = next((view for view in pool if isinstance(view, kind)), None)
        view = known or self._make(kind)
        if known is not None:
            pool.remove(known)
        at = len(self._views) + len(self._tail)
        if self._layout.indexOf(view) != at:
            self._layout.insertWidget(at, view)
        view.raise_()  # a screen reader reads in this order
        (self._tail if tail else self._views).append(view)
        return view

    def _make(self, kind: type[V]) -> V:
        view = kind(self._citations, self)
        if isinstance(view, CodeView):
            return view
        view.chip_clicked.connect(self.chip_clicked)
        view.link_clicked.connect(self.link_clicked)
        return view

    def _fit(self, views: Sequence[View]) -> None:
        for view in views:
            if isinstance(view, RichText):
                view.fit()

    def _remove(self, view: View) -> None:
        self._layout.removeWidget(view)
        view.hide()
        view.deleteLater()

    def _clear(self) -> None:
        for view in self.views():
            self._remove(view)
        self._views, self._tail, self._stream = [], [], None
