"""`python -m app.embedder`: set-up prepares the embedder beside its package."""

from __future__ import annotations

from app.embedder.prepared import prepare

if __name__ == "__main__":
    prepare()
