"""What was learned as an adapter: used at once on the model that was taught, without a second file of weights."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.finetune.use import WHOLE_ONLY, offered_adapter
from app.gui.finetune.action_row import ActionRow
from app.gui.finetune.controller import FinetuneController
from app.gui.hardware import size_text
from app.gui.widgets import Label


class AdapterOffer(QWidget):
    """Hidden where no adapter passed the check."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Without a second model"), "heading"))
        self.row = ActionRow("sliders-horizontal", self.tr("Use as an adapter"), self.tr("Use adapter"))
        self.row.button.clicked.connect(controller.use_adapter)
        column.addWidget(self.row)

    def refresh(self) -> None:
        """Show how large it is, and whether it can be used, or is."""
        run, base = self._controller.run, self._controller.trained_base()
        file = offered_adapter(run) if run is not None else None
        grows = run is not None and run.spec is not None and run.spec.grows
        self.setVisible(file is not None or grows)
        if file is None and grows:
            self.row.show_idle(self.tr(WHOLE_ONLY), self.tr(WHOLE_ONLY))
            return
        if file is None:
            return
        if base is None:
            gone = self.tr("The model that it was taught is no longer installed.")
            self.row.show_idle(gone, gone)
            return
        models, size = self._controller.models, size_text(file.bytes)
        adapter = self._controller.adapter()
        in_use = adapter is not None and models.active is not None and models.active.id == adapter.id
        loaded = models.active is not None and models.active.path == base.path
        said = self.tr("{0} on top of {1}, with no second model file.").format(size, base.name)
        if in_use:
            self.row.show_idle(said, self.tr("It answers now."))
            self.row.button.setText(self.tr("In use"))
            return
        more = (
            self.tr("{0} is loaded: it switches at once.")
            if loaded
            else self.tr("It switches at once while {0} is in use.")
        )
        self.row.show_idle(f"{said} {more.format(base.name)}")
