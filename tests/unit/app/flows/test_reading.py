"""Reading files: every form, and everything that can be wrong with one."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.flows.json_splitting import ValueSplitter
from app.flows.reading import (
    detect_format,
    find_files,
    import_context,
    read_records,
    read_tool_file,
    read_tool_sets,
)
from app.flows.record_decoding import depth_exceeds
from curation.errors import IngestError
from curation.importing import Problem, Record

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": 'brackets ]}[{ and "quotes" and \\ back'},
    {"id": "b", "nested": {"list": [1, [2, {"x": []}]]}},
    {"id": "ü", "text": "line\nbreak 😀"},
]


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in rows)


def written(tmp_path: Path, data: bytes, name: str = "data.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def values(path: Path, **options: Any) -> list[Any]:
    """All values; fails when there is any problem."""
    found = list(read_records(path, **options))
    assert [r for r in found if isinstance(r, Problem)] == []
    return [r.value for r in found if isinstance(r, Record)]


def split(path: Path, **options: Any) -> tuple[list[Any], list[Problem]]:
    found = list(read_records(path, **options))
    return (
        [r.value for r in found if isinstance(r, Record)],
        [r for r in found if isinstance(r, Problem)],
    )


FORMS = {
    "json lines": lines(ROWS),
    "json lines without a last newline": lines(ROWS).rstrip(b"\n"),
    "json lines with blank lines": b"\n\n" + lines(ROWS).replace(b"\n", b"\n \n"),
    "json lines of windows": lines(ROWS).replace(b"\n", b"\r\n"),
    "json lines with a byte order mark": b"\xef\xbb\xbf" + lines(ROWS),
    "an array on one line": json.dumps(ROWS).encode(),
    "an array, indented": json.dumps(ROWS, indent=2).encode(),
    "an array with a row on each line": b"[\n" + b",\n".join(lines([r])[:-1] for r in ROWS) + b"]",
    "an array with a byte order mark": b"\xef\xbb\xbf" + json.dumps(ROWS).encode(),
    "an array after blanks": b"\n\n  " + json.dumps(ROWS).encode() + b"\n\n",
    "indented objects in a row": b"\n".join(json.dumps(r, indent=1).encode() for r in ROWS),
    "objects on one line": b"".join(json.dumps(r).encode() for r in ROWS),
    "objects on one line with commas": b", ".join(json.dumps(r).encode() for r in ROWS) + b"\n",
    "lines that end in a comma": b",\n".join(json.dumps(r).encode() for r in ROWS) + b",\n",
    "lines of the oldest macs": lines(ROWS).replace(b"\n", b"\r"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["data.jsonl", "data.json", "data.txt"])
def test_every_form_is_read_whatever_its_name(tmp_path: Path, form: str, name: str) -> None:
    assert values(written(tmp_path, FORMS[form], name)) == ROWS


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_from_gzip(tmp_path: Path, form: str) -> None:
    assert values(written(tmp_path, gzip.compress(FORMS[form]), "data.gz")) == ROWS


def test_gzip_of_several_members_is_read(tmp_path: Path) -> None:
    data = b"".join(gzip.compress(lines([row])) for row in ROWS)
    assert values(written(tmp_path, data)) == ROWS


@pytest.mark.parametrize("row", ROWS)
def test_a_single_line_or_object_is_one_record(tmp_path: Path, row: dict[str, Any]) -> None:
    assert values(written(tmp_path, json.dumps(row).encode())) == [row]
    assert values(written(tmp_path, json.dumps(row, indent=4).encode())) == [row]


def test_lines_that_are_arrays_are_records_of_their_own(tmp_path: Path) -> None:
    assert values(written(tmp_path, b"[1, 2]\n[3]\n")) == [[1, 2], [3]]


def test_an_array_is_split_alike_at_every_chunk_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps(ROWS, indent=1).encode() + b"\n"
    for size in range(1, len(data)):
        monkeypatch.setattr("app.flows.json_splitting.CHUNK", size)
        pieces = list(ValueSplitter(BytesIO(data), 10_000, in_array=True))
        assert [json.loads(p.data) for p in pieces] == ROWS
        assert [p.line for p in pieces] == [2, 6, 20]


def test_places_name_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"\n" + lines(ROWS))
    assert [r.where for r in read_records(path)] == [f"{path}:{n}" for n in (2, 3, 4)]
    path = written(tmp_path, json.dumps(ROWS, indent=1).encode())
    assert [r.where for r in read_records(path)] == [f"{path}:{n}" for n in (2, 6, 20)]


def test_parquet_is_read_row_by_row(tmp_path: Path) -> None:
    rows = [{"id": str(n), "messages": [{"role": "user", "content": "x" * n}]} for n in range(600)]
    path = tmp_path / "data.anything"
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = list(read_records(path))
    assert [r.value for r in found if isinstance(r, Record)] == rows
    assert found[599].where == f"{path}: row 600"


# --- bad input ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (gzip.compress(b""), "empty"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (os.urandom(4) + b"\0" * 50, "binary"),
        (b"PK\x03\x04zip", "zip archive"),
        ("text".encode("utf-16"), "UTF-16"),
        (b"\x28\xb5\x2f\xfd....", "zstandard"),
        (b"# A heading\n\nProse, not data.\n", "begins with '# A heading'"),
        (b"id,text\n1,hello\n", "begins with"),
        (b'"just a string"\n', "There is no record here"),
        (b"null", "There is no record here"),
        (b"[]", "The list is empty"),
        (b" [\n]\n", "The list is empty"),
        (gzip.compress(b"[]"), "The list is empty"),
        ('[{"id": 1}]'.encode("utf-16-be"), "UTF-16 or UTF-32"),
        ('{"id": 1}'.encode("utf-16-le"), "UTF-16 or UTF-32"),
        ('{"id": 1}'.encode("utf-32"), "UTF-32"),
        ('[{"id": 1}]'.encode("utf-32-be"), "UTF-16 or UTF-32"),
        (b"PAR1 but no table", "parquet file is damaged"),
        (b"\x1f\x8b\x08\x00damaged", "damaged or cut off"),
        (b"\x1f\x8b", "damaged or cut off"),
    ],
)
def test_a_file_that_is_no_data_is_one_problem(tmp_path: Path, data: bytes, words: str) -> None:
    path = written(tmp_path, data)
    found, problems = split(path)
    assert found == []
    (problem,) = problems
    assert words in problem.message
    assert problem.where.startswith(str(path))
    assert problem.hint


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b'{"id": }', "not JSON"),
        (b'{"id": "x"', "not JSON"),
        (b'{"id": "x"} trailing', "trailing"),
        (b'{"score": NaN}', "NaN or Infinity"),
        (b'{"score": [-Infinity]}', "NaN or Infinity"),
        (b'{"text": "\\ud83d alone"}', "half of a surrogate pair"),
        (b'{"text": "\xff\xfe"}', "not UTF-8: byte 0xff"),
        (b'{"text": "' + b"\xed\xa0\x80" + b'"}', "not UTF-8"),
        (b'{"a": ' * 5000 + b"1" + b"}" * 5000, "nested more than"),
        (b"[" * 300_000, "nested more than"),
        (b'{"a": ' * 300 + b"1" + b"}" * 300, "nested more than"),
        (b"plain text", "not JSON"),
        (b'{"n": 1e999}', "not JSON"),
        (b'{"big": "' + b"x" * 2_000_000 + b'"}', "longer than 1,500,000 bytes"),
    ],
)
@pytest.mark.parametrize("where", [0, 1, 3])
def test_a_bad_line_is_a_problem_and_the_others_are_kept(
    tmp_path: Path, bad: bytes, words: str, where: int
) -> None:
    good = [lines([row]) for row in ROWS]
    data = b"".join([*good[:where], bad + b"\n", *good[where:]])
    path = written(tmp_path, data)
    found, problems = split(path, max_record_bytes=1_500_000)
    assert found == ROWS
    (problem,) = problems
    assert words in problem.message
    assert problem.where == f"{path}:{where + 1}"
    assert problem.hint


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b'{"id": }', "not JSON"),
        (b'{"id": 01}', "not JSON"),
        (b'{"score": NaN}', "NaN"),
        (b'{"text": "\\udc00"}', "half of a surrogate pair"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"17", "There is no record here"),
        (b'"text"', "There is no record here"),
        (b"[" * 100_000 + b"]" * 100_000, "nested more than"),
        (b'{"big": "' + b"x" * 2_000_000 + b'"}', "longer than 1,500,000 bytes"),
        (b'{"big": [' + b"1," * 1_000_000 + b"1]}", "longer than 1,500,000 bytes"),
    ],
)
@pytest.mark.parametrize("where", [0, 1, 3])
def test_a_bad_element_of_an_array_is_a_problem_and_the_others_are_kept(
    tmp_path: Path, bad: bytes, words: str, where: int
) -> None:
    good = [lines([row])[:-1] for row in ROWS]
    data = b"[" + b",\n".join([*good[:where], bad, *good[where:]]) + b"]"
    path = written(tmp_path, data, "data.json")
    found, problems = split(path, max_record_bytes=1_500_000)
    assert found == ROWS
    (problem,) = problems
    assert words in problem.message
    assert problem.where == f"{path}:{where + 1}"


def test_a_gzip_that_is_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    rows = [{"id": n, "text": os.urandom(300).hex()} for n in range(2000)]
    whole = gzip.compress(lines(rows))
    path = written(tmp_path, whole[: len(whole) // 2])
    found, problems = split(path)
    assert 900 < len(found) < 1100
    assert found == rows[: len(found)]
    (problem,) = problems
    assert f"{len(found)} records before it were read" in problem.message
    assert problem.hint


def test_an_array_in_a_gzip_that_is_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    rows = [{"id": n, "text": os.urandom(300).hex()} for n in range(2000)]
    whole = gzip.compress(json.dumps(rows).encode())
    found, problems = split(written(tmp_path, whole[: len(whole) // 2]))
    assert 900 < len(found) < 1100
    assert found == rows[: len(found)]
    assert len(problems) == 1


def test_a_gzip_with_a_wrong_checksum_is_a_problem(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(lines(ROWS)))
    whole[-6] ^= 0xFF
    found, problems = split(written(tmp_path, bytes(whole)))
    assert found == ROWS[: len(found)]
    assert len(problems) == 1


@pytest.mark.parametrize("cut", [1, 20, 60, 90])
def test_an_array_that_is_cut_off_keeps_what_came_before(tmp_path: Path, cut: int) -> None:
    data = json.dumps(ROWS, indent=1).encode()
    found, problems = split(written(tmp_path, data[:-cut]))
    assert found == ROWS[: len(found)]
    assert found
    (problem,) = problems
    assert "ends in the middle" in problem.message


@pytest.mark.parametrize("after", [b"]", b" ,,, tail", b'{"id": 1}', b"[1]"])
def test_garbage_after_an_array_is_one_problem(tmp_path: Path, after: bytes) -> None:
    found, problems = split(written(tmp_path, json.dumps(ROWS, indent=1).encode() + after))
    assert found == ROWS
    (problem,) = problems
    assert "follows the end" in problem.message


def test_quotes_out_of_balance_end_as_a_problem(tmp_path: Path) -> None:
    data = b'[{"id": 1},\n{"id": "open},\n' + b'{"id": 3},\n' * 1000 + b"]"
    found, problems = split(written(tmp_path, data))
    assert found[0] == {"id": 1}
    assert problems


def test_a_path_that_is_no_file_is_a_problem(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        (problem,) = list(read_records(path))
        assert isinstance(problem, Problem)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (problem,) = list(read_records(fifo))
    assert isinstance(problem, Problem)


def test_a_damaged_parquet_file_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist([{"id": "x" * 100}] * 100), path)
    path.write_bytes(path.read_bytes()[:-20] + b"x" * 20)
    (problem,) = list(read_records(path))
    assert isinstance(problem, Problem)
    assert "damaged" in problem.message


def test_a_parquet_table_without_rows_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    (problem,) = list(read_records(path))
    assert isinstance(problem, Problem)


@pytest.mark.parametrize("form", ["lines", "array", "gzip"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, form: str) -> None:
    row = {"id": "x", "text": "word " * 1000}
    peaks = []
    for n in (600, 6000):
        data = lines([row] * n) if form != "array" else json.dumps([row] * n).encode()
        path = written(tmp_path, gzip.compress(data) if form == "gzip" else data)
        del data
        tracemalloc.start()
        assert sum(1 for _ in read_records(path)) == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


def test_a_record_beyond_the_limit_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    for opening, closing in ((b'{"a": "', b'"}\n{"id": 1}\n'), (b'[{"a": "', b'"},\n{"id": 1}]')):
        with path.open("wb") as file:
            file.write(opening)
            for _ in range(40):
                file.write(b"y" * (1 << 20))
            file.write(closing)
        tracemalloc.start()
        found, problems = split(path, max_record_bytes=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == [{"id": 1}]
        assert len(problems) == 1
        assert peak < 12 << 20


def test_depth_is_measured_without_recursion() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert depth_exceeds(value, 200)
    while isinstance(value, list):  # taken apart gently: freeing it whole would recurse
        value = value[0]
    assert not depth_exceeds({"a": [1, {"b": []}]}, 4)
    assert depth_exceeds({"a": [1, {"b": []}]}, 3)


@pytest.mark.parametrize("damage", ["unfinished", "quotes", "brackets", "deep"])
def test_an_array_gone_wrong_costs_one_pass(tmp_path: Path, damage: str) -> None:
    wide = b'{"a": ["x", {"b": 1}]}, ' * 20_000
    data = {
        "unfinished": b"[[" + wide * 5,
        "quotes": b'[{"a": "' + b'\\"' * 1_000_000,
        "brackets": b"[" + b"[" * 500_000 + wide,
        "deep": b"[" + b'{"k": [1, 2, {"a": [' * 5000 + wide + b"]}]}" * 5000 + b"]",
    }[damage]
    found, problems = split(written(tmp_path, data, "data.json"))
    assert found == []
    assert len(problems) == 1


def test_zeros_after_a_gzip_member_are_padding(tmp_path: Path) -> None:
    data = gzip.compress(lines(ROWS[:1])) + b"\0" * 300_000 + gzip.compress(lines(ROWS[1:]))
    assert values(written(tmp_path, data + b"\0" * 10)) == ROWS


def test_anything_else_after_a_gzip_member_is_a_problem(tmp_path: Path) -> None:
    found, problems = split(written(tmp_path, gzip.compress(lines(ROWS)) + b"tail"))
    assert found == ROWS
    assert len(problems) == 1


def test_gzip_that_unpacks_to_a_thousand_times_its_size_is_streamed(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b'{"a": "' + b"y" * (48 << 20) + b'"}\n{"b": 1}\n'))
    tracemalloc.start()
    found, problems = split(path, max_record_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [{"b": 1}]
    assert len(problems) == 1
    assert peak < 12 << 20


# --- files and folders ---


def test_folders_are_walked_in_order_without_companions_and_hidden_files(tmp_path: Path) -> None:
    names = [
        "b.jsonl",
        "a.json",
        "notes.txt",
        "sub/c.parquet",
        "sub/d.ndjson",
        "possible_answer/a.json",
        "multi_turn_func_doc/x.json",
        ".hidden/e.json",
        ".f.json",
        "z.JSONL.GZ",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    found = [p.relative_to(tmp_path).as_posix() for p in find_files([tmp_path])]
    assert found == ["a.json", "b.jsonl", "z.JSONL.GZ", "sub/c.parquet", "sub/d.ndjson"]


def test_a_file_named_twice_is_read_once_and_may_have_any_name(tmp_path: Path) -> None:
    path = written(tmp_path, b"{}", "data.json")
    other = written(tmp_path, b"{}", "notes")
    assert find_files([path, tmp_path, other, path]) == [path, other]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        find_files([tmp_path / "missing.json"])
    with pytest.raises(IngestError, match="no file to import"):
        find_files([tmp_path])


def test_companions_are_files_beside_the_one_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "possible_answer").mkdir()
    written(tmp_path / "possible_answer", lines(ROWS), "q.json")
    context = import_context(tmp_path / "q.json")
    assert context.file_name == "q.json"
    assert context.companions("possible_answer/q.json") == ROWS
    assert context.companions("possible_answer/other.json") is None


def test_a_file_of_tools_is_read_in_every_form(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": n, "parameters": {}}} for n in "ab"]
    for data in (json.dumps(tools), json.dumps({"tools": tools}), lines(tools).decode()):
        read = read_tool_file(written(tmp_path, data.encode(), "tools.json"))
        assert [t.name for t in read] == ["a", "b"]
    one = read_tool_file(written(tmp_path, json.dumps(tools[0], indent=1).encode()))
    assert [t.name for t in one] == ["a"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"x": 1}', b"[3]", b"{broken"])
def test_a_file_without_tools_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(IngestError) as caught:
        read_tool_file(written(tmp_path, data, "tools.json"))
    assert caught.value.hint
    with pytest.raises(IngestError):
        read_tool_file(tmp_path / "missing.json")


def test_the_format_of_a_file_is_told_by_its_records(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "x"}]}
    found = detect_format(written(tmp_path, lines([{"x": 1}, chat, chat])))
    assert found is not None
    assert found.name == "openai-chat"
    assert detect_format(written(tmp_path, b"")) is None


def test_a_folder_of_tools_is_read_by_file(tmp_path: Path) -> None:
    for name in ("math_api.json", "message_api.json"):
        written(tmp_path, lines([{"name": f"{name[:4]}_tool", "parameters": {}}]), name)
    sets = read_tool_sets(tmp_path)
    assert {k: [t.name for t in v] for k, v in sets.items()} == {
        "math_api": ["math_tool"],
        "message_api": ["mess_tool"],
    }
    assert list(read_tool_sets(tmp_path / "math_api.json")) == ["math_api"]
