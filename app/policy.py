"""What a company has set for everybody on a computer: a file that its users cannot write, in the form of the settings.

`policy.json` in the system's folder for Inhouse (Linux: /etc/xdg/Inhouse, Windows: C:\\ProgramData\\Inhouse, macOS:
/Library/Application Support/Inhouse): {"version": 1, "values": {"offline": true}, "reasons": {"offline": "…"}}.
`reasons` has a sentence for each key, which people read in Settings; it can be left out.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

log = logging.getLogger(__name__)

Value = str | int | float | bool | None
FILE = "policy.json"
SET = "Set by your company."
MOST = 200
"""Characters of a reason that are shown."""
NAMED = "INHOUSE_POLICY"
"""Names another file, where the system's folder has none: what is there cannot be turned off by a variable."""


def policy_file() -> Path:
    """Where it is, or would be."""
    file = Path(platformdirs.site_config_dir("Inhouse", appauthor=False)) / FILE
    named = os.environ.get(NAMED, "")
    return Path(named) if named and not file.is_file() else file


@dataclass(frozen=True)
class Policy:
    """What is decided, and what people are told about it."""

    values: Mapping[str, Value] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def why(self, key: str) -> str:
        """ "Set by your company. Models come from the software centre."; "" where people choose themselves."""
        return f"{SET} {self.reasons.get(key, '')}".strip() if key in self.values else ""


def read_policy(fits: Callable[[str, Value], bool]) -> Policy:
    """Only what `fits`, a setting's key and value, says yes to; nothing where there is no policy, or one that cannot be
    read, which the log says."""
    try:
        document = json.loads(policy_file().read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Policy()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("The company's policy cannot be read: %s", error)
        return Policy()
    values, reasons = _table(document, "values"), _table(document, "reasons")
    return Policy(
        {key: value for key, value in values.items() if fits(key, value)},
        {key: text.strip()[:MOST] for key, text in reasons.items() if isinstance(text, str)},
    )


def _table(document: object, name: str) -> dict[str, Value]:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}
