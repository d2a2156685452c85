"""What a door says about personal data beyond the calls that the documents process answers itself."""

from __future__ import annotations

from app.text.personal.kinds import PersonalKind
from app.workers.message import Call


class SetMasking(Call, frozen=True):
    """Mask these kinds in a collection, () for none, and read its documents anew; → Queued.

    `wait`: → FileEvent and AddProgress…, Added, as `Add` answers.
    """

    collection_id: int
    kinds: tuple[PersonalKind, ...]
    wait: bool = False


Calls = SetMasking
