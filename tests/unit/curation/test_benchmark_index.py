"""What a benchmark is found by, against brute force over plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.asked import asked, asked_in, words_of
from curation.benchmark_index import COMMON_ENTRIES, COMMON_FAMILIES, MOST_HITS, Index
from curation.decontamination import HitKind
from curation.trajectory import (
    Message,
    Role,
    ToolCall,
    ToolSpec,
    Trajectory,
    encode_messages,
    encode_tools,
)
from curation.word_prints import (
    RUN,
    SHORT_RUN,
    Prints,
    decode_prints,
    encode_prints,
    joined,
    prints_of,
)


def printed(trajectories: Sequence[Trajectory]) -> Prints:
    return prints_of([asked(one) for one in trajectories])


Found = dict[tuple[int, int, str], float]


def asking(*said: str, calls: str = "", tools: tuple[ToolSpec, ...] = ()) -> Trajectory:
    messages = [Message(Role.USER, text) for text in said]
    if calls:
        messages.append(Message(Role.ASSISTANT, None, (ToolCall("book", calls),)))
    return Trajectory(tuple(messages), tools)


def found(
    entries: Sequence[Trajectory], trajectories: Sequence[Trajectory], threshold: float = 0.6
) -> Found:
    # One by one and stored in between, as a benchmark is.
    stored = [decode_prints(encode_prints(printed([one]))) for one in entries]
    families = [str(i) for i in range(len(trajectories))]
    index = Index(joined(stored), threshold)
    whole = printed(trajectories)
    matches = index.find(whole, families)
    # As it goes for pages: from what is stored, with calls looked at where questions agree.
    light = [asked_in(encode_messages(t.messages), encode_tools(t.tools)) for t in trajectories]
    contents = whole.content.tolist()
    assert index.find(prints_of(light), families, contents.__getitem__) == matches
    return {(m.row, m.entry, m.kind.value): m.score for m in matches}


def runs_of(said: Sequence[str], n: int) -> set[tuple[str, ...]]:
    texts = [words_of(text) for text in said]
    return {tuple(words[i : i + n]) for words in texts for i in range(len(words) - n + 1)}


def brute_ngram(entry: Sequence[str], trajectory: Sequence[str]) -> float:
    long = runs_of(entry, RUN)
    own = long or runs_of(entry, SHORT_RUN)
    theirs = runs_of(trajectory, RUN if long else SHORT_RUN)
    share = len(own & theirs) / len(own) if own else 0.0
    return share if long or share >= 0.5 else 0.0


def brute_near(entry: Sequence[str], trajectory: Sequence[str], threshold: float) -> float:
    def units(said: Sequence[str], least: int) -> list[tuple[set[tuple[str, ...]], int]]:
        wholes = [(runs_of(said, 1) | runs_of(said, 2), sum(len(words_of(t)) for t in said))]
        parts = [(runs_of([t], 1) | runs_of([t], 2), len(words_of(t))) for t in said]
        spoken = [part for part in parts if part[1]]
        return wholes + ([p for p in parts if p[1] >= least] if len(spoken) > 1 else [])

    pairs = [
        len(one & other) / len(one | other)
        for one, n in units(entry, 13)
        for other, m in units(trajectory, 5)
        if n >= 6 and m >= 6
    ]
    best = max(pairs, default=0.0)
    return best if best >= threshold else 0.0


# A few words, so that runs repeat; case and punctuation, so that they have to be seen through.
_text = st.lists(
    st.sampled_from(["a", "B", "b,", "c", "D!", "Öl", "über", "中国", "x-y", "7.5"]), max_size=22
).map(" ".join)
_said = st.lists(_text, min_size=1, max_size=3)


@settings(max_examples=30)
@given(st.lists(_said, min_size=1, max_size=3), st.lists(_said, min_size=1, max_size=3))
def test_runs_of_words_and_near_questions_are_those_that_brute_force_finds(
    entries: list[list[str]], trajectories: list[list[str]]
) -> None:
    got = found([asking(*e) for e in entries], [asking(*t) for t in trajectories], 0.7)
    for row, said in enumerate(trajectories):
        for at, entry in enumerate(entries):
            assert got.get((row, at, "ngram"), 0.0) == brute_ngram(entry, said)
            assert got.get((row, at, "near"), 0.0) <= brute_near(entry, said, 0.7)
        # Of entries that ask the same one is named, so what is best is compared.
        best = max(brute_near(entry, said, 0.7) for entry in entries)
        assert best == max(got.get((row, i, "near"), 0.0) for i in range(len(entries)))


WORDS = [f"w{i}" for i in range(60)]
LONG = " ".join(WORDS[:20])


def test_each_kind_is_found_by_what_it_stands_for() -> None:
    tool = ToolSpec("book", "", {"type": "object", "properties": {"day": {}, "who": {}}})
    other = ToolSpec("book", "", {"type": "object", "properties": {"day": {}}})
    entry = asking(LONG, calls='{"who": "me", "day": 1}', tools=(tool,))

    def kinds(one: Trajectory) -> dict[str, float]:
        return {kind: round(score, 2) for (_, _, kind), score in found([entry], [one]).items()}

    same = asking(LONG.upper() + "!", calls='{"day":1,"who":"me"}')
    assert kinds(same) == {"question": 1, "content": 1, "ngram": 1, "near": 1}
    assert "content" not in kinds(asking(LONG, calls='{"day": 2, "who": "me"}'))
    assert kinds(asking("hello there " + LONG + " " + " ".join(WORDS[30:60]))) == {"ngram": 1}
    # One word of twenty: 19 of 21 words and 17 of 21 pairs agree; 13 words in a row are left.
    assert kinds(asking(" ".join([*WORDS[:15], "other", *WORDS[16:20]]))) == {
        "ngram": round(3 / 8, 2),
        "near": round((19 + 17) / (21 + 21), 2),
    }
    assert kinds(asking("something else", tools=(tool, other))) == {"tools": 0.5}
    assert kinds(asking("something else", tools=(other,))) == {}
    odd = ToolSpec("odd", "", {"properties": ["a", "list"]})
    assert kinds(asking("something else", tools=(tool, odd))) == {"tools": 0.5}
    # As one of several things that the user says.
    assert kinds(asking("good day", LONG, "thanks"))["question"] == 1


def test_a_short_question_is_found_by_eight_words_if_half_of_it_agrees() -> None:
    entry = asking(" ".join(WORDS[:10]))
    padding = " ".join(WORDS[20:50])
    assert found([entry], [asking(padding + " " + " ".join(WORDS[:9]))]) == {(0, 0, "ngram"): 2 / 3}
    assert found([entry], [asking(padding + " " + " ".join(WORDS[:8]))]) == {}


def test_what_is_common_is_no_sign_of_anything() -> None:
    many = [asking(f"{LONG} for number {i}") for i in range(COMMON_ENTRIES + 1)]
    assert {kind for _, _, kind in found(many, [asking("oh " + LONG)])} == {"near"}
    index = Index(printed([asking(LONG + " and now answer")]), 0.6)
    texts = [asking(f"{' '.join(WORDS[30:55])} n{i} {LONG}") for i in range(COMMON_FAMILIES + 1)]
    one_family = index.find(printed(texts), ["same"] * len(texts))
    assert len(one_family) == len(texts) and not index.common
    apart = index.find(printed(texts), [str(i) for i in range(len(texts))])
    assert index.common and apart == []
    (match, *_) = one_family
    assert index.score_of(0, match.runs, index.common) == 0


def test_no_trajectory_has_hits_without_end() -> None:
    entries = [asking(LONG, f"{i}") for i in range(2 * MOST_HITS)]
    hits = found(entries, [asking(LONG)])
    near = [entry for _, entry, kind in hits if kind == HitKind.NEAR.value]
    assert len(near) == MOST_HITS


def test_nothing_is_found_in_nothing() -> None:
    empty = Trajectory((Message(Role.USER, None),))
    assert found([asking(LONG)], [empty, Trajectory(())]) == {}
    assert found([], [asking(LONG)]) == {}
    assert printed([]).rows == 0 and np.size(printed([empty]).runs) == 0
