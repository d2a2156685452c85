"""Step 2: collections, files, chats and thumbs to learn from, each with its count."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.finetune.wizard import ASKED, FROM_DOCUMENTS
from app.gui.chat.reader import ChatReader
from app.gui.finetune.author import AuthorCard
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.own import OwnQuestions
from app.gui.finetune.parts import TitledPanel, TwoColumns
from app.gui.hardware import size_text
from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconButton, Label, empty_layout
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.file_dialogs import ask_for_files, ask_for_folder
from app.gui.widgets.page_frame import ScrollColumn
from app.types import Collection

SHOWN_CHATS = 40
FILES = "*.csv *.xlsx *.jsonl"


class DataStep(ScrollColumn):
    """Tick what the model learns from. What the goal cannot use is not shown."""

    documents_asked = Signal()

    def __init__(self, controller: FinetuneController, store: ChatReader, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller, self._store = controller, store
        self.boxes: dict[int, CheckBox] = {}
        self._shown_collections: tuple[Collection, ...] = ()
        self.chat_boxes: dict[int, CheckBox] = {}
        self.heading = Label(self.tr("What should it learn from?"), "heading")
        self.column.addWidget(self.heading)
        self.column.addSpacing(4)
        self.detail = Label("", "ui", "text2", wrap=True)
        self.column.addWidget(self.detail)
        self.column.addSpacing(12)
        self._collections = _Section("folder-open", self.tr("Collections"))
        self._files = _Section("file-spreadsheet", self.tr("Files with questions and answers"))
        self._chats = _Section("message-square", self.tr("Chats"))
        self._thumbs = _Section("thumbs-up", self.tr("Rated answers"))
        self._labels = _Section("tags", self.tr("Labels"))
        self._build_labels()
        self.own = OwnQuestions()
        self.own.changed.connect(lambda asked: controller.change(own=asked))
        self.author = AuthorCard(controller)
        first, second = QWidget(), QWidget()
        for holder, sections in (
            (first, (self._collections, self._labels, self.own)),
            (second, (self.author, self._files, self._thumbs, self._chats)),
        ):
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(16)
            for section in sections:
                column.addWidget(section)
            column.addStretch(1)
        self._first = first
        self._columns = TwoColumns(first, second, (1, 1))
        self.column.addWidget(self._columns)
        self.column.addStretch(1)
        self.add_file = Button(self.tr("Add file"), icon="file-plus")
        self.add_file.clicked.connect(self.choose_files)
        self._files.head.addWidget(self.add_file)
        self.add_folder = Button(self.tr("Add folder"), icon="folder-open")
        self.add_folder.setToolTip(self.tr("A folder with a folder of text files for each label"))
        self.add_folder.clicked.connect(self.choose_folder)
        self._files.head.addWidget(self.add_folder)

    def first_focus(self) -> QWidget:
        return next(iter(self.boxes.values()), self.add_file)

    def progress(self) -> None:
        """Nothing here moves."""

    def set_narrow(self, narrow: bool) -> None:
        self._columns.set_narrow(narrow)

    def refresh(self) -> None:
        """Show what there is and what is chosen."""
        wizard = self._controller.wizard
        if wizard is None:
            return
        goal = wizard.goal
        self.detail.setText(
            {
                "teach": self.tr(
                    "Questions are made from documents; files, chats and rated answers are taken as they are."
                ),
                "read": self.tr("The text of these documents is read as it stands."),
                "prefer": self.tr("Each corrected answer shows the model what to prefer. A file may hold more pairs."),
                "classify": self.tr(
                    "A CSV or Excel file with a column for the text and one for its label, or a folder with a folder "
                    "of text files for each label."
                ),
                "search": self.tr(
                    "Questions are made from the documents, or taken from a file with columns for the question and its "
                    "answer, word for word as a document says it. Use at least four documents: some are kept out."
                ),
                "scratch": self.tr(
                    "The text of the documents is read, then questions made from it, or taken from a file, teach the "
                    "model to answer. The more text the better: it knows nothing else."
                ),
            }[goal]
        )
        documents = goal in FROM_DOCUMENTS
        self._collections.setVisible(documents)
        self._files.setVisible(goal != "read")
        self._chats.setVisible(goal == "teach")
        self._thumbs.setVisible(goal in ("teach", "prefer"))
        self._labels.setVisible(goal == "classify")
        self.add_folder.setVisible(goal == "classify")
        self._first.setVisible(documents or goal == "classify")
        self.own.setVisible(goal in ASKED)
        self.own.show_questions(wizard.own)
        self.author.setVisible(goal in ("teach", "search") and bool(wizard.collections))
        self.author.refresh()
        if documents:
            self._show_collections()
        self._show_files()
        if goal == "teach":
            self._show_chats()
        if goal in ("teach", "prefer"):
            self._show_thumbs()

    def choose_files(self) -> None:
        """Ask for files with questions and answers."""
        kinds = self.tr("Tables and JSON lines ({0});;All files (*)").format(FILES)
        paths = ask_for_files(self, self.tr("Add files"), kinds)
        if paths:
            self.add_files(paths)

    def choose_folder(self) -> None:
        """Ask for a folder whose folders are the labels."""
        folder = ask_for_folder(self, self.tr("Add folder"))
        if folder:
            self.add_files([str(folder)])

    def add_files(self, paths: list[str]) -> None:
        wizard = self._controller.wizard
        if wizard is not None:
            self._controller.choose_data(files=tuple(dict.fromkeys((*wizard.files, *paths))))

    # --- sections -----------------------------------------------------------------------------------------------------

    def _show_collections(self) -> None:
        wizard, collections = self._controller.wizard, self._controller.resources.collections
        assert wizard is not None
        if collections != self._shown_collections or not collections:
            self._shown_collections = collections
            self._collections.clear()
            self.boxes = {}
            for each in collections:
                box = CheckBox(name=each.name)
                box.clicked.connect(self._collections_ticked)
                self.boxes[each.id] = box
                passages = self.tr("{0} documents, {1} passages").format(f"{each.documents:,}", f"{each.passages:,}")
                if each.by_model:
                    kept_out = self.tr("{0} with a model’s text, which is left out")
                    passages = f"{passages} · {kept_out.format(f'{each.by_model:,}')}"
                self._collections.add(_Line(box, each.name, passages))
            if not collections:
                empty = Button(self.tr("Add documents first"), icon="file-plus")
                empty.clicked.connect(self.documents_asked)
                self._collections.add(_Line(None, self.tr("No documents yet"), "", empty))
        for each in collections:
            box = self.boxes[each.id]
            box.setChecked(each.id in wizard.collections and each.documents > 0)
            box.setEnabled(each.documents > 0)
            box.setToolTip("" if each.documents else self.tr("This collection has no documents."))

    def _collections_ticked(self) -> None:
        self._controller.choose_data(collections=tuple(key for key, box in self.boxes.items() if box.isChecked()))

    def _show_files(self) -> None:
        wizard = self._controller.wizard
        assert wizard is not None
        self._files.clear()
        titles = {
            "prefer": self.tr("Files with better and worse answers"),
            "classify": self.tr("Texts with labels"),
        }
        self._files.set_title(titles.get(wizard.goal, self.tr("Files with questions and answers")))
        for path in wizard.files:
            remove = IconButton("x", self.tr("Take out {0}").format(Path(path).name))
            remove.clicked.connect(lambda _=False, path=path: self._remove_file(path))
            here = Path(path)
            size = size_text(here.stat().st_size) if here.is_file() else self.tr("no longer there")
            size = self.tr("folder") if here.is_dir() else size
            self._files.add(_Line(None, here.name, size, remove))
        if not wizard.files:
            texts = {
                "prefer": self.tr("CSV, Excel or JSON lines with columns “question”, “chosen” and “rejected”."),
                "classify": self.tr("CSV or Excel with columns “text” and “label”, or a folder of folders."),
            }
            usual = self.tr("CSV, Excel or JSON lines: questions and answers, Alpaca, ShareGPT or OpenAI messages.")
            self._files.add(_note(texts.get(wizard.goal, usual)))

    def _remove_file(self, path: str) -> None:
        wizard = self._controller.wizard
        if wizard is not None:
            self._controller.choose_data(files=tuple(each for each in wizard.files if each != path))

    def _show_chats(self) -> None:
        wizard = self._controller.wizard
        assert wizard is not None
        chats = self._store.list_chats(limit=SHOWN_CHATS)
        if list(self.chat_boxes) != [chat.id for chat in chats] or not chats:
            self._chats.clear()
            self.chat_boxes = {}
            for chat in chats:
                box = CheckBox(name=chat.title)
                box.clicked.connect(self._chats_ticked)
                self.chat_boxes[chat.id] = box
                self._chats.add(_Line(box, chat.title, ""))
            if not chats:
                self._chats.add(_note(self.tr("No chats yet.")))
        for key, box in self.chat_boxes.items():
            box.setChecked(key in wizard.chats)

    def _chats_ticked(self) -> None:
        self._controller.choose_data(chats=tuple(key for key, box in self.chat_boxes.items() if box.isChecked()))

    def _show_thumbs(self) -> None:
        wizard, resources = self._controller.wizard, self._controller.resources
        assert wizard is not None
        self._thumbs.clear()
        self.thumbs = CheckBox(name=self.tr("Learn from rated answers"))
        usable = resources.corrected + (resources.liked if wizard.goal == "teach" else 0)
        self.thumbs.setChecked(wizard.thumbs and usable > 0)
        self.thumbs.setEnabled(usable > 0)
        self.thumbs.clicked.connect(lambda on: self._controller.choose_data(thumbs=bool(on)))
        counts = self.tr("{0} liked, {1} corrected").format(resources.liked, resources.corrected)
        self._thumbs.add(_Line(self.thumbs, self.tr("Thumbs in chats"), counts))

    def _build_labels(self) -> None:
        self.labels = QLineEdit()
        self.labels.setPlaceholderText(self.tr("For example: invoice, complaint, order"))
        self.labels.setAccessibleName(self.tr("Labels, separated by commas"))
        self.labels.editingFinished.connect(self._labels_typed)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 8, 16, 12)
        column.addWidget(self.labels)
        text = self.tr("Separated by commas. Empty takes the labels that stand in the files.")
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        self._labels.add(holder)

    def _labels_typed(self) -> None:
        labels = tuple(dict.fromkeys(part.strip() for part in self.labels.text().split(",") if part.strip()))
        self._controller.choose_data(labels=labels)


class _Section(TitledPanel):
    """A panel with a title and rows."""

    def __init__(self, icon: str, title: str) -> None:
        super().__init__(icon, title)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.column.addLayout(self._rows)
        self.setAccessibleName(title)

    def set_title(self, title: str) -> None:
        self.title.setText(title)
        self.setAccessibleName(title)

    def add(self, row: QWidget) -> None:
        self._rows.addWidget(row)

    def clear(self) -> None:
        empty_layout(self._rows)


class _Line(QWidget):
    """A tick, a name, a count, and what can be done."""

    def __init__(self, box: CheckBox | None, name: str, count: str, action: QWidget | None = None) -> None:
        super().__init__()
        self._box = box
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 12, 4)
        row.setSpacing(10)
        if box is not None:
            row.addWidget(box)
        row.addWidget(ElidedLabel(name, mode=Qt.TextElideMode.ElideMiddle), 1)
        if count:
            row.addWidget(Label(count, "caption", "text2"))
        if action is not None:
            row.addWidget(action)
        self.setMinimumHeight(theme().px(36))

    def mouseReleaseEvent(self, event: object) -> None:
        """The whole line ticks its box."""
        if self._box is not None and self._box.isEnabled():
            self._box.click()


def _note(text: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(16, 8, 16, 10)
    row.addWidget(Label(text, "caption", "text2", wrap=True))
    return holder
