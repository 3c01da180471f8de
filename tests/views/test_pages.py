"""Every page opens, empty with a lesson or filled with what is there, and its act is stored."""

from __future__ import annotations

import json

import pytest

from app.flows import browse as browsing
from app.flows import jobs
from app.flows.adjudicate import load_case
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.identity import annotator_named
from app.flows.import_problems import every_problem
from app.flows.ingest import default_name, ingest
from app.flows.operations import worker_is_here
from app.flows.preferences import move_keys
from app.flows.queue import fill_queue, queue_overview
from app.flows.taxonomies import list_taxonomies
from app.views.navigation import GROUPS
from curation.trajectory import Message, Role, ToolCall
from curation.tries import try_id
from storage import trajectories
from storage.browse import Filter
from storage.datasets import list_datasets
from storage.predictions import add_predictions, new_prediction
from tests.e2e.conversations import meetings
from tests.episodes import CALL_AT, Person, add_episodes
from tests.revisions import arguments, revised

NAMES = [place.name for places in GROUPS.values() for place in places if place.name != "annotate"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_on_an_empty_store_without_an_error(studio, open_page, name):
    page = open_page(name)
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_on_a_filled_store_without_an_error(filled, open_page, name):
    page = open_page(name)
    assert not page.exception
    assert not page.error


def test_the_bare_address_of_an_empty_store_leads_to_ingest(studio, open_page):
    assert [s.value for s in open_page("home").subheader] == ["Ingest"]


def test_the_bare_address_of_a_filled_store_leads_to_the_queue(filled, open_page):
    assert [s.value for s in open_page("home").subheader] == ["Queue"]


def test_queue_fills_the_chosen_dataset_with_the_chosen_overlap(studio, open_page):
    add_episodes(studio, 4, "flights")
    page = open_page("queue")
    page.number_input(key="fill-overlap-flights").set_value(3).run()
    page.toggle(key="fill-alone-flights").set_value(False)
    _button(page, "Fill the queue").click().run()
    assert not page.exception
    assert not queue_overview(studio)
    assert jobs.run_next(studio).state == "done"
    (info,) = queue_overview(studio)
    assert (info.dataset, info.overlap, info.total) == ("flights", 3, 12)
    assert not page.toggle(key="fill-alone-flights").disabled
    assert not info.decide_alone


def test_browse_reads_its_filter_from_the_address(filled, open_page):
    page = open_page("browse", state="disputed", dataset="flights")
    (table,) = page.dataframe
    assert list(table.value["state"]) == ["⚠ disputed"]
    assert "**1 trajectory**" in [m.value for m in page.markdown]


def test_browse_says_what_to_do_when_nothing_passes(filled, open_page):
    page = open_page("browse", text="nowhere-to-be-found")
    assert not page.dataframe
    assert "No trajectory passes this filter" in page.markdown[0].value
    _button(page, "Clear the filter").click().run()
    assert len(page.dataframe[0].value) == 6


def test_browse_ignores_parameters_it_does_not_know(filled, open_page):
    page = open_page(
        "browse",
        order="sideways",
        min_messages="many",
        max_messages="9" * 40,
        day="yesterday",
        reached="nowhere",
        with_errors="perhaps",
        colour="red",
    )
    assert not page.exception
    assert len(page.dataframe[0].value) == 6
    (said,) = [w.value.replace("\\", "") for w in page.warning]
    for ignored in ("order=sideways", "min_messages=many", "day=yesterday", "reached=nowhere"):
        assert ignored in said
    assert not open_page("browse", order="newest", min_messages="1", with_errors="no").warning


def test_conditions_that_a_chart_set_can_be_cleared(filled, open_page):
    page = open_page("browse", reached="annotated", dataset="flights")
    assert "dataset: flights · came as far as: annotated" in [t.value for t in page.text]
    assert len(page.dataframe[0].value) < 6
    _button(page, "Clear").click().run()
    assert len(page.dataframe[0].value) == 6


def test_a_filter_can_be_saved_and_shown_again(filled, open_page):
    page = open_page("browse", state="disputed")
    page.text_input(key="browse-view-name").set_value("disputes").run()
    _button(page, "Save view").click().run()
    assert [(v.name, v.filter) for v in browsing.views(filled)] == [
        ("disputes", Filter(state="disputed"))
    ]
    other = open_page("browse")
    other.selectbox(key="browse-view").set_value("disputes").run()
    assert len(other.dataframe[0].value) == 1
    _button(other, "Forget").click().run()
    assert browsing.views(filled) == []


def test_adjudicate_shows_where_two_annotators_differ(filled, open_page):
    page = open_page("adjudicate")
    differences = page.dataframe[-1].value
    assert {"ada", "bob"} <= set(differences.columns)
    outcome = differences[differences["what"] == "outcome"].iloc[0]
    assert (outcome["ada"], outcome["bob"]) == ("✓ accept", "✗ reject")


def test_adjudicate_compares_two_corrections_and_a_disputed_try(studio, open_page):
    (uid,) = add_episodes(studio, 1, "apart")
    fill_queue(studio, "apart", overlap=2)
    rome = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"city": "Rome"}'),))
    with studio.write() as conn:
        row_id = trajectories.id_of(conn, uid)
        add_predictions(conn, [(row_id, new_prediction(CALL_AT, "qwen", rome, None))])
    for name, city, ruling in (("ann", "Oslo", "rejected"), ("bob", "Bonn", "alternative")):
        who = Person(studio, name)
        edit = revised(5, arguments(CALL_AT, f'{{"city": "{city}"}}'))
        propose_correction(
            studio, who.info, who.session, who.next_number(), uid, edit, "", attested=[3, 4]
        )
        ruled = {"message_index": CALL_AT, "try_id": try_id(rome), "ruling": ruling}
        ops = [who.op("try", uid, **ruled), who.op("outcome", uid, outcome="accept")]
        perform(studio, who.info, who.session, [*ops, who.op("commit", uid)])
    page = open_page("adjudicate", t=uid)
    assert not page.exception
    tables = [table.value for table in page.dataframe]
    (apart,) = [t for t in tables if {"where", "ann", "bob"} <= set(t.columns)]
    assert [tuple(row) for row in apart[["what", "ann", "bob"]].itertuples(index=False)] == [
        ("differs", "Oslo", "Bonn")
    ]
    (tried,) = [t for t in tables if {"reference", "try"} <= set(t.columns)]
    assert ("City 0", "Rome") in list(
        tried[["reference", "try"]].itertuples(index=False, name=None)
    )
    (asked,) = [t for t in tables if {"what", "ann", "bob"} == set(t.columns)]
    rulings = asked[asked["what"] == "step 1 · try of qwen"].iloc[0]
    assert (rulings["ann"], rulings["bob"]) == ("✗ rejected", "≈ alternative")


