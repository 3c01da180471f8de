"""A bank's assistant: balances, transfers, rates, cards."""

from __future__ import annotations

from datetime import timedelta

from curation.synthesis.domain import Domain
from curation.synthesis.systems.banking import BLOCKING, CURRENCIES, TOOLS, Bank
from curation.synthesis.talk import Talk

PURPOSES = ("rent", "concert tickets", "the bike", "our share of the flat", "piano lessons")


def balance(t: Talk, w: Bank) -> None:
    """One balance."""
    kind, account = w.pick((("everyday", w.everyday), ("savings", w.savings)))
    t.user(
        f"How much is on my {kind} account?",
        f"What's the balance of the {kind} account?",
        f"Can you check how much money I have left, {kind} account?",
    )
    r = t.call("get_balance", {"account_id": account})
    t.say(
        f"Your {kind} account {account} has €{r['available']:,.2f} available.",
        f"Booked: €{r['booked']:,.2f}. Available: €{r['available']:,.2f}.",
    )


def rate(t: Talk, w: Bank) -> None:
    """A conversion."""
    base, quote = w.rng.sample(CURRENCIES, 2)
    amount = w.pick((50, 120, 250, 400, 750, 1200, 2500))
    t.user(
        f"How much is {amount} {base} in {quote}?",
        f"I'm being quoted {amount} {base}. What would that be in {quote} today?",
        f"Convert {amount} {base} to {quote}.",
    )
    r = t.call(
        "convert_currency", {"amount": amount, "base": base, "quote": quote}, "amount base quote"
    )
    t.say(
        f"{amount} {base} is {r['converted']:,.2f} {quote} at a rate of {r['rate']}.",
        f"At today's rate of {r['rate']} that makes {r['converted']:,.2f} {quote}.",
    )


def both_balances(t: Talk, w: Bank) -> None:
    """Both balances, added up."""
    t.user(
        "What do I have in total on both accounts?",
        "Add up my everyday and my savings account for me.",
    )
    a, b = t.batch(
        ("get_balance", {"account_id": w.everyday}, ""),
        ("get_balance", {"account_id": w.savings}, ""),
    )
    total = a["available"] + b["available"]
    t.say(
        f"€{a['available']:,.2f} on the everyday account and €{b['available']:,.2f} in savings, "
        f"€{total:,.2f} altogether.",
    )


def two_rates(t: Talk, w: Bank) -> None:
    """One amount in two currencies."""
    base, one, two = w.rng.sample(CURRENCIES, 3)
    amount = w.pick((100, 300, 500, 1500))
    t.user(
        f"I have {amount} {base} left over from a trip. What is that in {one}, and what in {two}?",
        f"Please convert {amount} {base} into {one} and into {two}.",
    )
    x, y = t.batch(
        ("convert_currency", {"amount": amount, "base": base, "quote": one}, "amount base quote"),
        ("convert_currency", {"amount": amount, "base": base, "quote": two}, "amount base quote"),
    )
    t.say(f"{x['converted']:,.2f} {one}, or {y['converted']:,.2f} {two}.")


def spending(t: Talk, w: Bank) -> None:
    """What was spent in a period."""
    days = w.pick((7, 14, 30))
    floor = w.pick((20, 50, 100))
    start = w.today - timedelta(days=days)
    t.user(
        f"List what I paid from my everyday account in the last {days} days, only things over "
        f"€{floor}.",
        f"Which payments above €{floor} were there on the everyday account since {w.say(start)}?",
    )
    period = {"start": start.isoformat(), "end": w.today.isoformat()}
    args = {"account_id": w.everyday, "period": period, "min_amount": floor}
    r = t.call("list_transactions", args, "period min_amount")
    if not r["transactions"]:
        t.say(f"There were no payments above €{floor} in that time.")
        return
    rows = "\n".join(f"- {x['date']}, {x['party']}: €{-x['amount']:.2f}" for x in r["transactions"])
    t.say(
        f"These are the payments above €{floor}:\n{rows}",
        f"There were {len(r['transactions'])}:\n{rows}",
    )


