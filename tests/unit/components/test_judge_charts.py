"""Figures of a judge's scorecard: every cell leads to its cases, nothing undefined is drawn."""

from __future__ import annotations

from components.judge_charts import confusion, precisions
from curation.confusion import Ruled, confusion_of
from curation.judge_scores import score_of
from curation.verdicts import Verdict

LW, PW = Verdict.LABEL_WRONG, Verdict.PRED_WRONG
TABLE = confusion_of([Ruled(LW, LW), Ruled(LW, LW), Ruled(LW, PW), Ruled(None, PW)])


def test_every_cell_is_counted_and_leads_to_its_cases():
    figure = confusion(TABLE)
    marks = figure.data[-1]
    counted = {data[0]: text for data, text in zip(marks.customdata, marks.text, strict=True)}
    assert len(counted) == 20
    assert counted["LABEL_WRONG|LABEL_WRONG"] == "2"
    assert counted["PRED_WRONG|LABEL_WRONG"] == "1"
    assert counted["PRED_WRONG|unscored"] == "1"
    assert counted["BOTH_WRONG|BOTH_WRONG"] == "0"
    assert sorted(a.text for a in figure.layout.annotations) == sorted(counted.values())


def test_agreement_and_disagreement_have_colours_of_their_own():
    same, other = confusion(TABLE).data[:2]
    assert same.z[1][1] == 1.0
    assert same.z[0][1] is None
    assert other.z[0][1] == 0.5


def test_bars_are_of_known_precisions_with_their_bounds():
    scores = [score_of(TABLE, verdict) for verdict in Verdict]
    bar, target = precisions(scores, {LW: 0.9, PW: None}).data
    assert list(bar.x) == ["LABEL_WRONG"], "nobody measured the others"
    assert list(bar.y) == [2 / 3]
    # Wilson's interval of 2 in 3 is 0.2077 to 0.9385.
    assert round(bar.y[0] - bar.error_y.arrayminus[0], 4) == 0.2077
    assert round(bar.y[0] + bar.error_y.array[0], 4) == 0.9385
    assert (list(target.x), list(target.y)) == (["LABEL_WRONG"], [0.9])