def test_deciding_as_an_annotator_says_appends_a_decision_signed_by_the_user(filled, open_page):
    with_case = open_page("adjudicate")
    uid = browsing.find(filled, Filter(state="disputed")).page.rows[0].uid
    _button(with_case, "Decide as bob says").click().run()
    assert not with_case.exception
    case = load_case(filled, uid)
    assert case.decision is not None
    assert (case.decision.outcome, case.decision.decided_by) == ("reject", "ada")


def test_a_decision_can_be_withdrawn_on_its_page(filled, open_page):
    uid = browsing.find(filled, Filter(state="disputed")).page.rows[0].uid
    _button(open_page("adjudicate", t=uid), "Decide as bob says").click().run()
    page = open_page("adjudicate", t=uid)
    _button(page, "Withdraw the decision").click().run()
    assert load_case(filled, uid).decision is None


def test_an_unknown_trajectory_is_named_in_the_error(filled, open_page):
    page = open_page("adjudicate", t="tj1-nothing")
    assert "tj1-nothing" in page.error[0].value.replace("\\", "")


def test_a_taxonomy_is_refused_with_its_reason_and_then_added(studio, open_page):
    page = open_page("taxonomies")
    own = page.text_area(key="taxonomy-toml")
    own.set_value(own.value.replace('code = "wc"', 'code = "WRONG"')).run()
    assert "WRONG" in page.error[0].value
    page = open_page("taxonomies")
    _button(page, "Add taxonomy").click().run()
    assert "our-errors" in [t.name for t in list_taxonomies(studio)]


