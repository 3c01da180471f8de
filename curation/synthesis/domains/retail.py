"""A web shop's customer service: orders, parcels, returns, addresses."""

from __future__ import annotations

from curation.synthesis.domain import Domain
from curation.synthesis.people import STREETS, TOWNS
from curation.synthesis.systems.retail import GOODS, REFUNDS, TOOLS, Shop
from curation.synthesis.talk import Talk


def where(t: Talk, w: Shop) -> None:
    """Order number -> parcel number -> where it is."""
    order = w.order("shipped")
    oid = order["order_id"]
    t.user(
        f"Where is my order {oid}? It should have been here by now.",
        f"Can you tell me when {oid} is going to arrive?",
        f"I ordered a {order['items'][0]['name']} (order {oid}) and I'm still waiting for it.",
    )
    held = t.call("get_order", {"order_id": oid}, "order_id")
    r = t.call("track_parcel", {"tracking_number": held["tracking_number"]})
    stops = f", {r['stops_left']} stops before you" if r["stops_left"] else ""
    t.say(
        f"Your parcel {held['tracking_number']} was last seen at: {r['last_seen']}{stops}. "
        "Delivery "
        f"is expected on {r['expected']}.",
        f"It has shipped and should reach you on {r['expected']}. Last scan: "
        f"{r['last_seen']}{stops}.",
    )


def look(t: Talk, w: Shop) -> None:
    """One search with filters."""
    what = w.pick(tuple(GOODS))
    category, base = GOODS[what]
    limit = int(base * w.rng.uniform(0.9, 1.6)) // 5 * 5 + 5
    stock = w.chance(0.5)
    tail = " It has to be in stock." if stock else ""
    t.user(
        f"I'm looking for a {what} under €{limit}.{tail}",
        f"What {what} could I get for at most €{limit}?{tail}",
        f"Show me your options for a {what}, budget {limit} euros.{tail}",
    )
    args: dict[str, object] = {"query": what, "category": category, "max_price": limit}
    if stock:
        args["in_stock"] = True
    r = t.call("search_products", args, "query max_price in_stock")
    best = min(r["results"], key=lambda p: p["price_eur"])
    rest = ", ".join(f"{p['name']} (€{p['price_eur']:.2f})" for p in r["results"])
    t.say(
        f"These fit your budget: {rest}.",
        f"The cheapest is the {best['name']} at €{best['price_eur']:.2f}. All I found: {rest}.",
    )


def both_orders(t: Talk, w: Shop) -> None:
    """Two orders at once."""
    one, two = w.order("processing"), w.order("shipped")
    a, b = one["order_id"], two["order_id"]
    t.user(
        f"What's the state of my orders {a} and {b}?",
        f"I have two orders open, {a} and {b}. Have they been sent yet?",
    )
    x, y = t.batch(
        ("get_order", {"order_id": a}, "order_id"), ("get_order", {"order_id": b}, "order_id")
    )
    t.say(
        f"{a} is still being processed (€{x['total_eur']:.2f}); {b} has shipped under "
        f"{y['tracking_number']}.",
        f"{b} is on its way, parcel number {y['tracking_number']}. {a} has not left the warehouse "
        "yet.",
    )


def send_back(t: Talk, w: Shop) -> None:
    """Return one item; which way the refund goes is asked."""
    order = w.order("delivered", 3)
    item, oid = w.pick(order["items"]), order["order_id"]
    why = w.pick(("is the wrong colour", "came with a scratch", "is bigger than I thought"))
    t.user(
        f"I want to return the {item['name']} from order {oid}, it {why}.",
        f"The {item['name']} in {oid} {why}. Can I send it back?",
    )
    t.call("get_order", {"order_id": oid}, "order_id")
    words = w.pick(tuple(REFUNDS))
    t.clarify(
        "refund_to",
        f"Of course. Would you like the €{item['price_eur']:.2f} for the {item['name']} back on "
        "your card or as store credit?",
        w.pick((f"On {words}, please." if words == "my card" else f"As {words}, please.",
                f"{words.capitalize()} is fine.")),
    )  # fmt: skip
    args = {"order_id": oid, "item_ids": [item["item_id"]], "refund_to": REFUNDS[words]}
    r = t.call("return_items", args, "order_id refund_to")
    t.say(
        f"Return {r['return_id']} is open. Please drop the parcel off by {r['drop_off_by']}; "
        f"€{r['refund_eur']:.2f} will go to {words} once it arrives.",
        f"Done. Your return number is {r['return_id']}, to be handed in by {r['drop_off_by']}. The "
        f"refund is €{r['refund_eur']:.2f}.",
    )


