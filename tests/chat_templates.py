"""Chat templates of our own, for tests: none of them belongs to a model."""

from __future__ import annotations

CHATML = """\
{%- if tools %}
<|start|>tools
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
<|stop|>
{%- endif %}
{%- for message in messages %}
<|start|>{{ message.role }}
{% if message.role == 'assistant' %}
{{- message.content or '' }}
{%- for call in message.tool_calls or [] %}
<call>{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}</call>
{%- endfor %}
{%- else %}
{{- message.content }}
{%- endif %}<|stop|>
{%- endfor %}
{%- if add_generation_prompt %}
<|start|>assistant
{% endif %}
"""  # noqa: E501
"""Roles between control tokens; calls as JSON. What is learnt is told by prefix."""

MARKED = (
    CHATML.replace(
        "{{- message.content or '' }}", "{%- generation %}{{- message.content or '' }}"
    ).replace(
        "{%- endfor %}\n{%- else %}",
        "{%- endfor %}<|stop|>{% endgeneration %}\n{%- else %}",
    )
).replace("{%- endif %}<|stop|>\n{%- endfor %}", "<|stop|>\n{%- endif %}\n{%- endfor %}")
"""The same with generation blocks, which hold the end of the message, too."""

FORGETFUL = """\
{%- for message in messages %}
[{{ message.role }}] {% if message.role != 'tool' %}{{ message.content }}{% endif %}

{%- endfor %}
{%- if add_generation_prompt %}
[assistant] {% endif %}
"""
"""Drops tools, calls and results without a word."""

REWRITING = """\
{%- for message in messages %}
[{{ message.role }}{% if loop.last %} (last){% endif %}] {{ message.content }}
{%- endfor %}
{%- if add_generation_prompt %}
[assistant] {% endif %}
"""
"""Writes a message otherwise once another follows."""

HOSTILE = {
    "attributes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a function": "{{ raise_exception.__globals__ }}",
    "a file": "{% include '/etc/passwd' %}",
    "an import": "{% import 'os' as os %}{{ os }}",
    "changing what it is given": "{{ messages.append(1) }}",
    "endless loops": (
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"
    ),
    "endless macros": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "a long repetition": "{{ 'x' * 9999999999 }}",
    "a long list": "{{ [0] * 9999999999 }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a wide format": "{{ '%999999999999d' % 1 }}",
    "a deep indent": "{{ messages | tojson(indent=999999999) }}",
    "doubling": (
        "{% set n = namespace(t='xxxxxxxx') %}{% for a in range(60) %}"
        "{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t | length }}"
    ),
    "a wide center": "{{ 'x' | center(99999999999) }}",
    "a wide method": "{{ '{:>99999999999}'.format(1) }}",
}
"""What a template may not do, by what it tries."""
