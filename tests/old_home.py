"""A data folder as Inhouse 0.1.0 left it, for tests of what becomes of it. tests/data/make_home_0_1_0.py made it.

Collections: 1 "Larkfield samples" with documents 1 (Travel-Policy-2026.pdf) and 3 (Working-Time-Rules.md), 2 "Reisen &
Spesen" with document 4 (Expense-Guide.docx). Document 2 (Car-Fleet-Rules.md) was removed, but an answer still cites it:
that removal was cut short. The default collection is "Reisen & Spesen".

Chats: 1 about Larkfield samples by the starter (two versions of the first answer, the first one shown and liked), 2
"Belege" about Reisen & Spesen by the imported model (an answer corrected, one not found), 3 of the model alone,
stopped.
Beside them: drafts of chat 2 and of a new one, an interrupted add, the model "Pump Helper Q8_0" (sound, but of 128
weights) in use with the starter before it, and a run of the wizard at its second step.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from app.paths import Home

PACKED = Path(__file__).parent / "data" / "home-0.1.0.zip"
PLACE = "@HOME@"


def unpack_old_home(folder: Path) -> Home:
    """Put the data folder there, as if it had been made there; `folder` must not exist, or be empty."""
    with zipfile.ZipFile(PACKED) as packed:
        packed.extractall(folder)
    for file in folder.rglob("*.json"):
        file.write_text(file.read_text("utf-8").replace(PLACE, json.dumps(str(folder))[1:-1]), "utf-8")
    return Home(folder)
