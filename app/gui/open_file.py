"""Opens the original of a document in the system's program, at the page where the program can be told so."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QSettings, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.errors import AppError
from app.formats import PDF
from app.viewers import at_page, is_active, opened_file, program_name

ASK_MS = 3000
"""How long the system may take to name its program; after that the file is opened without a page."""


class FileOpener(QObject):
    """What could run when it is opened is shown in its folder instead. No file's name ever passes through a shell."""

    failed = Signal(object)
    """AppError"""

    def open(self, path: str, page: int | None = None) -> None:
        """Open a file; `page` counts from 1."""
        try:
            file = opened_file(path)
        except AppError as error:
            self.failed.emit(error)
            return
        if is_active(file):
            self.show_in_folder(path)
        elif page is None or file.suffix.lower() not in PDF.suffixes:
            self._open_url(file)
        else:
            self._name_program(lambda program: self._open_with(program, file, page))

    def show_in_folder(self, path: str) -> None:
        """Open the folder of a file, with the file marked where the system can do that."""
        try:
            file = opened_file(path)
        except AppError as error:
            self.failed.emit(error)
            return
        if sys.platform == "win32":
            done = _started("explorer.exe", ["/select,", str(file)])
        elif sys.platform == "darwin":
            done = _started("open", ["-R", str(file)])
        else:
            done = False
            call = ["call", "--session", "--timeout", "2", "--dest", "org.freedesktop.FileManager1"]
            call += ["--object-path", "/org/freedesktop/FileManager1"]
            call += ["--method", "org.freedesktop.FileManager1.ShowItems", f"['{file.as_uri()}']", ""]
            if shutil.which("gdbus"):
                self._run("gdbus", call, lambda said: None if said else self._open_url(file.parent))
                return
        if not done:
            self._open_url(file.parent)

    def _open_with(self, program: str, file: Path, page: int) -> None:
        arguments = at_page(program, file, page)
        found = shutil.which(program) or shutil.which(program_name(program)) if arguments else None
        if not (arguments and found and _started(found, list(arguments))):
            self._open_url(file)

    def _open_url(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            said = self.tr("{0} could not be opened.").format(path.name)
            self.failed.emit(AppError(said, self.tr("Your system named no program for it."), str(path)))

    def _name_program(self, then: Callable[[str], None]) -> None:
        """Ask the system which program shows PDFs; "" where it does not say."""
        if sys.platform == "win32":
            then(_windows_program())
        elif sys.platform == "linux" and shutil.which("xdg-mime"):
            self._run("xdg-mime", ["query", "default", "application/pdf"], then)
        else:
            then("")

    def _run(self, program: str, arguments: list[str], then: Callable[[str], None]) -> None:
        """Run a short command and hand on what it prints; "" where it fails or takes too long."""
        process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)

        def finished(code: int, status: QProcess.ExitStatus) -> None:
            fine = code == 0 and status == QProcess.ExitStatus.NormalExit
            said = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace") if fine else ""
            process.deleteLater()
            then(said.strip())

        def failed(error: QProcess.ProcessError) -> None:
            if error == QProcess.ProcessError.FailedToStart:
                process.deleteLater()
                then("")

        process.finished.connect(finished)
        process.errorOccurred.connect(failed)
        limit = QTimer(process, singleShot=True)  # its own, so that it ends with it
        limit.timeout.connect(process.kill)
        limit.start(ASK_MS)
        process.start(program, arguments)


def _started(program: str, arguments: list[str]) -> bool:
    process = QProcess()
    process.setProgram(program)
    process.setArguments(arguments)
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    started = process.startDetached()
    return started[0] if isinstance(started, tuple) else bool(started)


def _windows_program() -> str:
    """The path of the program that opens PDFs, by the person's choice in the registry."""
    choice = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.pdf\UserChoice"
    kind = str(QSettings(choice, QSettings.Format.NativeFormat).value("ProgId", ""))
    entry = rf"HKEY_CLASSES_ROOT\{kind}\shell\open\command"
    command = str(QSettings(entry, QSettings.Format.NativeFormat).value("Default", "")) if kind else ""
    return command[1:].partition('"')[0] if command.startswith('"') else command.partition(" ")[0]
