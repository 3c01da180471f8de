import assert from "node:assert/strict";
import test from "node:test";

import {
  actsOf,
  allToggled,
  beginAlike,
  chosenCount,
  deedText,
  foundText,
  isForWorker,
  isTicked,
  leftAloneText,
  moved,
  onlyWorded,
  rowCount,
  toggled,
  withoutTick,
} from "../../../../components/viewer/assets/alike_state.js";
import { sourceHere } from "../../../../components/viewer/assets/alike_asking.js";
import { performBatch } from "../../../../components/viewer/assets/batch.js";
import { foldOps } from "../../../../components/viewer/assets/fold.js";

function place(i, more = {}) {
  const anchor = { message_index: 2, call_index: 0, pointer: "/days" };
  return { uid: `t${i}`, source_id: `s${i}`, anchor, message: "m", step: 1, step_index: 2, name: "f", value: "1", ...more };
}

function found(n, told = Math.min(n, 200)) {
  const places = [...Array(told).keys()].map((i) => place(i));
  return { grounds: "g", n_places: n, n_trajectories: n, places, left_alone: {}, is_capped: false };
}

test("all are ticked, the mark is all that is going to be said", () => {
  const state = beginAlike(found(3));
  assert.equal(chosenCount(state), 3);
  assert.deepEqual(actsOf(state, "b", { category: "C" }).map((a) => [a.uid, a.kind]), [
    ["t0", "mark"],
    ["t1", "mark"],
    ["t2", "mark"],
  ]);
  assert.equal(deedText(state, "C"), "Mark 3 places C");
});

test("a tick is taken away and given, of one and of all", () => {
  let state = toggled(moved(beginAlike(found(3)), 1));
  assert.equal(isTicked(state, 1), false);
  assert.deepEqual(actsOf(state, "b", {}).map((a) => a.uid), ["t0", "t2"]);
  state = allToggled(state);
  assert.equal(chosenCount(state), 3);
  assert.equal(chosenCount(allToggled(state)), 0);
  assert.equal(moved(state, 9).at, 2);
});

test("the mark comes first, the commit last, once a trajectory", () => {
  const two = { ...found(2), places: [place(1), place(1, { step_index: 4 })] };
  const state = { ...beginAlike(two), incorrect: true, reject: true };
  const acts = actsOf(state, "b", {});
  assert.deepEqual(acts.map((a) => a.kind), ["mark", "mark", "verdicts", "outcome", "commit"]);
  assert.deepEqual(acts[2].payload.verdicts, { 2: "incorrect", 4: "incorrect" });
  assert.deepEqual(acts.slice(0, 2).map((a) => a.payload.mark.mark_id), ["b-1", "b-2"]);
});

test("what is not listed has one row; what was not told is for the worker", () => {
  const many = beginAlike(found(120));
  assert.equal(rowCount(many), 51);
  assert.equal(actsOf(many, "b", {}).length, 120);
  assert.equal(isForWorker(many), false);
  const rest = toggled(many, 50);
  assert.equal(chosenCount(rest), 50);
  assert.equal(actsOf(rest, "b", {}).length, 50);
  const more = beginAlike(found(450));
  assert.equal(isForWorker(more), true);
  assert.deepEqual(withoutTick(toggled(more, 0)), [["t0", place(0).anchor]]);
  assert.equal(isForWorker(toggled(more, 50)), false);
});

test("only those worded alike keep their tick", () => {
  const three = found(3);
  three.places[1].message = "other";
  assert.deepEqual([...onlyWorded(beginAlike(three)).ticked], [0, 2]);
});

test("words for what is found and what is left alone", () => {
  const state = beginAlike({ ...found(14), left_alone: { decided: 2, held: 1 } });
  assert.equal(foundText(state), "14 more trajectories like this");
  assert.equal(leftAloneText(state), "Left alone: 2 decided already, 1 in somebody else's hands.");
  assert.equal(foundText(beginAlike(found(0))), "No other is like this.");
});

function fakeSession(uids) {
  const views = new Map(uids.map((uid) => [uid, { annotation: null, committed: false, dirty: false }]));
  const ops = [];
  return {
    sid: "s", n: 0, current: uids[0], deck: [...uids.slice(1)], views, ops, history: [], cursor: null,
    sender: { add: (op) => ops.push(op) },
    travel: { fetchNext() {} },
    stateOf: (uid) => foldOps(views.get(uid), uid, ops),
    remember(entry) { this.history.push(entry); },
    emit() {},
  };
}

test("a batch is one entry of the history and one undo paints all of it back", () => {
  const session = fakeSession(["t0", "t1"]);
  const state = { ...beginAlike({ ...found(2), places: [place(0), place(1)] }), reject: true };
  performBatch(session, "b", actsOf(state, "b", {}), 2);
  assert.equal(session.history.length, 1);
  assert.equal(session.stateOf("t1").annotation.marks.length, 1);
  assert.equal(session.stateOf("t1").committed, true);
  assert.deepEqual(session.deck, [], "what is committed does not come next");
  assert.deepEqual([...new Set(session.ops.map((op) => op.batch))], ["b"]);
  const [entry] = session.history;
  const restore = { uid: entry.uid, kind: entry.kind, state: entry.before, states: entry.states };
  session.ops.push({ kind: "undo", uid: "t0", restore });
  for (const uid of ["t0", "t1"]) {
    assert.equal(session.stateOf(uid).annotation.marks.length, 0);
    assert.equal(session.stateOf(uid).committed, false);
  }
});

test("what is meant is the finding at the argument, else the mark here, else a finding near", () => {
  const call = { index: 0, name: "f", rows: [{ pointer: "/days" }] };
  const view = {
    messages: [{ index: 0, step: 1, calls: [call] }, { index: 1, answers: [0, 0], calls: [] }],
    findings: [
      { check: "c", message: "bad", message_index: 0, call_index: 0, pointer: "/days" },
      { check: "r", message: "late", message_index: 1, call_index: null, pointer: null },
    ],
  };
  const marks = [{ mark_id: "m", category: "C", taxonomy: "t", anchor: { message_index: 0, call_index: 0, pointer: "/city" } }];
  const at = (cursor, own = []) => sourceHere({ view, cursor, current: "t", stateOf: () => ({ annotation: { marks: own } }) });
  const place = { message: 0, call: 0, pointer: null };
  assert.equal(at({ ...place, pointer: "/days" }, marks).check, "c");
  assert.equal(at({ ...place, pointer: "/city" }, marks).mark, marks[0]);
  assert.equal(at(place).check, "r", "a finding about the result stands at its call");
  assert.equal(at({ message: null, call: null, pointer: null }), null);
});