def test_running_all_checks_puts_one_job_in_front_of_the_worker(filled, open_page):
    _button(open_page("jobs"), "Run all checks").click().run()
    (job,) = jobs.list_jobs(filled)
    assert (job.kind, job.params["dataset"]) == ("check", None)


def test_a_waiting_job_with_no_worker_says_so_until_one_gives_a_sign_of_life(filled, open_page):
    jobs.enqueue(filled, "check", {"dataset": None})
    assert "No worker is running" in open_page("jobs").warning[0].value
    worker_is_here(filled)
    assert not open_page("jobs").warning


def test_settings_change_the_name_one_annotates_with(studio, open_page):
    page = open_page("settings")
    page.text_input(key="settings-name").set_value("grace").run()
    _button(page, "Use this name").click().run()
    assert page.text_input(key="settings-name").value == "grace"
    assert page.session_state["annotator"] == "grace"


def test_settings_and_annotate_hand_the_keys_of_this_annotator_to_the_page(filled, open_page):
    move_keys(filled, annotator_named(filled, "ada"), {"fold": "!"})
    for name, keys in (("ada", {"fold": "!"}), ("bob", {})):
        for place in ("settings", "annotate"):
            page = open_page(place, **{"as": name})
            assert not page.exception
            (shown,) = page.get("bidi_component")
            assert json.loads(shown.proto.json)["keys"] == keys


def test_a_look_at_a_file_counts_what_the_named_dataset_has_and_writes_nothing(
    studio, open_page, tmp_path
):
    source = tmp_path / "v1.2-x.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in meetings("look", 3)))
    ingest(studio, [source], dataset="renamed")
    page = open_page("ingest")
    page.text_input(key="ingest-path").set_value(str(source)).run()
    name = page.text_input(key=f"ingest-name-{source}")
    assert name.value == default_name([source]) == "v1.2-x"
    for dataset, expected in (("renamed", "3"), ("another", "0")):
        page.text_input(key=f"ingest-name-{source}").set_value(dataset)
        _button(page, "Look first").click().run()
        assert not [m for m in page.metric if m.label == "Already here"]
        assert jobs.run_next(studio).state == "done"
        page.run()
        assert not page.exception
        assert [m.value for m in page.metric if m.label == "Already here"] == [expected]
    page.text_input(key=f"ingest-name-{source}").set_value("other").run()
    assert not page.metric, "what was looked at is not what the form says any more"
    with studio.read() as conn:
        assert [d.name for d in list_datasets(conn)] == ["renamed"]


def test_ingest_lists_what_the_latest_import_of_a_dataset_could_not_read(
    studio, open_page, tmp_path
):
    source = tmp_path / "rows.jsonl"
    good = json.dumps(meetings("rows", 1)[0])
    source.write_text(f"{good}\n{{broken\n" + "=1 is no record\n" * 120)
    ingest(studio, [source])
    page = open_page("ingest")
    (shown,) = [e for e in page.expander if "121 problems" in e.label]
    assert "rows" in shown.label
    table = page.dataframe[0].value
    assert len(table) == 100
    assert (
        table["where"][0].endswith("rows.jsonl:2") and table["what"][0] and table["what to do"][0]
    )
    assert sum(1 for _ in every_problem(studio, "rows")) == 121
    source.write_text(f"{good}\n[7]\n")
    ingest(studio, [source])
    assert any("1 problem in the latest import" in e.label for e in open_page("ingest").expander)
    source.write_text(f"{good}\n")
    ingest(studio, [source])
    assert not [e for e in open_page("ingest").expander if "problem" in e.label]


def _button(page, label):
    found = [b for b in page.button if b.label == label]
    assert found, f"no button {label!r}; there are {[b.label for b in page.button]}"
    return found[0]
