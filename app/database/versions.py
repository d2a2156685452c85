"""The newest version of each database and small file, for who must know it without opening one."""

from __future__ import annotations

CHATS = 9
DOCUMENTS = 16
TABLES = 1
FILES = {"settings": 2, "models": 2, "assistants": 1, "arena": 1}
"""The newest form of each small file (app/database/going_back.py), which the modules that write them state again."""
