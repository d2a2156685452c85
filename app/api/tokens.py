"""A model's own tokens, in vLLM's form: programs that measure likelihoods must know where a text's tokens begin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.models import IN_USE, chosen
from app.api.reply import json_response
from app.api.schema import DetokenizeRequest, TokenizeRequest
from app.core.calls.api import TokenizeWith
from app.workers.calls.engine import Tokenize, Tokenized


async def tokenizer_info(request: Request) -> Response:
    """GET /tokenizer_info: of the model in use."""
    found = await _ask(request, Tokenize(), IN_USE)
    return json_response(
        {"bos_token": found.bos or None, "eos_token": found.eos or None, "chat_template": found.template}
    )


async def tokenize(request: Request) -> Response:
    """POST /tokenize: a text's tokens, none added."""
    asked = await decoded(request, TokenizeRequest)
    found = await _ask(request, Tokenize(text=asked.prompt), asked.model)
    bos = (await _ask(request, Tokenize(text=found.bos), asked.model)).tokens if asked.add_special_tokens else ()
    return json_response({"count": len(bos) + len(found.tokens), "tokens": [*bos, *found.tokens]})


async def detokenize(request: Request) -> Response:
    """POST /detokenize: what tokens spell."""
    asked = await decoded(request, DetokenizeRequest)
    found = await _ask(request, Tokenize(tokens=tuple(asked.tokens)), asked.model)
    return json_response({"prompt": found.text})


async def _ask(request: Request, call: Tokenize, model: str) -> Tokenized:
    model_id, _ = await chosen(request.state.door, model or IN_USE)
    found = await request.state.door.ask(TokenizeWith(request=call, model_id=model_id))
    assert isinstance(found, Tokenized)
    return found
