"""How answers are drawn and worded: Settings, and on top of them the assistant that answers."""

from __future__ import annotations

import msgspec

from app.library.records import SAMPLING, Assistant
from app.library.variables import fill, own_words
from app.setting import PRESETS, THINKING_TOKENS
from app.settings import ANSWER_STYLE, BY_KEY, INSTRUCTIONS, STYLE_IN_DOCUMENTS, Settings
from app.types import Sampling

EXACT = "precise"
"""The style of answers from documents, unless a person wants another one there too."""
NOBODY = Assistant(name="Nobody in particular")


def sampling(settings: Settings, assistant: Assistant = NOBODY) -> Sampling:
    """The values of an answer that comes from no document."""
    drawn = _in_style(settings.sampling(), assistant.style) if assistant.style else settings.sampling()
    return _own(drawn, assistant)


def exact_sampling(settings: Settings, assistant: Assistant = NOBODY) -> Sampling:
    """The values of an answer from documents: precise, but for values of a person's own.

    Another style counts there only where it is said to: in Settings for theirs, by an assistant for its own.
    """
    if assistant.in_documents if assistant.style else settings.get(STYLE_IN_DOCUMENTS):
        return sampling(settings, assistant)
    drawn = settings.sampling()
    if settings.get(ANSWER_STYLE) != EXACT:
        preset = {key: value for key, value in PRESETS[EXACT].items() if settings.is_default(BY_KEY[key])}
        drawn = msgspec.structs.replace(drawn, **preset)
    return _own(_in_style(drawn, EXACT) if assistant.style else drawn, assistant)


def instructions(settings: Settings, assistant: Assistant, *, collection: str, model: str) -> str:
    """The person's own wishes, then the assistant's, whose variables are filled in."""
    values = own_words(collection=collection, model=model)
    wishes = (settings.get(INSTRUCTIONS).strip(), fill(assistant.instructions, values).strip())
    return "\n".join(each for each in wishes if each)


def _in_style(drawn: Sampling, style: str) -> Sampling:
    return msgspec.structs.replace(drawn, **PRESETS[style])


def _own(drawn: Sampling, assistant: Assistant) -> Sampling:
    own = {key: value for key in SAMPLING if (value := getattr(assistant, key)) is not None}
    if assistant.thinking:
        own["thinking"] = THINKING_TOKENS[assistant.thinking]
    return msgspec.structs.replace(drawn, **own)
