// That marks are placed and removed as in Python is tested in fold.test.mjs, on random acts.

import assert from "node:assert/strict";
import test from "node:test";

import { causeOf, lacksRoot, rootOf } from "../../../../components/viewer/assets/mark_links.js";
import { ORDER, applyRecovery } from "../../../../components/viewer/assets/recovery.js";

const mark = (mark_id, root_cause = false, caused_by = null) => ({ mark_id, root_cause, caused_by });

test("a rejected trajectory with several marks and no root cause is worth a word", () => {
  const said = (outcome, ...marks) => ({ outcome, marks });
  assert.ok(lacksRoot(said("reject", mark("1"), mark("2"))));
  assert.ok(!lacksRoot(said("reject", mark("1"), mark("2", true))));
  assert.ok(!lacksRoot(said("reject", mark("1"))));
  assert.ok(!lacksRoot(said("accept", mark("1"), mark("2"))));
});

test("causes are found, also when old data holds several root causes", () => {
  const marks = [mark("1", true), mark("2", true), mark("3", false, "1"), mark("4", false, "gone")];
  assert.equal(rootOf(marks).mark_id, "2");
  assert.equal(causeOf(marks, marks[2]).mark_id, "1");
  assert.equal(causeOf(marks, marks[3]), undefined);
  assert.equal(causeOf(marks, marks[0]), undefined);
});

test("recovery labels stand in one order, and ignored stands alone", () => {
  const said = (...labels) => labels.reduce((r, label) => applyRecovery(r, { message_index: 2, label, holds: true }), {});
  assert.deepEqual(said("corrected", "reflected"), { 2: ["reflected", "corrected"] });
  assert.deepEqual(said("corrected", "ignored"), { 2: ["ignored"] });
  assert.deepEqual(said("ignored", "skipped"), { 2: ["skipped"] });
  assert.deepEqual(applyRecovery(said(ORDER[0]), { message_index: 2, label: ORDER[0], holds: false }), {});
});