def move_house(t: Talk, w: Shop) -> None:
    """Find the open order, confirm the new address, change it."""
    order = w.order("processing")
    order["placed"] = w.today.isoformat()
    city, postcode = w.pick(TOWNS)
    street = f"{w.rng.randint(1, 98)} {w.pick(STREETS)}"
    t.user(
        f"I've just moved. Please send the order I placed today to {street}, {city} {postcode} "
        "instead.",
        f"Can today's order still go to a different address? It's {street}, {city}, {postcode}.",
    )
    t.call("find_orders", {"email": w.me.email, "state": "processing"})
    oid = order["order_id"]
    t.confirm(
        f"Your latest order that has not been sent is {oid} (€{order['total_eur']:.2f}). Shall I "
        f"change its address to {street}, {city} {postcode}?"
    )
    address = {"street": street, "city": city, "postcode": postcode}
    t.call("update_delivery_address", {"order_id": oid, "address": address}, "address")
    t.say(
        f"{oid} will now be delivered to {street}, {city} {postcode}.",
        f"I've updated the address of {oid} to {street}, {city} {postcode}.",
    )


def which_order(t: Talk, w: Shop) -> None:
    """The number is missing and asked for."""
    order = w.order(w.pick(("processing", "delivered")))
    t.user("Can you check on my order for me?", "I'd like to know what's happening with my order.")
    oid = order["order_id"]
    t.clarify(
        "order_id",
        w.pick(
            ("Gladly. What is the order number?", "Could you give me the order number, please?")
        ),
        w.pick((f"It's {oid}.", f"{oid}", f"Sorry, of course: {oid}.")),
    )
    r = t.call("get_order", {"order_id": oid}, "order_id")
    names = " and ".join(f"the {i['name']}" for i in r["items"])
    t.say(
        f"Order {oid} of {r['placed']} is {r['state']}. It contains {names}, "
        f"€{r['total_eur']:.2f} in total.",
    )


RETAIL = Domain(
    name="retail",
    world=Shop,
    roles=(
        "You are the customer service assistant of Hearth & Oak, a web shop for the home.",
        "You answer customers of the home store Hearth & Oak.",
    ),
    rules=(
        "Change an order only after the customer has confirmed the order number and the change.",
        "Before opening a return, ask whether the refund goes to the card or to store credit.",
        "Parcels that have left the warehouse cannot be redirected.",
        "Never promise discounts.",
    ),
    tools=TOOLS,
    tasks={
        "single": (look,),
        "parallel": (both_orders,),
        "nested": (where, move_house),
        "clarify": (send_back, which_order),
    },
    beyond=(
        (
            "The lamp arrived two days late. I think 20 % off the next order would be fair.",
            "I'm sorry that it came late. I can't grant discounts, but I can open a return for the "
            "lamp if you no longer want it.",
        ),
        (
            "Could you redirect my parcel to my office? The van left this morning.",
            "A parcel that has left the warehouse can't be redirected, I'm afraid. The carrier may "
            "let you choose a pick-up point with the tracking number.",
        ),
        (
            "Can you tell me whether your competitor has the same shelf for less?",
            "I can only search our own catalogue, so I can't compare with other shops.",
        ),
    ),
    fabrications=(
        "I've added a €10 voucher to your account for the trouble.",
        "Our courier will call you one hour before arrival.",
        "I've also extended your warranty to three years.",
    ),
    invented={
        "get_order": ("fetch_order_details", "order_lookup"),
        "track_parcel": ("get_shipping_status", "track_order"),
        "search_products": ("find_product", "product_search_v2"),
        "return_items": ("create_return", "refund_items"),
        "find_orders": ("list_customer_orders", "get_user_orders"),
        "update_delivery_address": ("change_address", "edit_order"),
    },
    siblings={"get_order": "get_invoice"},
)
