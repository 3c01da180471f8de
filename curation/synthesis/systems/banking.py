"""A bank: the tools offered, and the accounts, cards and rates behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from curation.synthesis.schema import choice, day, integer, number, record, text, tool
from curation.synthesis.world import Answer, World

RATES = {"EUR": 1.0, "USD": 1.08, "GBP": 0.85, "CHF": 0.95, "SEK": 11.4, "PLN": 4.3, "JPY": 168.0}
CURRENCIES = tuple(RATES)
BLOCKING = {"lost": "lost", "stolen": "stolen", "charged twice by a shop I don't know": "fraud"}
_SHOPS = (
    "Grocer", "Fuel station", "Bookshop", "Pharmacy", "Railway", "Cinema", "Gym", "Hairdresser",
    "Garden centre", "Bakery", "Phone bill", "Energy supplier",
)  # fmt: skip
_ACCOUNT = "^AC[0-9]{8}$"
_IBAN = "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"

TOOLS = (
    tool(
        "list_accounts",
        "The user's accounts with kind and currency.",
        "",
    ),
    tool(
        "get_balance",
        "Booked and available balance of one account.",
        "account_id",
        account_id=text("AC and eight digits", pattern=_ACCOUNT),
    ),
    tool(
        "get_statement",
        "The latest monthly statement of one account as a PDF link.",
        "account_id",
        account_id=text("AC and eight digits", pattern=_ACCOUNT),
    ),
    tool(
        "list_transactions",
        "Movements on an account in a period, newest first.",
        "account_id period",
        account_id=text("AC and eight digits", pattern=_ACCOUNT),
        period=record(
            "First and last day, both included",
            "start end",
            start=day("YYYY-MM-DD"),
            end=day("YYYY-MM-DD"),
        ),
        min_amount=number("Only movements of at least this size", 0, 1000000),
        limit=integer("At most this many", 1, 100),
    ),
    tool(
        "convert_currency",
        "Convert an amount at today's rate.",
        "amount base quote",
        amount=number("How much of the base currency", 0.01, 10000000),
        base=choice("Currency to convert from", *CURRENCIES),
        quote=choice("Currency to convert to", *CURRENCIES),
    ),
    tool(
        "transfer_money",
        "Send money from one of the user's accounts.",
        "from_account to_iban amount currency reference",
        from_account=text("AC and eight digits", pattern=_ACCOUNT),
        to_iban=text("IBAN of the recipient, no blanks", pattern=_IBAN),
        amount=number("How much", 0.01, 50000),
        currency=choice("Currency of the amount", *CURRENCIES),
        reference=text("Shown to the recipient", minLength=1, maxLength=140),
        execute_on=day("Day of execution, today if left out"),
    ),
    tool(
        "block_card",
        "Block a card at once. It cannot be unblocked.",
        "card_last4 reason",
        card_last4=text("Last four digits", pattern="^[0-9]{4}$"),
        reason=choice("Why", *BLOCKING.values()),
    ),
)


class Bank(World):
    """Two accounts and two cards for every customer."""

    def __init__(self, rng: Any) -> None:
        super().__init__(rng)
        self.everyday = f"AC{self.digits(8)}"
        self.savings = f"AC{self.digits(8)}"
        self.cards = (self.digits(4), self.digits(4))

    def profile(self) -> str:
        """Line of the system text."""
        one, two = self.cards
        return (
            f"Everyday account {self.everyday}, savings account {self.savings}; cards ending in "
            f"{one} (debit) and {two} (credit)."
        )

    def list_accounts(self) -> Answer:
        pairs = ((self.everyday, "everyday"), (self.savings, "savings"))
        return {"accounts": [{"account_id": a, "kind": k, "currency": "EUR"} for a, k in pairs]}

    def get_balance(self, account_id: str) -> Answer:
        booked = round(self.rng.uniform(180, 9400), 2)
        held = self.pick((0, 0, 25.5, 80))
        answer = {"account_id": account_id, "booked": booked, "available": round(booked - held, 2)}
        return dict(self.once(f"balance {account_id}", {**answer, "currency": "EUR"}))

    def get_statement(self, account_id: str) -> Answer:
        return {"account_id": account_id, "url": f"https://bank.example/s/{self.digits(9)}.pdf"}

    def list_transactions(self, **a: Any) -> Answer:
        movements = self.memory.get("movements") or self.once("movements", self._movements())
        first, last = a["period"]["start"], a["period"]["end"]
        floor = a.get("min_amount", 0)
        hits = [m for m in movements if first <= m["date"] <= last and -m["amount"] >= floor]
        return {"account_id": a["account_id"], "transactions": hits[: a.get("limit", 20)]}

    def _movements(self) -> list[Answer]:
        """A month of spending, newest first."""
        shops = self.rng.sample(_SHOPS, 8)
        days = sorted(self.rng.sample(range(31), 8))
        return [
            {
                "date": (self.today - timedelta(days=ago)).isoformat(),
                "party": shop,
                "amount": -round(self.rng.uniform(6, 260), 2),
            }
            for ago, shop in zip(days, shops, strict=True)
        ]

    def convert_currency(self, amount: float, base: str, quote: str) -> Answer:
        rate = round(RATES[quote] / RATES[base], 4)
        converted = round(amount * rate, 2)
        return {
            "amount": amount,
            "base": base,
            "quote": quote,
            "rate": rate,
            "converted": converted,
        }

    def transfer_money(self, **a: Any) -> Answer:
        when = a.get("execute_on", self.today.isoformat())
        held = self.memory.get(f"balance {a['from_account']}")
        if held:
            for kind in ("booked", "available"):
                held[kind] = round(held[kind] - a["amount"], 2)
        return {
            "transfer_id": f"TR{self.digits(8)}",
            "status": "accepted" if when == self.today.isoformat() else "scheduled",
            "amount": a["amount"],
            "currency": a["currency"],
            "execute_on": when,
        }

    def block_card(self, card_last4: str, reason: str) -> Answer:
        return {
            "card_last4": card_last4,
            "blocked": True,
            "new_card_arrives": self.ahead(4, 8).isoformat(),
        }

    def iban(self) -> str:
        """An IBAN of somebody else; the check digits are made up."""
        return f"{self.pick(('DE', 'NL', 'FR', 'ES'))}{self.digits(2)}{self.digits(18)}"
