"""The role table: what a process of Inhouse can be besides the window, the core and a command.

Each entry imports what it names, and only in the process that becomes it, so that the window and the core stay light.
The imports stand in functions, where mypy, the linters and a freezer see them.
"""

from __future__ import annotations

from collections.abc import Callable

from app.paths import Home
from app.workers.message import WorkerRole
from app.workers.roles import RoleHandler


def _engine(home: Home) -> RoleHandler:
    from app.engine.worker import EngineRole

    return EngineRole(home)


def _documents(home: Home) -> RoleHandler:
    from app.documents.worker import DocumentsRole

    return DocumentsRole(home)


def _models(home: Home) -> RoleHandler:
    from app.models.worker import ModelsRole

    return ModelsRole(home)


ROLES: dict[WorkerRole, Callable[[Home], RoleHandler]] = {
    "engine": _engine,
    "documents": _documents,
    "models": _models,
}
"""The core's children: what makes a role's handler."""


def _parse() -> int:
    from app.documents.parse_process import child_main

    return child_main()


def _recognise() -> int:
    from app.documents.parse_process import recognising_main

    return recognising_main()


def _template() -> int:
    from app.llama.template_child import main

    return main()


def _query() -> int:
    from app.documents.query_child import main

    return main()


def _embedder() -> int:
    from app.documents.embedder_child import main

    return main()


def _slides() -> int:
    from app.documents.slides_child import main

    return main()


def _runtime() -> int:
    from app.engine.runtime_child import main

    return main()


def _pdf() -> int:
    from app.gui.pdf_child import main

    return main()


def _import_chats() -> int:
    from app.chats.import_child import main

    return main()


HELPERS: dict[str, Callable[[], int]] = {
    "parse": _parse,
    "recognise": _recognise,
    "query": _query,
    "template": _template,
    "embedder": _embedder,
    "slides": _slides,
    "runtime": _runtime,
    "pdf": _pdf,
    "import-chats": _import_chats,
}
"""Disposable helpers of a child, which hold what a stranger wrote, under a limit: each serves stdin and stdout and
returns the exit status."""