def pay(t: Talk, w: Bank) -> None:
    """Check the balance, confirm, transfer."""
    who, iban, what = w.person(), w.iban(), w.pick(PURPOSES)
    amount = w.pick((w.rng.randint(12, 160), round(w.rng.uniform(12, 160), 2)))
    money = f"{amount:.2f}" if isinstance(amount, float) else str(amount)
    t.user(
        f"Please send {money} euros to {who.name}, {iban}, for {what}.",
        f"I owe {who.name} {money} € for {what}. The IBAN is {iban}. Can you transfer it from "
        "my "
        "everyday account?",
    )
    r = t.call("get_balance", {"account_id": w.everyday})
    t.confirm(
        f"You have €{r['available']:,.2f} available. Shall I send €{money} to {who.name} "
        f"({iban}) with the reference “{what}”?",
        f"Transfer of €{money} to {who.name}, {iban}, reference “{what}”. Is that right?",
    )
    args = {
        "from_account": w.everyday, "to_iban": iban, "amount": amount, "currency": "EUR",
        "reference": what,
    }  # fmt: skip
    done = t.call("transfer_money", args, "to_iban amount reference")
    t.say(
        f"€{money} is on its way to {who.name}. The transfer number is {done['transfer_id']}.",
        f"Done, transfer {done['transfer_id']} has been {done['status']}.",
    )


def lost_card(t: Talk, w: Bank) -> None:
    """Two cards; which one has to be asked."""
    words = w.pick(tuple(BLOCKING))
    card = w.pick(w.cards)
    t.user(
        f"My card was {words}! Please block it."
        if words != "lost"
        else "I've lost my card, block it!",
        f"Block my card right now, it has been {words}.",
    )
    one, two = w.cards
    t.clarify(
        "card_last4",
        f"I can do that at once. Which card is it, the debit card ending in {one} or the credit "
        "card "
        f"ending in {two}? Blocking is final.",
        w.pick((f"The one ending in {card}.", f"{card}, please hurry.", f"It's the {card} one.")),
    )
    r = t.call("block_card", {"card_last4": card, "reason": BLOCKING[words]}, "card_last4 reason")
    t.say(
        f"The card ending in {card} is blocked. A new one should arrive by "
        f"{r['new_card_arrives']}.",
        f"Blocked: {card}. Your replacement will be with you by {r['new_card_arrives']}.",
    )


BANKING = Domain(
    name="banking",
    world=Bank,
    roles=(
        "You are the assistant in the app of Meridian Bank.",
        "You help customers of Meridian Bank with everyday banking. The customer is signed in.",
    ),
    rules=(
        "Before money leaves an account, repeat amount and recipient and wait for a yes.",
        "If it is not clear which card or account is meant, ask.",
        "Never give investment or tax advice.",
        "Blocking a card is final; say so.",
    ),
    tools=TOOLS,
    tasks={
        "single": (balance, rate, spending),
        "parallel": (both_balances, two_rates),
        "nested": (pay,),
        "clarify": (lost_card,),
    },
    beyond=(
        (
            "Should I put my savings into shares of the railway company?",
            "I'm not allowed to give investment advice. A consultant in your branch can go through "
            "the options with you.",
        ),
        (
            "Raise my credit card limit to 10,000, please.",
            "I can't change card limits. You can apply for a higher limit under Cards in the app, "
            "or "
            "by phone.",
        ),
        (
            "My wife asked me to look at her account as well, what's on it?",
            "I can only show accounts that belong to you. Your wife can ask in her own app, or "
            "give "
            "you access to her account there.",
        ),
    ),
    fabrications=(
        "I've also waived this month's account fee.",
        "The recipient has already confirmed that the money arrived.",
        "Your credit score has gone up by four points.",
    ),
    invented={
        "get_balance": ("check_balance", "account_balance"),
        "convert_currency": ("exchange_rate", "get_fx_quote"),
        "list_transactions": ("search_transactions", "get_account_history"),
        "transfer_money": ("send_payment", "make_transfer", "sepa_transfer"),
        "block_card": ("freeze_card", "cancel_card"),
    },
    siblings={"get_balance": "get_statement"},
    swaps={"convert_currency": ("base", "quote")},
    needless=(("list_accounts", {}),),
)
