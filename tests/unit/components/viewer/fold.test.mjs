import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { applyAct, foldOps, normalise, sameAnchor } from "../../../../components/viewer/assets/fold.js";

const base = (annotation = null, committed = false) => ({ annotation, committed, dirty: false });
const op = (kind, payload = {}, uid = "u") => ({ uid, kind, payload });

test("the browser folds acts as the server does", () => {
  // Written by test_viewer_js.py from curation/annotation.py; see there.
  const cases = JSON.parse(readFileSync(process.env.LOOPWRIGHT_FOLD_CASES ?? 0, "utf8"));
  assert.ok(cases.length > 100);
  for (const { acts, annotation } of cases) {
    const folded = acts.reduce((a, { kind, payload }) => applyAct(a, kind, payload), normalise(null));
    assert.deepEqual(folded, normalise(annotation));
  }
});

test("ops of other trajectories change nothing here", () => {
  const state = foldOps(base(), "u", [op("outcome", { outcome: "accept" }, "other")]);
  assert.equal(state.annotation.outcome, null);
});

test("commit is painted at once and undone by what is said after it", () => {
  const said = [op("outcome", { outcome: "accept" }), op("commit")];
  assert.deepEqual(
    [foldOps(base(), "u", said).committed, foldOps(base(), "u", said).dirty],
    [true, false],
  );
  const more = foldOps(base(), "u", [...said, op("note", { note: "x" })]);
  assert.deepEqual([more.committed, more.dirty], [true, true]);
});

test("a redo brings back the state after the act, on its own trajectory only", () => {
  const before = foldOps(base(), "u", []);
  const acts = [op("outcome", { outcome: "reject" })];
  const after = foldOps(base(), "u", acts);
  const undo = { ...op("undo"), restore: { uid: "u", state: before } };
  const redo = { ...op("redo"), restore: { uid: "u", state: after } };
  assert.equal(foldOps(base(), "u", [...acts, undo, redo]).annotation.outcome, "reject");
  assert.equal(foldOps(base(), "u", [...acts, undo, { ...redo, restore: null }]).annotation.outcome, null);
  assert.equal(foldOps(base(), "other", [undo, redo]).annotation.outcome, null);
});

test("an undo brings back the state before the act, on its own trajectory only", () => {
  const before = foldOps(base(), "u", []);
  const acts = [op("outcome", { outcome: "reject" })];
  const undo = { ...op("undo"), restore: { uid: "u", state: before } };
  assert.equal(foldOps(base(), "u", [...acts, undo]).annotation.outcome, null);
  const elsewhere = { ...op("undo"), restore: { uid: "other", state: before } };
  assert.equal(foldOps(base(), "u", [...acts, elsewhere]).annotation.outcome, "reject");
});

test("anchors are equal when they name the same place, however they are spelt", () => {
  assert.ok(sameAnchor({ message_index: 1 }, { message_index: 1, call_index: null, pointer: null }));
  assert.ok(!sameAnchor({ message_index: 1, call_index: 0 }, { message_index: 1 }));
});
