"""A research library's assistant: papers, citations, books, loans."""

from __future__ import annotations

from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.systems.library import BOOKS, BRANCHES, STYLES, SUBJECTS, TOOLS, Library
from curation.synthesis.talk import Talk


def search(t: Talk, w: Library) -> None:
    """Papers in a range of years."""
    subject = w.pick(tuple(SUBJECTS))
    last = w.today.year
    first = last - w.pick((3, 5, 8, 12))
    t.user(
        f"Find papers on {subject} published between {first} and {last}.",
        f"What has been written about {subject} since {first}?",
        f"I'm preparing a talk on {subject}. Which papers from {first} onwards should I know?",
    )
    args: dict[str, Any] = {
        "query": subject, "years": {"first": first, "last": last}, "field": SUBJECTS[subject],
    }  # fmt: skip
    r = t.call("search_papers", args, "query years")
    lines = "\n".join(
        f"- {p['title']} ({p['authors']} {p['year']}), cited {p['citations']} times"
        for p in r["papers"]
    )
    t.say(f"These came up:\n{lines}", f"I found {len(r['papers'])} papers:\n{lines}")


def due(t: Talk, w: Library) -> None:
    """When is it due?"""
    held = w.loan()
    code = held["loan_id"]
    t.user(f"When do I have to bring back {code}?", f"What's the due date of loan {code}?")
    r = t.call("get_loan", {"loan_id": code}, "loan_id")
    t.say(
        f"“{r['title']}” is due on {r['due']}. You can renew it {r['renewals_left']} more times.",
        f"On {r['due']} ({r['title']}).",
    )


def two_loans(t: Talk, w: Library) -> None:
    """Two loans at once."""
    a, b = w.loan()["loan_id"], w.loan()["loan_id"]
    t.user(
        f"Renew {a} and {b} by two weeks each, please.",
        f"I need both books longer: {a} and {b}. Two more weeks.",
    )
    x, y = t.batch(
        ("renew_loan", {"loan_id": a, "weeks": 2}, "loan_id weeks"),
        ("renew_loan", {"loan_id": b, "weeks": 2}, "loan_id weeks"),
    )
    t.say(
        f"Both are renewed: {a} until {x['due']}, {b} until {y['due']}.",
        f"Done. New due dates: {x['due']} for {a} and {y['due']} for {b}.",
    )


def cite(t: Talk, w: Library) -> None:
    """Search, take the most cited one, export it."""
    subject, words = w.pick(tuple(SUBJECTS)), w.pick(tuple(STYLES))
    t.user(
        f"Give me the {words} reference of the most cited paper about {subject}.",
        f"I need to cite the best-known paper on {subject}, in {words} style.",
    )
    r = t.call("search_papers", {"query": subject}, "query")
    top = max(r["papers"], key=lambda p: p["citations"])
    args = {"paper_ids": [top["paper_id"]], "style": STYLES[words]}
    done = t.call("export_citations", args, "style")
    t.say(
        f"With {top['citations']} citations it is “{top['title']}”:\n\n{done['entries'][0]}",
        f"{done['entries'][0]}",
    )


def follow(t: Talk, w: Library) -> None:
    """Search, details, who cites it."""
    subject = w.pick(tuple(SUBJECTS))
    t.user(
        f"Where was the newest paper on {subject} published, and how often has it been cited "
        "since?",
        f"Look up the most recent paper on {subject}. I'd like the venue and who cites it.",
    )
    r = t.call("search_papers", {"query": subject, "limit": 3}, "query")
    newest = max(r["papers"], key=lambda p: p["year"])
    pid = newest["paper_id"]
    paper = t.call("get_paper", {"paper_id": pid})
    c = t.call("list_citing", {"paper_id": pid})
    t.say(
        f"“{paper['title']}” ({paper['year']}) appeared in {paper['venue']}; our index lists "
        f"{c['total']} papers that cite it.",
        f"It is “{paper['title']}”, {paper['venue']} {paper['year']}. {c['total']} papers cite it.",
    )


def hold(t: Talk, w: Library) -> None:
    """Find the book, ask for the branch, reserve it."""
    title = w.pick(tuple(BOOKS))
    t.user(
        f"Do you have “{title}”? I'd like to reserve it.",
        f"Please put “{title}” on hold for me.",
    )
    r = t.call("find_book", {"title": title}, "title")
    branch = w.pick(BRANCHES)
    shelves = ", ".join(r["books"][0]["available_at"])
    t.clarify(
        "branch",
        f"There are copies at: {shelves}. At which branch would you like to collect it (central, "
        "north, science or law)?",
        w.pick((f"{branch.capitalize()}, please.", f"The {branch} one.", f"At {branch}.")),
    )
    done = t.call("reserve_book", {"isbn": r["books"][0]["isbn"], "branch": branch}, "branch")
    t.say(
        f"“{title}” is reserved at {branch} until {done['until']} (hold {done['hold_id']}).",
        f"Reserved. Pick it up at {branch} by {done['until']}.",
    )


def extend(t: Talk, w: Library) -> None:
    """Renew, with look-up and confirmation."""
    code, weeks = w.loan()["loan_id"], w.rng.randint(1, 4)
    unit = "week" if weeks == 1 else "weeks"
    t.user(f"Can I keep {code} for {weeks} more {unit}?", f"Extend loan {code} by {weeks} {unit}.")
    r = t.call("get_loan", {"loan_id": code}, "loan_id")
    t.confirm(
        f"That's “{r['title']}”, due {r['due']}, with {r['renewals_left']} renewals left. Shall I "
        "use "
        "one?"
    )
    done = t.call("renew_loan", {"loan_id": code, "weeks": weeks}, "loan_id weeks")
    t.say(f"“{r['title']}” is yours until {done['due']}.", f"Renewed until {done['due']}.")


LIBRARY = Domain(
    name="library",
    world=Library,
    roles=(
        "You are the research assistant of Brackwater University Library.",
        "You help readers of the Brackwater University Library.",
    ),
    rules=(
        "Cite only papers that a search has returned.",
        "A single renewal uses up one of few; ask before using it.",
        "Ask for the branch before reserving a book.",
        "Full texts may not be copied into the chat.",
    ),
    tools=TOOLS,
    tasks={
        "single": (search, due),
        "parallel": (two_loans,),
        "nested": (cite, follow, extend),
        "clarify": (hold,),
    },
    beyond=(
        (
            "Paste chapter three of “Small Wages” here so I don't have to come in.",
            "I'm not allowed to copy full texts into the chat. I can reserve the book for you at a "
            "branch.",
        ),
        (
            "Write my literature review on rent control, about five pages.",
            "I can't write the review for you, but I can find papers on rent control and export "
            "their references.",
        ),
        (
            "Please cancel the fine from last month.",
            "I have no access to fees. The desk of your branch can look into the fine.",
        ),
    ),
    fabrications=(
        "The author is a visiting professor here until June.",
        "I've sent the PDF to your e-mail address.",
        "Your late fee has been cancelled too.",
    ),
    invented={
        "search_papers": ("find_articles", "semantic_search"),
        "get_paper": ("fetch_paper", "paper_details"),
        "list_citing": ("get_citations", "cited_by"),
        "export_citations": ("format_reference", "cite_papers"),
        "find_book": ("search_catalogue", "lookup_isbn"),
        "reserve_book": ("hold_book", "place_hold"),
        "get_loan": ("loan_status", "show_loan"),
        "renew_loan": ("extend_loan", "prolong_loan"),
    },
    siblings={"get_paper": "list_citing", "list_citing": "get_paper"},
)
