"""Templates from strangers: slow, huge or broken ones cost a message, never the engine."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.llama.template import Renderer, Template, TemplateFailed
from app.types import Message

HELLO = [Message("user", "Hello")]


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    owner = Renderer(time_limit=1.5)
    yield owner
    owner.close()


def test_as_transformers_renders(renderer: Renderer) -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    source = """{{ bos_token }}
    {%- for m in messages %}
        {% if loop.index > 9 %}{% break %}{% endif %}
[{{ m.role | upper }}] {{ m['content'] | trim }} {{ {'a': 'ü<'} | tojson }}{{ eos_token }}
        {%- generation %}x{% endgeneration %}

    {% endfor %}
{% set ns = namespace(n=0) %}{% set ns.n = 4 %}{{ ns.n }} {{ strftime_now('%Y') }}{% if tools %}T{% endif %}
{% if add_generation_prompt %}>{% endif %}"""
    messages = [Message("user", " Hello {{ x }} "), Message("assistant", "Hi")]
    ours = renderer.render(Template(source, "<s>", "</s>"), messages)
    conversation = [[{"role": m.role, "content": m.content} for m in messages]]
    (theirs,), _ = render_jinja_template(
        conversations=conversation,
        chat_template=source,
        add_generation_prompt=True,
        bos_token="<s>",
        eos_token="</s>",
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "source",
    [
        "{% for %}",
        "{#",
        "{{ raise_exception('Not today') }}",
        "{{ messages[7].content }}{{ 1 // 0 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ 'x' * 3000000 }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% include '/etc/passwd' %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    ],
)
def test_broken_ones_say_why(renderer: Renderer, source: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        renderer.render(Template(source), HELLO)
    assert str(caught.value)
    assert renderer.render(Template("{{ messages[0].content }}"), HELLO) == "Hello"


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ ('x' * 500000000) | length }}{{ ('x' * 500000000 * 9) | upper }}",
        "{{ 9 ** (9 ** 9) }}",
        "{% set n = namespace(s=messages[0].content) %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    ],
)
def test_greedy_ones_are_ended_in_time(renderer: Renderer, source: str) -> None:
    renderer.render(Template("ready"), HELLO)
    started = time.monotonic()
    with pytest.raises(TemplateFailed):
        renderer.render(Template(source), HELLO)
    assert time.monotonic() - started < 6
    assert renderer.render(Template("{{ messages[0].content }}"), HELLO) == "Hello"


def test_a_killed_process_is_replaced(renderer: Renderer) -> None:
    renderer.render(Template("x"), HELLO)
    assert renderer._process is not None
    renderer._process.kill()
    renderer._process.wait()
    assert renderer.render(Template("again"), HELLO) == "again"
