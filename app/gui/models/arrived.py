"""Says at the bottom of the window that a download has become a model, or has failed, wherever a person is."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from app.errors import AppError
from app.gui.models.controller import ModelsController
from app.gui.shell.main_window import MainWindow
from app.hub import Download
from app.types import InstalledModel


def tell_downloads(models: ModelsController, window: MainWindow) -> None:
    """From now on, as long as the window lives."""

    def arrived(model: InstalledModel) -> None:
        text = _tr("“{0}” is here and ready to use.").format(model.name)
        if models.switching_to == model.name or (models.active is not None and models.active.id == model.id):
            text = _tr("“{0}” is here and answers from now on.").format(model.name)
            window.toast(text, icon="box")
        else:
            toast = window.toast(text, _tr("Use now"), icon="box")
            toast.undone.connect(lambda: models.switch_to(model.id))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(window, text))

    def stopped(download: Download) -> None:
        if window.key == "models":
            return  # its card says so
        text = _tr("“{0}” could not be downloaded. {1}").format(download.name, download.problem).strip()
        toast = window.toast(text, _tr("Show"), icon="arrow-right")
        toast.undone.connect(lambda: window.show_page("models"))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(window, text))

    def refused(error: AppError) -> None:
        window.toast(str(error))

    models.catalogue.finished.connect(arrived)
    models.catalogue.stopped.connect(stopped)
    models.catalogue.refused.connect(refused)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Downloads", text)
