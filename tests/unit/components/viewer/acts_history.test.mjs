import assert from "node:assert/strict";
import test from "node:test";

import { ActsHistory } from "../../../../components/viewer/assets/acts_history.js";

const entry = (n, uid = "u") => ({ n, uid, kind: "note", before: `before ${n}`, cursor: {} });

function undo(history, n) {
  const last = history.takeLast();
  history.tookBack(n, last, last && `after ${last.n}`);
  return last?.n ?? null;
}

function redo(history, n) {
  const undone = history.takeUndone(n);
  return undone && { of: undone.n, act: undone.entry?.n ?? null, after: undone.after };
}

test("undo goes back and redo forward through the same acts", () => {
  const history = new ActsHistory();
  for (const n of [1, 2]) history.remember(entry(n));
  assert.deepEqual([undo(history, 3), undo(history, 4), undo(history, 5)], [2, 1, null]);
  assert.deepEqual(redo(history, 6), { of: 5, act: null, after: null });
  assert.deepEqual(redo(history, 7), { of: 4, act: 1, after: "after 1" });
  assert.deepEqual(redo(history, 8), { of: 3, act: 2, after: "after 2" });
  assert.equal(redo(history, 9), null);
  assert.deepEqual([undo(history, 10), undo(history, 11)], [2, 1], "a redone act can be undone again");
});

test("what is said after an undo ends redo", () => {
  const history = new ActsHistory();
  history.remember(entry(1));
  undo(history, 2);
  history.remember(entry(3));
  assert.equal(redo(history, 4), null);
  assert.equal(undo(history, 4), 3);
});

test("what was refused is neither undone nor redone", () => {
  const history = new ActsHistory();
  for (const n of [1, 2]) history.remember(entry(n));
  history.refuse({ n: 2, kind: "note" });
  assert.equal(undo(history, 3), 1);
  history.refuse({ n: 3, kind: "undo" });
  assert.equal(redo(history, 4), null);
});

test("a refused redo takes its act out again and ends redo", () => {
  const history = new ActsHistory();
  for (const n of [1, 2]) history.remember(entry(n));
  undo(history, 3);
  undo(history, 4);
  assert.equal(redo(history, 5).act, 1);
  history.refuse({ n: 5, kind: "redo" });
  assert.equal(redo(history, 6), null);
  assert.equal(undo(history, 7), null);
});

test("the history is bounded", () => {
  const history = new ActsHistory();
  for (let n = 1; n <= 700; n += 1) history.remember(entry(n));
  assert.equal(history.acts.length, 500);
  assert.equal(history.acts[0].n, 201);
});
