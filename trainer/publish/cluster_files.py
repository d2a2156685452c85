"""What TRL and Axolotl are told of a run: a script, a YAML, and how the adapter comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from trainer.spec import Hyper, RunSpec
from trainer.spec.recipes import Rows

Tool = Literal["trl", "axolotl"]
BASE = "./base"
"""Where the model lies on the cluster."""
TOOLS: dict[Tool, str] = {
    "trl": "accelerate launch train.py",
    "axolotl": "axolotl train axolotl.yml",
}
"""How each is started."""


@dataclass(frozen=True)
class Wanted:
    """A training, as both tools are told it. `mean` are tokens of an example."""

    hyper: Hyper
    examples: int
    mean: float
    watched: bool
    rows: Rows
    seed: int

    @property
    def batch(self) -> int:
        """Examples of a step, as a run here would take."""
        return max(1, min(self.examples, round((self.hyper.batch_tokens or 512) / max(1.0, self.mean))))

    @property
    def alpha(self) -> float:
        return self.hyper.alpha or self.hyper.rank


TRL = '''"""Written by Inhouse: trains an adapter with TRL and PEFT, in 4 bits. Start: accelerate launch train.py"""

import os

import torch
from accelerate import PartialState
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from trl import {trainer}, {config}

BASE = os.environ.get("BASE", "{base}")  # the model's Hugging Face folder
FOUR_BITS = torch.cuda.is_available()

files = {{"train": "train.jsonl"{validation}}}
data = load_dataset("json", data_files=files)
quantized = BitsAndBytesConfig(
    load_in_4bit=True,
    bnb_4bit_quant_type="nf4",
    bnb_4bit_use_double_quant=True,
    bnb_4bit_compute_dtype=torch.bfloat16,
    bnb_4bit_quant_storage=torch.bfloat16,  # so that FSDP can split the weights
)
model = AutoModelForCausalLM.from_pretrained(
    BASE,
    dtype=torch.bfloat16,
    quantization_config=quantized if FOUR_BITS else None,
    device_map={{"": PartialState().local_process_index}} if FOUR_BITS else None,
)
settings = {config}(
    output_dir="out",
    bf16=True,
    use_cpu=not FOUR_BITS,  # a trial run without a card
    gradient_checkpointing=True,
    gradient_checkpointing_kwargs={{"use_reentrant": False}},
    optim="paged_adamw_32bit" if FOUR_BITS else "adamw_torch",
    report_to=[],
    logging_steps=10,
    save_strategy="no",
{settings}
)
trainer = {trainer}(
    model=model,
    args=settings,
    train_dataset=data["train"],
    eval_dataset=data.get("validation"),
    processing_class=AutoTokenizer.from_pretrained(BASE),
    peft_config=LoraConfig(
        r={rank}, lora_alpha={alpha}, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    ),
)
trainer.train()
trainer.save_model("adapter")
'''


def trl(wanted: Wanted) -> dict[str, str]:
    """A script of its own, which needs trl, peft, bitsandbytes and datasets."""
    hyper = wanted.hyper
    values: dict[str, Any] = {
        "learning_rate": hyper.learning_rate,
        "num_train_epochs": hyper.epochs,
        "per_device_train_batch_size": wanted.batch,
        "warmup_steps": hyper.warmup,
        "lr_scheduler_type": "cosine",
        "weight_decay": hyper.weight_decay,
        "adam_beta2": 0.99,
        "max_length": hyper.max_length,
        "seed": wanted.seed,
        "eval_strategy": "epoch" if wanted.watched else "no",
    }
    if wanted.rows == "preferences":
        values["beta"] = hyper.beta
    preferring = wanted.rows == "preferences"
    script = TRL.format(
        trainer="DPOTrainer" if preferring else "SFTTrainer",
        config="DPOConfig" if preferring else "SFTConfig",
        base=BASE,
        validation=', "validation": "validation.jsonl"' if wanted.watched else "",
        settings="\n".join(f"    {name}={value!r}," for name, value in values.items()),
        rank=hyper.rank,
        alpha=int(wanted.alpha) if wanted.alpha == int(wanted.alpha) else wanted.alpha,
    )
    return {"train.py": script}


def axolotl(wanted: Wanted) -> dict[str, str]:
    """Its YAML. JSON is YAML too, so that each value is written by the library that quotes it rightly."""
    hyper = wanted.hyper
    kinds: dict[Rows, dict[str, Any]] = {
        "examples": {"type": "chat_template", "field_messages": "messages", "roles_to_train": ["assistant"]},
        "texts": {"type": "completion", "field": "text"},
        "preferences": {
            "type": "chat_template.default",
            "field_messages": "messages",
            "field_chosen": "chosen",
            "field_rejected": "rejected",
        },
    }
    kind = kinds[wanted.rows]
    values: dict[str, Any] = {
        "base_model": BASE,
        "load_in_4bit": True,
        "adapter": "qlora",
        "lora_r": hyper.rank,
        "lora_alpha": wanted.alpha,
        "lora_dropout": 0.0,
        "lora_target_linear": True,
        "datasets": [{"path": "train.jsonl", "ds_type": "json", "split": "train", **kind}],
        "sequence_len": hyper.max_length,
        "sample_packing": wanted.rows != "preferences",
        "micro_batch_size": wanted.batch,
        "gradient_accumulation_steps": 1,
        "num_epochs": hyper.epochs,
        "learning_rate": hyper.learning_rate,
        "optimizer": "paged_adamw_32bit",
        "lr_scheduler": "cosine",
        "warmup_ratio": hyper.warmup,
        "weight_decay": hyper.weight_decay,
        "bf16": "auto",
        "gradient_checkpointing": True,
        "attn_implementation": "sdpa",
        "output_dir": "./adapter",
        "seed": wanted.seed,
    }
    if wanted.watched:
        values["test_datasets"] = [{"path": "validation.jsonl", "ds_type": "json", "split": "train", **kind}]
    if wanted.rows == "preferences":
        values |= {"rl": "dpo", "rl_beta": hyper.beta}
    lines = "".join(f"{name}: {msgspec.json.encode(value).decode()}\n" for name, value in values.items())
    return {"axolotl.yml": f"# Written by Inhouse. Start it with: {TOOLS['axolotl']}\n{lines}"}


WRITERS: dict[Tool, Callable[[Wanted], dict[str, str]]] = {"trl": trl, "axolotl": axolotl}
"""Name of the tool → its files, by name."""


def readme(spec: RunSpec, tool: Tool, wanted: Wanted) -> str:
    """What a person on the cluster has to know, in the order in which they do it."""
    name = spec.base.name or spec.base.path
    or_named = ", or name its place in the environment as BASE" if tool == "trl" else ""
    batch = "per_device_train_batch_size" if tool == "trl" else "micro_batch_size"
    return f"""# {spec.name or spec.id}: to be trained with {tool}

{wanted.examples} rows in the tool's own chat format, as they were approved in Inhouse. The general questions that it
mixes in, so that nothing is unlearned (replay), are not in it: the comparison afterwards says what that costs.

1. Copy this folder to the cluster. **It holds your data**: whoever can read the folder can read it.
2. Put the Hugging Face folder (safetensors, with tokenizer and chat template) of the model “{name}” beside it as
   `base`{or_named}. It has to be the very model that was chosen here: an adapter of another one is refused.
3. Run `{TOOLS[tool]}`. Several cards or machines are accelerate's matter (`accelerate config` asks). Each card
   then takes {wanted.batch} examples a step; a smaller `{batch}` keeps the step as it is.
4. What comes out is the folder `adapter` (adapter_config.json and adapter_model.safetensors). Bring it back to this
   computer, to be checked, compared and offered like one that was trained here:

       inhouse train {spec.id} --bring-adapter FOLDER

   In the window: Fine-tune, open the run, *Train elsewhere…* at the foot.

Written for TRL 1, PEFT 0.18 and later, and Axolotl 0.12. Nobody has run it on a cluster yet.
"""
