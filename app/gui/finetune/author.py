"""Who writes the questions that are made from documents: chosen, tried, and named where it is another computer."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.author import OWN_FILE, RULES, AuthorTrial, Served, offers
from app.finetune.durations import duration
from app.finetune.wizard import Wizard, writes
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import TitledPanel
from app.gui.widgets import Banner, Button, ComboBox, Label, empty_layout
from app.gui.widgets.choices import CheckBox

SHOWN = 4
"""Questions of a trial that are shown, those that passed before the others."""


class AuthorCard(TitledPanel):
    """A list of who may write, best first; what came of trying, and who else there is where that was too weak."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        title = QCoreApplication.translate("AuthorCard", "Who writes the questions")
        super().__init__("square-pen", title, parent)
        self._controller = controller
        self._known: list[tuple[str, str]] = []
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 10, 16, 14)
        column.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.choice = ComboBox(title)
        self.choice.activated.connect(self._choose)
        line.addWidget(self.choice, 1)
        self.try_button = Button(self.tr("Try it"))
        self.try_button.setToolTip(self.tr("It asks about a few facts of your documents, which takes a minute or two."))
        self.try_button.clicked.connect(self._try)
        line.addWidget(self.try_button)
        column.addLayout(line)
        self.note = Label("", "caption", "text2", wrap=True)
        column.addWidget(self.note)
        self.consent = CheckBox()
        self.consent.clicked.connect(self._agree)
        column.addWidget(self.consent)
        self.busy = Label(
            self.tr("Trying: it asks about a few facts, and answers its own questions…"), "caption", wrap=True
        )
        column.addWidget(self.busy)
        self._result = QVBoxLayout()
        self._result.setSpacing(6)
        column.addLayout(self._result)
        self.column.addWidget(holder)
        self.setAccessibleName(self.tr("Who writes the questions"))
        controller.trying.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show who may write, who was chosen, and what is known of it."""
        wizard = self._controller.wizard
        if wizard is None:
            return
        self._show_choice(wizard)
        server = self._server(wizard)
        self.note.setText(self._note(wizard, server))
        self.consent.setVisible(server is not None and bool(server.host))
        if server is not None:
            self.consent.setText(self.tr("Passages may be sent to {0}").format(server.host))
            self.consent.setAccessibleName(self.consent.text())
            self.consent.setChecked(wizard.consent == server.host)
        trying = self._controller.trying.is_under_way
        tried = wizard.author not in (RULES, OWN_FILE)
        self.busy.setVisible(trying)
        self.try_button.setText(self.tr("Stop") if trying else self.tr("Try it"))
        self.try_button.setVisible(tried)
        allowed = server is None or not server.host or wizard.consent == server.host
        if trying or allowed:
            self.try_button.enable()
        else:
            self.try_button.disable(self.tr("Agree first that passages are sent."))
        empty_layout(self._result)
        if wizard.trial is not None and tried and not trying:
            self._show_trial(wizard, wizard.trial)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _server(self, wizard: Wizard) -> Served | None:
        return next((each for each in self._controller.resources.served if each.id == wizard.author), None)

    def _offers(self, wizard: Wizard) -> list[tuple[str, str]]:
        """Everybody who may write: (what is chosen, in words)."""
        found, resources = [], self._controller.resources
        hosts = {each.id: each.host for each in resources.served}
        for kind, chosen, name in offers(resources.models, resources.served, wizard.base, files=bool(wizard.files)):
            words = {
                "base": self.tr("{0}, else rules").format(name or self.tr("The model that is taught")),
                "model": name,
                "server": self.tr("{0}, on {1}").format(name, hosts.get(chosen) or self.tr("a server here")),
                "file": self.tr("Nobody: only the questions of my files"),
                "rules": self.tr("Rules alone"),
            }
            found.append((chosen, words[kind]))
        return found

    def _show_choice(self, wizard: Wizard) -> None:
        known = self._offers(wizard)
        if known != self._known:
            self._known = known
            self.choice.clear()
            for chosen, words in known:
                self.choice.addItem(words, chosen)
        if wizard.author not in [chosen for chosen, _ in known]:
            self.choice.setCurrentIndex(-1)
            return
        self.choice.setCurrentIndex([chosen for chosen, _ in known].index(wizard.author))

    def _note(self, wizard: Wizard, server: Served | None) -> str:
        if wizard.author == RULES:
            return self.tr("Rules ask few questions: about tables, amounts and definitions that are written clearly.")
        if wizard.author == OWN_FILE:
            return self.tr("No questions are made from the documents. They are only read along.")
        if server is not None and server.host:
            return self.tr(
                "Passages of these documents are sent to {0}, and to nobody else. It writes the questions, and "
                "answers them from the passage."
            ).format(server.host)
        if self.choice.currentIndex() < 0:
            return self.tr("The model that was chosen is no longer there. Choose another one.")
        if not wizard.author:
            return self.tr("It writes them if it asks well enough, which is tried first; if not, rules do.")
        return self.tr("It writes on this computer. A larger model asks better, and takes longer.")

    def _show_trial(self, wizard: Wizard, trial: AuthorTrial) -> None:
        passed = self.tr("{0} of {1} of its questions passed the checks.").format(trial.passed, trial.asked)
        if trial.used:
            takes = self.tr("For about {0} facts it takes about {1}.").format(trial.facts, duration(trial.seconds))
            self._result.addWidget(Banner("success", self.tr("It asks well."), f"{passed} {takes}"))
        else:
            checks = self.tr("It reads well enough to check the questions of rules.") if trial.able else ""
            title = self.tr("It is too weak to ask well.")
            self._result.addWidget(Banner("warning", title, f"{passed} {checks}".strip()))
            self._result.addWidget(Label(self.tr("Who else can write:"), "caption", "text2"))
            for chosen, words in self._others(wizard):
                button = Button(words)
                button.clicked.connect(lambda _=False, chosen=chosen: self._controller.choose_author(chosen))
                self._result.addWidget(button)
        for question, answer, rule in sorted(trial.questions, key=lambda each: bool(each[2]))[:SHOWN]:
            said = self.tr("Dropped: {0}").format(rule) if rule else self.tr("Answer: {0}").format(answer)
            self._result.addWidget(Label(question, "ui", "text3" if rule else "text", wrap=True))
            self._result.addWidget(Label(said, "caption", "text2", wrap=True))

    def _others(self, wizard: Wizard) -> list[tuple[str, str]]:
        """The first of each kind besides who was tried, in the order in which they are offered."""
        resources, firsts = self._controller.resources, dict[str, str]()
        for kind, chosen, _ in offers(resources.models, resources.served, wizard.base, files=bool(wizard.files)):
            if (chosen or wizard.base) != writes(wizard):
                firsts.setdefault(kind, chosen)
        known = dict(self._offers(wizard))
        return [(chosen, known[chosen]) for chosen in firsts.values()]

    def _choose(self, index: int) -> None:
        self._controller.choose_author(str(self.choice.itemData(index)))

    def _agree(self, agreed: bool) -> None:
        wizard = self._controller.wizard
        server = self._server(wizard) if wizard is not None else None
        if server is not None:
            self._controller.change(consent=server.host if agreed else "")

    def _try(self) -> None:
        trying = self._controller.trying
        if trying.is_under_way:
            trying.stop()
        elif self._controller.wizard is not None:
            trying.begin(self._controller.wizard.id)
