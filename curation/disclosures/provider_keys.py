"""Keys with the prefix of their provider, in the forms that the providers document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import (
    DISCLOSURES,
    Disclosure,
    DisclosureGroup,
    Hit,
    entropy,
    is_made_up,
    stands_alone,
)

_WORD = r"[A-Za-z0-9_\-]"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"sk-{_WORD}{{20,200}}",  # OpenAI, Anthropic, OpenRouter
        rf"AIza{_WORD}{{35}}",  # Google
        r"xox[abeprs]-[A-Za-z0-9\-]{10,200}",  # Slack
        r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,200}",  # Stripe
        r"hf_[A-Za-z0-9]{30,40}",  # Hugging Face
        rf"glpat-{_WORD}{{20,60}}",  # GitLab
        rf"SG\.{_WORD}{{16,32}}\.{_WORD}{{32,64}}",  # SendGrid
        r"npm_[A-Za-z0-9]{36}",
        r"gsk_[A-Za-z0-9]{40,60}",  # Groq
        rf"dop_v1_{_WORD}{{60,70}}",  # DigitalOcean
        rf"pypi-{_WORD}{{50,250}}",
    )
)


def find(text: str) -> Iterator[Hit]:
    """Every key, by provider."""
    for form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span()
            if not stands_alone(text, start, end) or text[start - 1 : start] == "-":
                continue
            value = match[0]
            if entropy(value) < 3 or not any(c.isdigit() for c in value):
                continue  # words with hyphens
            yield Hit(start, end, is_made_up(value))


DISCLOSURES.register(
    Disclosure(
        name="provider-key",
        title="Key of a provider",
        description="OpenAI, Anthropic, Google, Slack, Stripe, Hugging Face, GitLab and others.",
        group=DisclosureGroup.SECRET,
        tag="API_KEY",
        find=find,
        has_run=True,
        literals=(
            b"sk-", b"aiza", b"xox", b"k_live_", b"k_test_", b"hf_", b"glpat-", b"sg.", b"npm_",
            b"gsk_", b"dop_v1_", b"pypi-",
        ),
        rank=4,
    ),
    __name__,
)  # fmt: skip
