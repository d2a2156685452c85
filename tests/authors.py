"""Somebody who may write the questions of a training: a model on a server, and what came of trying one."""

from __future__ import annotations

from app.types import InstalledModel
from trainer.spec import Trial, Tried

HOST = "models.example"
SERVED = InstalledModel(
    id="srv", name="Large", path="", file_bytes=0, origin="server", address=f"https://{HOST}/v1", served_as="large"
)
TRIAL = Trial(
    asked=18, passed=15, seconds=4.0, used=True, facts=12, documents=2,
    tried=(Tried(question="How long?", answer="30 days."), Tried(question="It?", answer="30 days.", rule="Not whole.")),
)  # fmt: skip
