"""A web shop: the tools offered, and the orders, parcels and products behind them."""

from __future__ import annotations

from typing import Any

from curation.synthesis.schema import choice, flag, number, record, several, text, tool
from curation.synthesis.world import Answer, World

GOODS = {
    "desk lamp": ("lighting", 34.9), "floor lamp": ("lighting", 89.0), "kettle": ("kitchen", 39.5),
    "cast-iron pan": ("kitchen", 54.0), "coffee grinder": ("kitchen", 72.9),
    "wool blanket": ("textiles", 65.0), "linen curtains": ("textiles", 48.0),
    "office chair": ("furniture", 189.0), "bookshelf": ("furniture", 129.0),
    "side table": ("furniture", 74.5), "wireless keyboard": ("electronics", 59.9),
    "desk fan": ("electronics", 44.0),
}  # fmt: skip
REFUNDS = {"my card": "original_payment", "store credit": "store_credit"}
_ORDER = "^W[0-9]{7}$"
_TRACK = "^[A-Z]{2}[0-9]{9}$"

TOOLS = (
    tool(
        "get_order",
        "An order with its items, state and parcel number.",
        "order_id",
        order_id=text("W and seven digits", pattern=_ORDER),
    ),
    tool(
        "get_invoice",
        "The invoice of an order as a link to a PDF.",
        "order_id",
        order_id=text("W and seven digits", pattern=_ORDER),
    ),
    tool(
        "find_orders",
        "Orders of a customer, newest first.",
        "email",
        email=text("The customer's e-mail address", format="email"),
        state=choice("Only orders in this state", "processing", "shipped", "delivered", "returned"),
    ),
    tool(
        "track_parcel",
        "Where a parcel is and when it should arrive.",
        "tracking_number",
        tracking_number=text("Two letters and nine digits", pattern=_TRACK),
    ),
    tool(
        "search_products",
        "Search the catalogue.",
        "query",
        query=text("What to look for", minLength=2, maxLength=80),
        category=choice(
            "Department", "lighting", "kitchen", "textiles", "furniture", "electronics"
        ),
        max_price=number("Upper limit in EUR", 0.5, 5000),
        in_stock=flag("Only what can be shipped now"),
    ),
    tool(
        "return_items",
        "Open a return for items of a delivered order.",
        "order_id item_ids refund_to",
        order_id=text("W and seven digits", pattern=_ORDER),
        item_ids=several("Items to send back", text("Item id", pattern="^I[0-9]{5}$")),
        refund_to=choice("Where the money goes", *REFUNDS.values()),
    ),
    tool(
        "update_delivery_address",
        "Change where an order that has not been shipped is sent.",
        "order_id address",
        order_id=text("W and seven digits", pattern=_ORDER),
        address=record(
            "The new address",
            "street city postcode",
            street=text("Street and number"),
            city=text("Town"),
            postcode=text("Postcode", maxLength=10),
            note=text("Note for the driver", maxLength=120),
        ),
    ),
)


class Shop(World):
    """Orders that come into being when a customer speaks of them."""

    def order(self, state: str, count: int = 2) -> Answer:
        """An order of this customer on file."""
        items = [
            {"item_id": f"I{self.digits(5)}", "name": name, "price_eur": GOODS[name][1]}
            for name in self.rng.sample(sorted(GOODS), count)
        ]
        made = {
            "order_id": f"W{self.digits(7)}",
            "state": state,
            "placed": self.ago(3, 30).isoformat(),
            "items": items,
            "total_eur": round(sum(float(str(i["price_eur"])) for i in items), 2),
        }
        if state in {"shipped", "delivered"}:
            made["tracking_number"] = f"{self.pick(('PX', 'RN', 'LK'))}{self.digits(9)}"
        self.memory[str(made["order_id"])] = made
        return made

    def get_order(self, order_id: str) -> Answer:
        return dict(self.memory.get(order_id) or {"error": "order not found"})

    def get_invoice(self, order_id: str) -> Answer:
        link = f"https://shop.example/invoices/{order_id.lower()}.pdf"
        return {"order_id": order_id, "invoice_url": link, "issued": self.ago(1, 3).isoformat()}

    def find_orders(self, email: str, state: str = "") -> Answer:
        orders = [o for o in self.memory.values() if "order_id" in o]
        held = [o for o in orders if not state or o["state"] == state]
        held.sort(key=lambda o: str(o["placed"]), reverse=True)
        brief = ("order_id", "state", "placed", "total_eur")
        return {"email": email, "orders": [{k: o[k] for k in brief} for o in held]}

    def track_parcel(self, tracking_number: str) -> Answer:
        place = self.pick(("regional depot", "customs", "delivery van", "sorting centre"))
        answer = {
            "tracking_number": tracking_number,
            "last_seen": place,
            "expected": self.ahead(1, 5).isoformat(),
            "stops_left": self.rng.randint(2, 40) if place == "delivery van" else None,
        }
        return dict(self.once(tracking_number, answer))

    def search_products(self, **a: Any) -> Answer:
        found = []
        for brand in self.rng.sample(("Alva", "Bodil", "Corvo", "Dunmore", "Ekko"), 3):
            price = GOODS[a["query"]][1] * self.rng.uniform(0.6, 1.3)
            price = min(price, float(a.get("max_price", price)) * self.rng.uniform(0.7, 1))
            sku = f"P{self.digits(6)}"
            found.append(
                {"sku": sku, "name": f"{brand} {a['query']}", "price_eur": round(price, 2)}
            )
        return {"query": a["query"], "results": found}

    def return_items(self, **a: Any) -> Answer:
        prices = {i["item_id"]: i["price_eur"] for i in self.memory[a["order_id"]]["items"]}
        return {
            "return_id": f"R{self.digits(6)}",
            "refund_eur": round(sum(prices[i] for i in a["item_ids"]), 2),
            "refund_to": a["refund_to"],
            "drop_off_by": self.ahead(14, 14).isoformat(),
        }

    def update_delivery_address(self, order_id: str, address: Answer) -> Answer:
        self.memory[order_id]["ship_to"] = address
        return {"order_id": order_id, "ship_to": address, "updated": True}
