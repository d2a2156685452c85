"""The newest version of each database, for who must know it without opening one: how many migrations there are."""

from __future__ import annotations

CHATS = 9
DOCUMENTS = 16
TABLES = 1
