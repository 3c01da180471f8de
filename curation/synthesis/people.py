"""People: names, addresses, and the manner in which a user writes."""

from __future__ import annotations

from random import Random

FIRST = (
    "Amara", "Anouk", "Bea", "Carlos", "Chiara", "Dmitri", "Eilidh", "Emeka", "Farid", "Fatima",
    "Greta", "Hana", "Hugo", "Ingrid", "Ivo", "Jamal", "Joana", "Kaito", "Katrin", "Lars",
    "Leila", "Lucía", "Mara", "Mateus", "Meera", "Mirjam", "Nadia", "Niamh", "Noor", "Oskar",
    "Paula", "Pedro", "Priya", "Quinn", "Rosa", "Ruben", "Sade", "Samir", "Sanne", "Simone",
    "Tariq", "Thandi", "Tomáš", "Uma", "Vera", "Wei", "Yara", "Yusuf", "Zeynep", "Zofia",
)  # fmt: skip
LAST = (
    "Abara", "Ahmadi", "Baker", "Bergström", "Bianchi", "Castro", "Chen", "Costa", "Dahl",
    "Diallo", "Dubois", "Eriksen", "Farkas", "Fernández", "Fischer", "Fofana", "Greene", "Haddad",
    "Hughes", "Ibrahim", "Ito", "Jansen", "Kaplan", "Keller", "Kowalska", "Laine", "Lindqvist",
    "Marchetti", "Mbeki", "Meyer", "Moreau", "Nakamura", "Novák", "Nowak", "Okafor", "Oliveira",
    "Park", "Petrov", "Quiroga", "Rahman", "Rossi", "Sato", "Schmid", "Silva", "Singh", "Tanaka",
    "Torres", "Vogel", "Walsh", "Yilmaz",
)  # fmt: skip
STREETS = (
    "Alder Lane",
    "Bridge Street",
    "Canal Road",
    "Elm Grove",
    "Foundry Way",
    "Harbour View",
    "Mill Hill",
    "Orchard Close",
    "Station Road",
    "Tannery Yard",
)
TOWNS = (
    ("Leeds", "LS6 2AB"),
    ("Bristol", "BS3 4QT"),
    ("Norwich", "NR2 3RX"),
    ("Cardiff", "CF11 9LJ"),
    ("Dundee", "DD1 4HN"),
    ("Exeter", "EX4 3PL"),
    ("Galway", "H91 E2K3"),
    ("Sheffield", "S7 1LN"),
)

_ASCII = str.maketrans("áãäåéíöøüšúñ", "aaaaeioousun")

_TYPOS = (
    ("please", "pls"),
    ("tomorrow", "tomorow"),
    ("because", "becuase"),
    ("appointment", "appointmnet"),
    ("could you", "can u"),
    ("the ", "teh "),
    ("with", "wiht"),
    ("receive", "recieve"),
    ("I'd", "id"),
    ("don't", "dont"),
)


class Person:
    """A name with a mail address that fits it."""

    __slots__ = ("email", "first", "last", "name")

    def __init__(self, rng: Random) -> None:
        self.first = rng.choice(FIRST)
        self.last = rng.choice(LAST)
        self.name = f"{self.first} {self.last}"
        local = f"{self.first}.{self.last}".lower().translate(_ASCII)
        self.email = f"{local}@{rng.choice(('example.com', 'example.org', 'mail.example.net'))}"


class Voice:
    """How one user writes: greeting, thanks, haste, slips. Chosen once a row, so it stays "
    "theirs."""

    __slots__ = ("_rng", "_style", "_turns")

    STYLES = ("plain", "plain", "polite", "polite", "hasty", "slips", "brisk")

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._style = rng.choice(self.STYLES)
        self._turns = 0

    def write(self, text: str) -> str:
        """`text` as this user would type it; identifiers and figures are left alone."""
        self._turns += 1
        first = self._turns == 1
        rng = self._rng
        if self._style == "polite":
            if first:
                hello = rng.choice(("Hello, ", "Good morning. ", "Hi there! ", "Good evening, "))
                text = hello + (_uncapitalise(text) if hello.endswith(", ") else text)
            if rng.random() < 0.35 and text[-1] in ".!" and "hank" not in text:
                text += rng.choice((" Thank you!", " Thanks in advance.", " Many thanks."))
        elif self._style == "hasty":
            text = _uncapitalise(text)
            if text.endswith("."):
                text = text[:-1]
        elif self._style == "slips":
            for right, wrong in _TYPOS:
                if right in text and rng.random() < 0.5:
                    text = text.replace(right, wrong, 1)
                    break
            if first and rng.random() < 0.5:
                text = "hey, " + _uncapitalise(text)
        elif self._style == "brisk" and first and rng.random() < 0.4:
            text = rng.choice(("Quick one: ", "Hi. ", "Two minutes if you have them. ")) + text
        return text


def _uncapitalise(text: str) -> str:
    """Lower the first letter unless the first word is I, a name of ours, or an identifier."""
    word = text.split(" ", 1)[0].rstrip(",.!?")
    if (
        word in {"I", "I'm", "I'd", "I've"}
        or not word.replace("'", "").isalpha()
        or word[1:] != word[1:].lower()
    ):
        return text
    if word in FIRST or word in LAST:
        return text
    return text[0].lower() + text[1:]
