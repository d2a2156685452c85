"""The stage that makes a head: logistic regression on the embedder's vectors of labelled texts, in seconds.

Often that is all that sorting takes. It learns from the texts that the model is taught and stopped by, and is examined
on those that are kept out of both, so that the comparison can set the two side by side.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from app.documents.embed import Embedder
from app.embedder.heads import Head, write_head
from app.embedder.prepared import prepared
from trainer.context import Context, Summary
from trainer.evaluate.statistics import wilson
from trainer.spec import Example, HeadAnswer, HeadResult, write_json, write_lines
from trainer.train.selection import check_labels, choose, labels_of, read_examples

HEAD, ANSWERS, RESULT = "head.json", "answers.jsonl", "result.json"
INVERSE_REGULARISATION = (1.0, 10.0, 100.0, 1000.0)
"""C of scikit-learn: vectors have length 1 and lie close together, so that weights have to be large."""
FEW_C = 10.0
"""Where a label has too few texts to choose by cross-validation."""
FOLDS = 5
BLOCK = 32
"""Texts between two words about how far it is."""
Vectors = NDArray[np.float32]


def run(context: Context) -> Summary:
    """Make the head and examine it; writes head.json, answers.jsonl and result.json."""
    examples = read_examples(context)
    taught, watched = choose(examples, context.spec.seed)
    learned = [*taught, *watched]
    labels = labels_of(context.spec, examples)
    check_labels(learned, labels)
    held = [example for example in examples if example.held_out and example.answer.strip() in labels]
    folder, started = context.stage("head"), time.monotonic()
    embedder = Embedder(prepared(context.cache), threads=context.threads)
    said = vectors(context, embedder, [example.question for example in [*learned, *held]])
    known = said[: len(learned)]
    wanted = [example.answer.strip() for example in learned]
    context.progress("head", 1, 1, note="Fitting")
    head, inverse = fit(known, wanted, embedder.identity.id, context.spec.seed)
    seconds = time.monotonic() - started
    answers = [_answer(head, example, row) for example, row in zip(held, said[len(learned) :], strict=True)]
    right = sum(answer.said == answer.wanted for answer in answers)
    usual = Counter(wanted).most_common(1)[0][0]
    result = HeadResult(
        labels=head.labels,
        learned=len(learned),
        count=len(answers),
        right=right,
        interval=wilson(right, len(answers)),
        commonest=sum(answer.wanted == usual for answer in answers),
        seconds=round(seconds, 2),
        ms_a_text=round(pace(embedder, head, [example.question for example in held or learned]), 2),
        inverse_regularisation=inverse,
    )
    write_head(folder / HEAD, head)
    write_lines(folder / ANSWERS, answers)
    write_json(folder / RESULT, result)
    return {"learned": result.learned, "right": f"{right} of {len(answers)}", "seconds": result.seconds}


def vectors(context: Context, embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """The vectors of texts as questions (texts × dimensions, length 1), as multilingual E5 wants features made."""
    rows = []
    for start in range(0, len(texts), BLOCK):
        context.progress("head", start, len(texts), "texts", "Reading the texts")
        rows.append(embedder.encode_queries(texts[start : start + BLOCK]))
    found: Vectors = np.concatenate(rows)
    return found


def fit(known: Vectors, wanted: Sequence[str], embedder: str, seed: int) -> tuple[Head, float]:
    """A head from vectors (texts × dimensions) and their labels, and the C that was chosen.

    C is the one with the best likelihood in stratified cross-validation over the texts that are learned from.
    """
    folds = min(FOLDS, min(Counter(wanted).values()))
    if folds < 2:
        inverse, model = FEW_C, _regression(FEW_C).fit(known, wanted)
    else:
        cross = StratifiedKFold(folds, shuffle=True, random_state=seed)
        search = GridSearchCV(
            _regression(FEW_C), {"C": list(INVERSE_REGULARISATION)}, cv=cross, scoring="neg_log_loss"
        ).fit(known, wanted)
        inverse, model = float(search.best_params_["C"]), search.best_estimator_
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row that speaks for the second label
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    head = Head(
        embedder=embedder,
        labels=tuple(str(label) for label in model.classes_),
        weights=tuple(tuple(float(value) for value in row) for row in weights),
        bias=tuple(float(value) for value in bias),
        texts=len(wanted),
    )
    return head, inverse


def _regression(inverse: float) -> Any:
    return LogisticRegression(C=inverse, max_iter=2000)


def _answer(head: Head, example: Example, vector: NDArray[np.float32]) -> HeadAnswer:
    said, probability = head.sort(vector.tolist())[0]
    return HeadAnswer(id=example.id, wanted=example.answer.strip(), said=said, probability=round(probability, 4))


def pace(embedder: Embedder, head: Head, texts: Sequence[str]) -> float:
    """Milliseconds to sort one text, alone, over ten of them drawn."""
    drawn = random.Random(0).sample(list(texts), min(10, len(texts)))
    started = time.perf_counter()
    for text in drawn:
        head.sort(embedder.encode_queries([text])[0].tolist())
    return (time.perf_counter() - started) * 1000 / len(drawn)
