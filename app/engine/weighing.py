"""How likely texts are to the loaded model, beside whatever else it answers; and the tokens that it is made of."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from app.engine.complete import task_of
from app.engine.generation import Drawn, Generation
from app.engine.scheduler import Scheduler
from app.engine.scores import Score as TokenScore
from app.engine.scores import Scores
from app.engine.thinking import CLOSING
from app.engine.writing import named, read
from app.errors import AppError
from app.llama.bindings import Model
from app.llama.draw import Scripted
from app.llama.encode import Encoder
from app.workers.calls.engine import (
    Complete,
    Echoed,
    Likelihood,
    Prefill,
    Score,
    Scored,
    Token,
    Tokenize,
    Tokenized,
    Waiting,
)

Events = Waiting | Prefill | Token | None


def score(scheduler: Scheduler, model: Model, encoder: Encoder, call: Score) -> Generator[Events, None, Scored]:
    """Weigh each text as the answer to the messages: log P(text | prompt), summed over the text's tokens. The prompt is
    read once, since the cache holds it for the next text.

    Raises:
        AppError: there is nothing to weigh, the prompt and a text do not fit, or llama.cpp failed.
    """
    task = task_of(Complete(messages=call.messages), encoder)
    prompt = [*task.prompt.tokens, *(model.tokenize(CLOSING, special=True) if task.prompt.thinking else [])]
    found = []
    for text in call.texts:
        tokens = model.tokenize(text)
        if not tokens:
            raise AppError("A choice is empty.", "Give each choice some text.")
        scores = yield from _weighed(scheduler, [*prompt, *tokens], len(prompt), 1, call.priority)
        likelihood = Likelihood(
            logprob=sum(each.logprob for each in scores), tokens=len(tokens), greedy=all(each.greedy for each in scores)
        )
        found.append(likelihood)
    return Scored(texts=tuple(found), prompt_tokens=len(prompt))


def echo(scheduler: Scheduler, model: Model, call: Complete, tokens: Sequence[int]) -> Generator[Events, None, Echoed]:
    """A bare prompt as it was given, each token weighed where `call.logprobs` asks for it. A token that marks the
    beginning and that nobody wrote is left out.

    Raises:
        AppError: it does not fit, or llama.cpp failed.
    """
    hidden = 1 if not call.prompt_tokens and model.adds_bos and tokens[0] == model.bos else 0
    text = b"".join(model.piece(token) for token in tokens[hidden:]).decode("utf-8", "replace")
    if call.logprobs is None:
        return Echoed(text=text)
    scores = yield from _weighed(scheduler, tokens, 1, call.logprobs, call.priority)
    first = 0 if hidden else 1
    known = [named(model, Drawn(each.token, each.logprob, each.top)) for each in scores]
    unknown = [named(model, Drawn(token)) for token in tokens[:first]]
    return Echoed(text=text, tokens=(*unknown, *known), first=first)


def tokenize(model: Model, encoder: Encoder, call: Tokenize) -> Tokenized:
    """A text's tokens, or what tokens spell.

    Raises:
        AppError: one of the tokens is none of this model's.
    """
    tokens = encoder.take(call.tokens).tokens if call.tokens else model.tokenize(call.text, special=True)
    return Tokenized(
        tokens=tuple(tokens),
        text=encoder.text(tokens),
        bos=model.token_text(model.bos),
        eos=model.token_text(model.eos),
        template=encoder.template,
    )


def _weighed(
    scheduler: Scheduler, tokens: Sequence[int], start: int, top: int, priority: int
) -> Generator[Events, None, list[TokenScore]]:
    """Of each token from `start` on. What stands behind the last one is not asked, so it is not read."""
    scores = Scores(tokens, start, top)
    if scores.done:
        return []
    generation = Generation("", list(tokens[:-1]), Scripted(()), priority, guesses=False, scores=scores)
    yield from read(scheduler, generation)
    return scores.found
