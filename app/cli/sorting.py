"""What `inhouse train` prints of two ways to sort: the fine-tuned model, and a head on the embedder."""

from __future__ import annotations

from app.cli.output import say, tell
from app.finetune.beside import lines, sentence, table
from trainer.spec import CompareResult


def say_beside(run_id: str, result: CompareResult) -> None:
    """Both with what they mix up; nothing where no head was made."""
    labels, head = result.exam("labels"), result.head
    if head is None:
        return
    say(f"Without a fine-tuned model, by a head on the embedder. {sentence(head)}")
    for line in lines(result, labels.tuned_interval if labels is not None else None):
        low, high = line.interval or (0.0, 1.0)
        say(f"  {line.name}: {line.count} ({low:.0%} to {high:.0%}), made in {line.learned}, {line.each} a text")
    for name, sorter in (("Head", "head"), ("Fine-tuned model", "tuned")):
        say(f"{name}: wanted in rows, said in columns")
        for row in table(result.confusion, sorter):  # type: ignore[arg-type]
            say(f"  {row}")
    tell(f"Keep the head with: inhouse train {run_id} --keep-head")
