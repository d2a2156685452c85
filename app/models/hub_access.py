"""Which hub is asked, and whether it may be: the person's choices, the environment that IT sets, and the key."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from app.rules import HUB as RULE
from app.settings import CATALOGUE, OFFLINE, Settings, company_policy

HUB = "https://huggingface.co"
"""Where models are fetched from, unless a mirror is named (HF_ENDPOINT)."""
HUB_KEY = "hub"
"""Under this name the key of an account is kept (app/models/server_keys.py)."""
SOURCE = "INHOUSE_CATALOGUE"


def hub_address() -> str:
    """The hub's or its mirror's address: the company's policy's, or as huggingface_hub reads it too."""
    return company_policy().rule(RULE) or os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB


def hub_host() -> str:
    """As a person reads it."""
    return urlsplit(hub_address()).netloc or hub_address()


def catalogue_source(settings: Settings) -> str:
    """Path or address of the company's own list; "" for the one that comes along."""
    return os.environ.get(SOURCE, "").strip() or settings.get(CATALOGUE).strip()


def blocked(settings: Settings) -> str:
    """Why nothing may be fetched, in a sentence; "" if it may."""
    if settings.get(OFFLINE):
        if settings.is_locked(OFFLINE):
            return "Your company has turned downloads off on this computer."
        return "Downloads are turned off in Settings."
    if os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in ("1", "TRUE", "YES", "ON"):
        return "Downloads are turned off on this computer (HF_HUB_OFFLINE)."
    return ""
