"""What of an assistant is not there any more, and what counts in its place."""

from __future__ import annotations

from collections.abc import Container

from app.library.records import Assistant


def what_is_gone(assistant: Assistant, models: Container[str], collections: Container[int]) -> str:
    """A sentence for people; "" where all that it asks for is there. `models` and `collections` are the ids of all."""
    model = bool(assistant.model_id) and assistant.model_id not in models
    collection = bool(assistant.collection_id) and assistant.collection_id not in collections
    if model and collection:
        return "Its model and its collection were removed: the model in use answers, from what the chat asks."
    if model:
        return "Its model was removed: the model in use answers."
    return "Its collection was removed: it answers from what the chat asks." if collection else ""
