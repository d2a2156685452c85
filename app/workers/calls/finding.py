"""Which documents mention something and not something else: what the documents process is asked, and answers."""

from __future__ import annotations

from app.text.find.plan import Plan
from app.text.find.result import Findings
from app.workers.message import Call, Data


class Find(Call, frozen=True):
    """Every document of these collections (none: of all) that fits the plan; → Found.

    With `meaning` a thing that no document has the words of is looked for by meaning. `export` is where the list is
    saved as well: XLSX, DOCX or Markdown, by its ending.
    """

    plan: Plan
    collections: tuple[int, ...] = ()
    meaning: bool = True
    export: str = ""


class Found(Data, frozen=True):
    findings: Findings
