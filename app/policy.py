"""What a company has set for everybody on a computer: a file that its users cannot write, in the form of the settings.

`policy.json` in the system's folder for Inhouse (Linux: /etc/xdg/Inhouse, Windows: C:\\ProgramData\\Inhouse, macOS:
/Library/Application Support/Inhouse): {"version": 1, "values": {"offline": true}}.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import platformdirs

log = logging.getLogger(__name__)

FILE = "policy.json"
NAMED = "INHOUSE_POLICY"
"""Names another file, where the system's folder has none: what is there cannot be turned off by a variable."""


def policy_file() -> Path:
    """Where it is, or would be."""
    file = Path(platformdirs.site_config_dir("Inhouse", appauthor=False)) / FILE
    named = os.environ.get(NAMED, "")
    return Path(named) if named and not file.is_file() else file


def read_policy() -> dict[str, str | int | float | bool | None]:
    """Key of a setting → its value; {} where there is no policy, or one that cannot be read, which the log says."""
    try:
        document = json.loads(policy_file().read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("The company's policy cannot be read: %s", error)
        return {}
    values = document.get("values") if isinstance(document, dict) else None
    return values if isinstance(values, dict) else {}
