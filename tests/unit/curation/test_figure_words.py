from curation.figure_words import as_number, as_percent, brief_number, brief_percent, share_in_words
from curation.intervals import Figure, Interval, wilson


def test_a_share_is_told_with_its_cases_and_interval():
    assert as_percent(Figure(2 / 3, 3, Interval(0.2, 0.94))) == "66.7 % of 3 (20.0 to 94.0 %)"
    assert as_percent(Figure(0.0, 1200)) == "0.0 % of 1,200"
    assert as_number(Figure(-0.25, 40, Interval(-0.5, 0.1))) == "-0.25 of 40 (-0.50 to 0.10)"
    assert share_in_words(4 / 9) == "44.4 %"


def test_what_is_undefined_is_no_zero():
    assert as_percent(Figure(None, 0)) == "undefined (0 cases)"
    assert as_number(Figure(None, 1)) == "undefined (1 case)"
    assert share_in_words(None) == "undefined"


def test_a_table_shows_figures_briefly() -> None:
    # Wilson's interval of 2 in 3 is 20.8 to 93.9 %.
    assert brief_percent(Figure(2 / 3, 3, wilson(2, 3))) == "66.7 % (21 to 94)"
    assert brief_percent(Figure(None, 0)) == "–"
    assert brief_number(Figure(-0.25, 4, Interval(-0.5, 0.126))) == "-0.25 (-0.50 to 0.13)"
    assert brief_number(Figure(0.5, 4)) == "0.50"
    assert brief_number(Figure(None, 0)) == "–"
