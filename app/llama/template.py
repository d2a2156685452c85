"""Renders the model's own chat template through a disposable process, with limits and a plain fallback."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from app.spawn import child_command
from app.types import Message

TIME_LIMIT = 3.0
"""Seconds one rendering may take; real templates take under 0.01."""
START_LIMIT = 30.0
"""Seconds until the child is ready, on a cold and busy machine."""
MEMORY_LIMIT = 512 << 20
"""Resident bytes of the child, watched where the system cannot limit it."""

PLAIN_STOP = ("\nUser:", "\nSystem:")


class TemplateFailed(Exception):
    """The template raised, took too long or too much memory; the text says which."""


@dataclass(frozen=True)
class Template:
    """A chat template with the texts of the model's start and end tokens."""

    source: str
    bos: str = ""
    eos: str = ""


def plain_text(messages: Sequence[Message]) -> str:
    """The prompt for a model without a usable template and without ChatML tokens."""
    lines = [f"{message.role.capitalize()}: {message.content}\n" for message in messages]
    return "".join(lines) + "Assistant:"


def chatml(messages: Sequence[Message]) -> str:
    """The prompt for a model without a usable template that knows ChatML's tokens."""
    turns = [f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages]
    return "".join(turns) + "<|im_start|>assistant\n"


class Renderer:
    """Owns the child process; starts it when needed, kills it when it misbehaves."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._ready = False
        self.killed = False
        """Whether the last rendering cost the process: too slow or too large."""

    def start(self) -> None:
        """Start the child without waiting, so that it is ready when the model is."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._process = subprocess.Popen(
            child_command("--child", "template"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._lines, self._ready = queue.Queue(), False
        threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()

    def render(
        self,
        template: Template,
        messages: Sequence[Message | Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """The prompt up to where the answer begins. Messages with tool calls and results, and `tools`, are in the form
        that templates expect: OpenAI's, with arguments as objects.

        Raises:
            TemplateFailed: in the template's or the system's words.
        """
        self.start()
        self.killed = False
        process = self._process
        if process is None or process.stdin is None:
            raise TemplateFailed("the helper process did not start")
        if not self._ready:
            self._receive(START_LIMIT)
            self._ready = True
        request = {
            "template": template.source,
            "bos": template.bos,
            "eos": template.eos,
            "messages": [_plain(message) for message in messages],
            "tools": tools,
        }
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError as error:
            raise self._fail("the helper process ended") from error
        reply = self._receive(self._time_limit)
        if "error" in reply:
            raise TemplateFailed(reply["error"])
        text = reply["text"]
        if not text.strip():
            raise TemplateFailed("the template wrote nothing")
        return text

    def _receive(self, seconds: float) -> dict[str, str]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                self._check_memory()
                continue
            if line is None:
                raise self._fail("the template ended its process")
            reply: dict[str, str] = json.loads(line)
            return reply
        raise self._fail(f"the template took more than {seconds:.0f} seconds")

    def _check_memory(self) -> None:
        if self._process is None:
            return
        try:
            used = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return
        if used > MEMORY_LIMIT:
            raise self._fail("the template took too much memory")

    def _fail(self, reason: str) -> TemplateFailed:
        self.killed = True
        self.close()
        return TemplateFailed(reason)

    def close(self) -> None:
        """End the child; the next rendering starts a fresh one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was still unsent has no reader any more
                    continue


def _plain(message: Message | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"role": message.role, "content": message.content} if isinstance(message, Message) else message


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    if process.stdout is not None:
        try:
            for line in process.stdout:
                lines.put(line)
        except ValueError:  # closed under us
            pass
    lines.put(None)
