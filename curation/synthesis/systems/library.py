"""A research library: the tools offered, and the papers, books and loans behind them."""

from __future__ import annotations

from typing import Any

from curation.synthesis.schema import choice, integer, record, several, text, tool
from curation.synthesis.world import Answer, World

SUBJECTS = {
    "soil microbes and drought": "biology", "bee navigation": "biology",
    "graph neural networks for traffic": "computer_science", "type inference": "computer_science",
    "medieval guild records": "history", "early railway timetables": "history",
    "perovskite solar cells": "physics", "gravitational lensing": "physics",
    "minimum wage effects": "economics", "rent control": "economics",
}  # fmt: skip
FIELDS = ("biology", "computer_science", "economics", "history", "physics")
BOOKS = {
    "The Grain of the Field": "9780306406157", "Rails and Rivers": "9781861972712",
    "A Short History of Salt": "9780131103627", "Light Bent Twice": "9780262033848",
    "Small Wages": "9780140328721",
}  # fmt: skip
BRANCHES = ("central", "north", "science", "law")
STYLES = {"APA": "apa", "MLA": "mla", "Chicago": "chicago", "BibTeX": "bibtex"}
_TITLES = (
    "{}: a review",
    "New evidence on {}",
    "{} revisited",
    "Measuring {}",
    "What we got wrong about {}",
    "A field study of {}",
)
_PAPER = "^p-[0-9]{7}$"
_LOAN = "^ln-[0-9]{5}$"

TOOLS = (
    tool(
        "search_papers",
        "Search titles and abstracts.",
        "query",
        query=text("Words to look for", minLength=3, maxLength=120),
        years=record(
            "Years of publication, both included",
            "first last",
            first=integer("From", 1800, 2100),
            last=integer("To", 1800, 2100),
        ),
        field=choice("Field", *FIELDS),
        limit=integer("At most this many", 1, 50),
    ),
    tool(
        "get_paper",
        "Authors, venue and abstract of a paper.",
        "paper_id",
        paper_id=text("Id from search_papers", pattern=_PAPER),
    ),
    tool(
        "list_citing",
        "Papers that cite a paper, newest first.",
        "paper_id",
        paper_id=text("Id from search_papers", pattern=_PAPER),
    ),
    tool(
        "export_citations",
        "References of papers in a citation style.",
        "paper_ids style",
        paper_ids=several("Papers", text("Id", pattern=_PAPER), 1, 20),
        style=choice("Style", *STYLES.values()),
    ),
    tool(
        "find_book",
        "Copies of a book by title, with the branches that have one.",
        "title",
        title=text("Title or part of it", minLength=2),
    ),
    tool(
        "reserve_book",
        "Hold a copy for the reader at a branch.",
        "isbn branch",
        isbn=text("13 digits", pattern="^97[89][0-9]{10}$"),
        branch=choice("Where to collect it", *BRANCHES),
    ),
    tool(
        "get_loan",
        "A loan with its due date.",
        "loan_id",
        loan_id=text("Id of the loan", pattern=_LOAN),
    ),
    tool(
        "renew_loan",
        "Extend a loan.",
        "loan_id weeks",
        loan_id=text("Id of the loan", pattern=_LOAN),
        weeks=integer("By how many weeks", 1, 4),
    ),
)


class Library(World):
    """Papers that are made up when searched for and stay the same afterwards."""

    def search_papers(self, **a: Any) -> Answer:
        years = a.get("years") or {"first": 1800, "last": 2100}
        shelf = self.memory.get(f"about {a['query']}") or self._shelf(a["query"])
        found = [p for p in shelf if years["first"] <= p["year"] <= years["last"]]
        return {"query": a["query"], "papers": found[: a.get("limit", 4)]}

    def _shelf(self, query: str) -> list[Answer]:
        """The papers that exist on a subject; two of them are recent."""
        found: list[Answer] = []
        for frame in self.rng.sample(_TITLES, 4):
            lead = self.person()
            age = self.rng.randint(0, 3) if len(found) < 2 else self.rng.randint(4, 28)
            title = frame.format(query)
            paper = {
                "paper_id": f"p-{self.digits(7)}",
                "title": title[0].upper() + title[1:],
                "authors": f"{lead.last}, {lead.first[0]}. et al.",
                "year": self.today.year - age,
                "citations": self.rng.randint(2, 900),
            }
            self.memory[str(paper["paper_id"])] = paper
            found.append(paper)
        self.memory[f"about {query}"] = found
        return found

    def get_paper(self, paper_id: str) -> Answer:
        paper = self.memory.get(paper_id)
        if paper is None:
            return {"error": "unknown paper"}
        return {**paper, "venue": self.pick(("Annals", "Letters", "Proceedings", "Quarterly"))}

    def list_citing(self, paper_id: str) -> Answer:
        count = self.memory.get(paper_id, {}).get("citations", 0)
        return {"paper_id": paper_id, "total": count, "newest": f"p-{self.digits(7)}"}

    def export_citations(self, paper_ids: list[str], style: str) -> Answer:
        entries = []
        for paper_id in paper_ids:
            p = self.memory.get(paper_id, {})
            entries.append(f"{p.get('authors')} ({p.get('year')}). {p.get('title')}.")
        return {"style": style, "entries": entries}

    def find_book(self, title: str) -> Answer:
        isbn = BOOKS.get(title)
        if isbn is None:
            return {"books": []}
        shelves = sorted(self.rng.sample(BRANCHES, self.rng.randint(1, 3)))
        return {"books": [{"title": title, "isbn": isbn, "available_at": shelves}]}

    def reserve_book(self, isbn: str, branch: str) -> Answer:
        hold = self.ahead(7, 7).isoformat()
        return {"hold_id": f"h-{self.digits(5)}", "isbn": isbn, "branch": branch, "until": hold}

    def loan(self) -> Answer:
        """A loan of this reader on file."""
        made = {
            "loan_id": f"ln-{self.digits(5)}",
            "title": self.pick(tuple(BOOKS)),
            "due": self.ahead(1, 12).isoformat(),
            "renewals_left": self.rng.randint(1, 3),
        }
        self.memory[str(made["loan_id"])] = made
        return made

    def get_loan(self, loan_id: str) -> Answer:
        return dict(self.memory.get(loan_id) or {"error": "unknown loan"})

    def renew_loan(self, loan_id: str, weeks: int) -> Answer:
        due = self.ahead(weeks * 7 + 2, weeks * 7 + 9).isoformat()
        return {"loan_id": loan_id, "weeks": weeks, "due": due}
