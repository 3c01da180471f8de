"""What counts as a secret or as personal data, and what does not."""

from __future__ import annotations

import pytest

from curation.disclosing import DISCLOSURES, Gate, default_kinds, found_in, kinds_named, masked

LETTERS = "q7Rt2Lm9Xw4Zp8Kd3Vb6Nc1Hs5Jf0Gy"
CASES = [
    ("email", "write to ana.lund+x@posteo.de, please", "ana.lund+x@posteo.de"),
    ("email", r'{"to": "a\nana@posteo.de"}', "ana@posteo.de"),
    ("phone", "call +49 (30) 9018-2034 now", "+49 (30) 9018-2034"),
    ("phone", "call +14152267312 or", "+14152267312"),
    ("phone", "(415) 226-7312", "(415) 226-7312"),
    ("phone", "on +1 415 226 7312 2024", "+1 415 226 7312"),
    ("credit-card", '{"card": "4539 1488 0343 6467"}', "4539 1488 0343 6467"),
    ("credit-card", "379354508162306", "379354508162306"),
    ("iban", "to DE21 3704 0044 0532 0139 73.", None),
    ("iban", "to DE02 1203 0000 0000 2020 51.", "DE02 1203 0000 0000 2020 51"),
    ("iban", "GB94BARC10201530093459", "GB94BARC10201530093459"),
    ("ip-address", "from 81.2.69.142:80", "81.2.69.142"),
    ("aws-key", "AKIAQ7RT2LM9XW4ZP8KD", "AKIAQ7RT2LM9XW4ZP8KD"),
    ("github-token", f"ghp_{LETTERS}Ab12Z", f"ghp_{LETTERS}Ab12Z"),
    ("provider-key", f"sk-proj-{LETTERS}", f"sk-proj-{LETTERS}"),
    ("provider-key", f"hf_{LETTERS}xyz", f"hf_{LETTERS}xyz"),
    (
        "jwt",
        "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiI3In0.q7Rt2Lm9Xw4Zp8Kd3Vb6Nc1Hs5Jf0Gy",
        "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiI3In0.q7Rt2Lm9Xw4Zp8Kd3Vb6Nc1Hs5Jf0Gy",
    ),
    ("assigned-secret", f'{{"api_key": "{LETTERS[:24]}"}}', LETTERS[:24]),
    ("assigned-secret", rf"{{\"auth_token\": \"{LETTERS[:20]}\"}}", LETTERS[:20]),
]

KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n" + (LETTERS * 2 + "\n") * 4 + "-----END RSA PRIVATE KEY-----"
)


def found(kind: str, text: str) -> list[tuple[str, bool]]:
    one = DISCLOSURES.get(kind)
    assert Gate([one]).open_to(text.encode()) or not list(one.find(text)), (
        "the gate lets through what is there"
    )
    return [(text[f.start : f.end], f.is_example) for f in found_in(text, [one])]


@pytest.mark.parametrize(("kind", "text", "value"), CASES)
def test_values_are_found_to_the_letter(kind: str, text: str, value: str | None) -> None:
    assert found(kind, text) == ([(value, False)] if value else [])


def test_a_private_key_is_one_value_also_inside_json() -> None:
    assert found("private-key", f"x {KEY} y") == [(KEY, False)]
    escaped = KEY.replace("\n", "\\n")
    assert found("private-key", f'{{"pem": "{escaped}"}}') == [(escaped, False)]
    cut = escaped.partition("-----END")[0]
    assert found("private-key", f'{{"pem": "{cut}", "b": 1}}') == [(cut, False)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "ana@example.com user@gmail.com x@mail.test me@api.example.org"),
        ("phone", "+1 555 123 4567 or 415-555-0132 or +44 7700 900123 or (555) 123-4567"),
        ("credit-card", "4111 1111 1111 1111 and 4242424242424242"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("ip-address", "192.168.1.10 10.0.0.1 203.0.113.7"),
        ("aws-key", "AKIAIOSFODNN7EXAMPLE"),
        ("provider-key", f"sk_test_{LETTERS[:24]} sk-your-key-here-1234567890abcdef"),
        ("assigned-secret", '"token": "z9x8c7v6b5n4m3q2w1"'),
    ],
)
def test_values_for_everybody_are_examples(kind: str, text: str) -> None:
    values = found(kind, text)
    assert values and all(is_example for _, is_example in values), values


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "git@github.com logo@2x.png @ana a@b user@localhost react@18.2.0"),
        ("phone", "2024-05-15 10:30 order 4152267312 v1.415.226.7312 +5 12 +123"),
        ("phone", "115-226-7312 and 415-126-7312 and 1415-226-7312 and 415-226-73121"),
        ("credit-card", "4539 1488 0343 6468 and 9539148803436467 and x4539148803436467"),
        ("iban", "AB12 3456 7890 1234 5678 ORD20240515123456"),
        ("ip-address", "version 1.2.3.4.5 and 300.1.1.1 and 10-1.2.3.4"),
        ("github-token", "ghp_short"),
        ("provider-key", "sk-learn-like-words-with-hyphens"),
        ("jwt", "eyJub3QiOiJhIGp3dCJ9.eyJ1aWQiOiI3In0.q7Rt2Lm9Xw4Zp8Kd3Vb"),
        ("assigned-secret", '"token": "get_weather_by_city_2" "password": "securepassword123"'),
        ("assigned-secret", "token: 123e4567-e89b-12d3-a456-426614174000"),
    ],
)
def test_what_only_looks_like_one_is_left_alone(kind: str, text: str) -> None:
    assert found(kind, text) == []


def test_of_overlapping_values_the_more_certain_one_counts() -> None:
    text = f'"token": "ghp_{LETTERS}Ab12Z"'
    kinds = Gate(default_kinds()).open_to(text.encode())
    assert [one.kind for one in found_in(text, kinds)] == ["github-token"]


def test_groups_name_their_kinds_and_addresses_of_machines_have_to_be_asked_for() -> None:
    assert {kind.name for kind in kinds_named(("personal",))} == {
        "email", "phone", "credit-card", "iban"
    }  # fmt: skip
    assert [kind.name for kind in kinds_named(("ip-address",))] == ["ip-address"]
    with pytest.raises(KeyError, match="there are"):
        kinds_named(("emails",))


def test_a_masked_value_cannot_be_read() -> None:
    assert masked("ana@posteo.de") == "an… (13 characters)"
    assert masked("abc") == "… (3 characters)"
