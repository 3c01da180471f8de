"""Tables as CSV: nothing in them runs, and a cut is never silent."""

from __future__ import annotations

import csv
import io

from components.tables import csv_bytes


def test_text_that_would_run_is_disarmed_and_numbers_stay_numbers() -> None:
    rows = [["=1+1", -3, 2.5, None], ["  @sum", 0, 1e-7, "ä\ud800"], ['a,"b"\n', 1, 1.0, "x"]]
    found = list(csv.reader(io.StringIO(csv_bytes(["a", "b", "c", "d"], rows).decode())))
    assert found == [
        ["a", "b", "c", "d"],
        ["'=1+1", "-3", "2.5", ""],
        ["'  @sum", "0", "1e-07", "ä?"],
        ['a,"b"\n', "1", "1.0", "x"],
    ]


def test_a_table_that_is_cut_says_so_in_its_last_line() -> None:
    whole = csv_bytes(["n"], ([n] for n in range(3)), limit=3).decode().splitlines()
    assert whole == ["n", "0", "1", "2"]
    endless = iter(lambda: [7], None)
    cut = csv_bytes(["n"], endless, limit=2).decode().splitlines()
    assert cut[:3] == ["n", "7", "7"]
    assert "first 2 rows" in cut[3]
