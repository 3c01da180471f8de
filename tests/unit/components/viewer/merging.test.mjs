import assert from "node:assert/strict";
import test from "node:test";

import { differences, merged } from "../../../../components/viewer/assets/merging.js";
import * as r from "../../../../components/viewer/assets/revision.js";
import { toWire } from "../../../../components/viewer/assets/revision_wire.js";

const CALL = { id: "c", name: "find", raw: '{"a": 1}', result: 2 };
const BASE = [
  { role: "user", text: "hello", calls: [], answers: null },
  { role: "assistant", text: "", calls: [CALL], answers: null },
  { role: "tool", text: "found", calls: [], answers: [1, 0] },
  { role: "assistant", text: "here you are", calls: [], answers: null },
];
const fresh = r.begin(BASE, [0, 1, 2, 3]);
const args = (state, text) => r.setArguments(state, BASE, "m1", "m1c0", text);
const text = (state, key, said) => r.setText(state, BASE, key, said);
const wire = (state) => toWire(state, BASE);
const choices = (rows) => rows.map(({ key, choice }) => [key, choice]);
const chosen = (rows, side) => rows.map((row) => ({ ...row, choice: side }));

test("equal states differ in nothing, however they came about", () => {
  const one = args(text(fresh, "m3", "there"), "{}");
  const other = text(args(text(fresh, "m3", "no"), "{}"), "m3", "there");
  assert.deepEqual(differences(one, other, fresh), []);
  const inserted = r.insertAfter(fresh, "m3", "user", { content: "thanks" });
  const later = r.insertAfter({ ...fresh, next: 40 }, "m3", "user", { content: "thanks" });
  assert.deepEqual(differences(inserted, later, fresh), [], "names of added messages mean nothing");
});

test("what only one of them changed is chosen, what both changed is asked", () => {
  const mine = text(args(fresh, '{"a": 2}'), "m0", "hi");
  const theirs = text(args(fresh, '{"a": 3}'), "m3", "bye");
  const rows = differences(mine, theirs, fresh);
  assert.deepEqual(choices(rows), [["m0", "mine"], ["m1", null], ["m3", "theirs"]]);
  rows[1].choice = "theirs";
  const both = merged(mine, theirs, rows);
  assert.deepEqual(wire(both), wire(text(text(args(fresh, '{"a": 3}'), "m0", "hi"), "m3", "bye")));
});

test("a step belongs together with its results and what was added after it", () => {
  const mine = text(fresh, "m2", "found more");
  const theirs = r.removeCall(r.insertAfter(fresh, "m1", "assistant", { content: "wait" }), "m1", "m1c0");
  const rows = differences(mine, theirs, fresh);
  assert.deepEqual(choices(rows), [["m1", null]]);
  assert.deepEqual(wire(merged(mine, theirs, chosen(rows, "theirs"))), wire(theirs));
  assert.deepEqual(wire(merged(mine, theirs, chosen(rows, "mine"))), wire(mine));
});

test("messages and calls that both added get names of their own", () => {
  const mine = r.addCall(r.insertAfter(fresh, "m0", "user", { content: "mine" }), "m1", { name: "find", text: "{}" });
  let theirs = r.addCall(fresh, "m3", { name: "find", text: '{"b": 1}' });
  theirs = r.insertAfter(theirs, "m3", "tool", { answers: { entry: "m3", call: "n1" }, content: "got b" });
  const both = merged(mine, theirs, differences(mine, theirs, fresh));
  const keys = both.entries.flatMap((entry) => [entry.key, ...entry.calls.map((call) => call.key)]);
  assert.equal(new Set(keys).size, keys.length);
  const last = wire(both).at(-1);
  assert.deepEqual([last.role, last.content, last.answers], ["tool", "got b", 0]);
  assert.equal(wire(both).length, 6);
  assert.ok(both.next > mine.next);
});

test("what is attested goes with its message", () => {
  const mine = r.attest(fresh, "m3", true);
  const rows = differences(mine, fresh, fresh, () => false);
  assert.deepEqual(choices(rows), [["m3", "mine"]]);
  assert.deepEqual(merged(mine, fresh, rows).attested, { m3: true });
  assert.deepEqual(merged(mine, fresh, chosen(rows, "theirs")).attested, {});
});

test("against what stands, only what changed there is asked", () => {
  const mine = text(text(fresh, "m0", "hi"), "m3", "bye");
  const rows = differences(mine, fresh, fresh, (key) => key === "m3");
  assert.deepEqual(choices(rows), [["m0", "mine"], ["m3", null]]);
  assert.deepEqual(choices(differences(mine, fresh, fresh)), [["m0", null], ["m3", null]]);
});

test("random versions: choosing one side whole gives that side", () => {
  let seed = 7;
  const dice = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const some = (state) => {
    let now = state;
    for (let i = dice(5); i >= 0; i -= 1) {
      const key = `m${dice(4)}`;
      const what = dice(5);
      if (what === 0) now = text(now, key, `text ${dice(3)}`);
      else if (what === 1) now = args(now, `{"a": ${dice(3)}}`);
      else if (what === 2) now = r.insertAfter(now, key, "user", { content: `new ${dice(3)}` });
      else if (what === 3) now = r.removeMessage(now, key, dice(2) === 0);
      else now = r.attest(now, key, dice(2) === 0);
    }
    return now;
  };
  for (let round = 0; round < 300; round += 1) {
    const [mine, theirs] = [some(fresh), some(fresh)];
    const rows = differences(mine, theirs, fresh);
    assert.deepEqual(wire(merged(mine, theirs, chosen(rows, "mine"))), wire(mine));
    const all = merged(mine, theirs, chosen(rows, "theirs"));
    assert.deepEqual(wire(all), wire(theirs));
    assert.deepEqual(differences(all, theirs, fresh), []);
  }
});
