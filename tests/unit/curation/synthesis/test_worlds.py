"""The simulated systems remember: what was found can be looked up, what was done stays done."""

from __future__ import annotations

from random import Random

from curation.synthesis.people import Person, Voice
from curation.synthesis.systems.airline import Desk
from curation.synthesis.systems.banking import Bank
from curation.synthesis.systems.health import Practice
from curation.synthesis.systems.library import Library
from curation.synthesis.systems.retail import Shop


def test_a_cancelled_reservation_stays_cancelled() -> None:
    desk = Desk(Random(1))
    code = desk.reserved()["reservation_id"]
    assert desk.get_reservation(code)["status"] == "confirmed"
    desk.cancel_reservation(code, "illness")
    assert desk.get_reservation(code)["status"] == "cancelled"


def test_a_booking_costs_what_the_search_said() -> None:
    desk = Desk(Random(2))
    found = desk.search_flights(origin="OSL", destination="LIS", date="2026-01-01")
    flight = found["flights"][0]
    done = desk.book_flight(
        flight_number=flight["flight_number"],
        date="2026-01-01",
        cabin="economy",
        passengers=[{}, {}],
    )
    assert done["total_eur"] == 2 * flight["price_eur"]


def test_money_that_was_sent_is_missing_afterwards() -> None:
    bank = Bank(Random(3))
    before = bank.get_balance(bank.everyday)["booked"]
    bank.transfer_money(
        from_account=bank.everyday, to_iban="x", amount=10.5, currency="EUR", reference="y"
    )
    assert bank.get_balance(bank.everyday)["booked"] == round(before - 10.5, 2)


def test_transactions_obey_period_and_limit_of_size() -> None:
    bank = Bank(Random(4))
    period = {"start": bank.ago(20, 20).isoformat(), "end": bank.today.isoformat()}
    args = {"account_id": bank.everyday, "period": period}
    everything = bank.list_transactions(**args)["transactions"]
    large = bank.list_transactions(**args, min_amount=100)["transactions"]
    assert [t for t in everything if -t["amount"] >= 100] == large
    assert all(period["start"] <= t["date"] <= period["end"] for t in everything)


def test_the_same_search_finds_the_same_papers_and_counts() -> None:
    library = Library(Random(5))
    first = library.search_papers(query="rent control")["papers"]
    assert library.search_papers(query="rent control")["papers"] == first
    paper = first[0]
    assert library.list_citing(paper["paper_id"])["total"] == paper["citations"]
    recent = {"first": library.today.year - 3, "last": library.today.year}
    years = [p["year"] for p in library.search_papers(query="rent control", years=recent)["papers"]]
    assert years
    assert min(years) >= recent["first"]


def test_doctors_are_within_reach_speak_the_language_and_rest_at_weekends() -> None:
    practice = Practice(Random(6))
    found = practice.find_doctors(speciality="cardiology", language="Polish", within_km=3)[
        "doctors"
    ]
    assert found
    assert all(d["distance_km"] <= 3 and "Polish" in d["languages"] for d in found)
    slots = practice.list_slots(found[0]["doctor_id"], "2026-01-02", "2026-01-05")["slots"]
    assert {s["start"][:10] for s in slots} == {"2026-01-02", "2026-01-05"}  # Friday and Monday


def test_a_return_refunds_what_the_items_cost() -> None:
    shop = Shop(Random(7))
    order = shop.order("delivered", 3)
    item = order["items"][1]
    done = shop.return_items(
        order_id=order["order_id"], item_ids=[item["item_id"]], refund_to="store_credit"
    )
    assert done["refund_eur"] == item["price_eur"]


def test_dates_in_words_mean_the_date() -> None:
    world = Shop(Random(8))
    words = {(when - world.today).days: world.on(when) for when in map(world.ahead, (0, 1), (0, 1))}
    assert words[0] == "today"
    assert words[1] == "tomorrow" or words[1].startswith("on ")


def test_people_write_in_their_own_manner_and_leave_identifiers_alone() -> None:
    texts = {Voice(Random(n)).write("W1234567 has not arrived.") for n in range(60)}
    assert len(texts) > 5
    assert all("W1234567" in text for text in texts)
    assert not any(text.endswith("Thank you! Thank you!") for text in texts)


def test_mail_addresses_are_plain_ascii() -> None:
    assert all(Person(Random(n)).email.isascii() for n in range(300))
