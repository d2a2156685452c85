"""The real window in a process that a test ends in the middle: asks, adds a file, removes a document, says what it was
told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication
from real_window import RealWindow

from app.core.calls import chats, documents
from app.paths import home
from app.workers.calls.documents import Remove


def main() -> None:
    """Arguments: the question, the file, its collection, and the document to remove."""
    question, path, collection, document = sys.argv[1:]
    window = RealWindow(QApplication([]), home())
    core = window.parts.core
    window.engine_ready()

    def say(what: str, data: Any) -> None:
        sys.stdout.write(json.dumps({"what": what, "data": data}) + "\n")
        sys.stdout.flush()

    def told(data: object) -> None:
        match data:
            case chats.AnswerMoved(stage="writing"):
                say("writing", data.turn_id)
            case documents.FileMoved():
                say("file", Path(data.file.path).name)

    core.told.connect(told)
    core.request(documents.QueueFiles(paths=(path,), collection_id=int(collection)), done=lambda _: say("queued", path))
    core.request(Remove(ids=(int(document),)), done=lambda _: say("removed", int(document)))
    asked = chats.AskInChat(text=question)
    core.request(asked, done=lambda data: say("asked", [data.chat.id, data.answer.id]))
    say("sent", 0)
    window.app.exec()


if __name__ == "__main__":
    main()
