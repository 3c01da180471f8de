import assert from "node:assert/strict";
import test from "node:test";

import * as r from "../../../../components/viewer/assets/revision.js";
import { fromDraft, rebased, toDraft } from "../../../../components/viewer/assets/revision_draft.js";
import { historyOf, performed, redone, sealed, undone } from "../../../../components/viewer/assets/revision_history.js";
import { attestedToWire, indexOf, parentCallsOf, parentsOf, placeOf, simulatedToWire, toWire } from "../../../../components/viewer/assets/revision_wire.js";

const call = (name, raw, id = null) => ({ name, raw, id });
const said = (role, text, more = {}) => ({ role, text, reasoning: null, calls: [], answers: null, ...more });

/** system, user, step with two calls, their results, an answer. */
const BASE = [
  said("system", "You book rooms."),
  said("user", "A room in Oslo."),
  said("assistant", "", { calls: [call("find", '{"city": "Oslo"}', "a"), call("weather", "{}", "b")] }),
  said("tool", "R1", { answers: [2, 0] }),
  said("tool", "rain", { answers: [2, 1] }),
  said("assistant", "Take R1.", { reasoning: "It is free." }),
];
const ALL = [0, 1, 2, 3, 4, 5];
const begin = (base = BASE, attested = []) => r.begin(base, base.map((_, i) => i), attested);

test("what nothing was done to is sent as the indexes of the base", () => {
  assert.deepEqual(toWire(begin(), BASE), ALL);
  assert.equal(r.countChanges(begin()), 0);
});

test("a changed call is sent with its text, the others by where they are from", () => {
  const state = r.setArguments(begin(), BASE, "m2", "m2c0", '{"city": "Rome"}');
  assert.deepEqual(toWire(state, BASE)[2], {
    from: 2,
    calls: [{ from: 0, arguments: '{"city": "Rome"}' }, { from: 1 }],
  });
  assert.equal(r.countChanges(state), 1);
});

test("going back to what stood is no change", () => {
  let state = r.setArguments(begin(), BASE, "m2", "m2c0", "{}");
  state = r.setArguments(state, BASE, "m2", "m2c0", '{"city": "Oslo"}');
  state = r.setText(r.setText(state, BASE, "m5", "No."), BASE, "m5", "Take R1.");
  state = r.setReasoning(r.setReasoning(state, BASE, "m5", ""), BASE, "m5", "It is free.");
  state = r.setTool(r.setTool(state, BASE, "m2", "m2c1", "find", "{}"), BASE, "m2", "m2c1", "weather", "{}");
  assert.deepEqual(toWire(state, BASE), ALL);
  assert.equal(r.countChanges(state), 0);
});

test("text and reasoning are sent when they differ", () => {
  const state = r.setReasoning(r.setText(begin(), BASE, "m5", "Take R2."), BASE, "m5", "");
  assert.deepEqual(toWire(state, BASE)[5], { from: 5, content: "Take R2.", reasoning: "" });
  assert.equal(r.countChanges(state), 2);
});

test("a call that is removed takes its result along, and both come back", () => {
  const state = r.removeCall(begin(), "m2", "m2c0");
  assert.deepEqual(toWire(state, BASE), [0, 1, { from: 2, calls: [{ from: 1 }] }, 4, 5]);
  assert.deepEqual(toWire(r.removeCall(state, "m2", "m2c0", false), BASE), ALL);
});

test("a step that is put back does not bring the result of a call that is still out", () => {
  let state = r.removeCall(begin(), "m2", "m2c0");
  state = r.removeMessage(state, "m2");
  assert.deepEqual(toWire(state, BASE), [0, 1, 5]);
  assert.equal(r.countChanges(state), 1, "neighbours taken out together are one change");
  state = r.removeMessage(state, "m2", false);
  assert.deepEqual(toWire(state, BASE), [0, 1, { from: 2, calls: [{ from: 1 }] }, 4, 5]);
});

test("added, duplicated and moved calls", () => {
  let state = r.addCall(begin(), "m2", { name: "find", text: "{}", after: "m2c0" });
  state = r.duplicateCall(state, BASE, "m2", "m2c1");
  assert.deepEqual(toWire(state, BASE)[2].calls, [
    { from: 0 },
    { from: null, name: "find", arguments: "{}" },
    { from: 1 },
    { from: null, name: "weather", arguments: "{}" },
  ]);
  state = r.moveCall(begin(), BASE, "m2", "m2c1", -1);
  assert.deepEqual(toWire(state, BASE), [0, 1, { from: 2, calls: [{ from: 1 }, { from: 0 }] }, 3, 4, 5]);
  assert.equal(r.moveCall(begin(), BASE, "m2", "m2c1", 1).entries[2].calls[1].key, "m2c1", "no further");
});

test("without ids results belong to calls by order, so they move along", () => {
  const base = structuredClone(BASE);
  for (const one of base[2].calls) one.id = null;
  const state = r.moveCall(begin(base), base, "m2", "m2c0", 1);
  assert.deepEqual(toWire(state, base), [0, 1, { from: 2, calls: [{ from: 1 }, { from: 0 }] }, 4, 3, 5]);
});

test("cut, keep what is before, and put back", () => {
  assert.deepEqual(toWire(r.cutFrom(begin(), "m3"), BASE), [0, 1, 2]);
  assert.deepEqual(toWire(r.cutAfter(begin(), "m2"), BASE), [0, 1, 2, 3, 4], "a step keeps its results");
  const cut = r.cutFrom(begin(), "m2");
  assert.equal(r.countChanges(cut), 1);
  assert.deepEqual(toWire(r.restoreFrom(cut, "m5"), BASE), [0, 1, 5]);
  assert.deepEqual(toWire(r.restoreFrom(cut, "m2"), BASE), ALL);
});

test("a message after a step comes after its results; a new result names its call", () => {
  let state = r.insertAfter(begin(), "m2", "user", { content: "And?" });
  assert.deepEqual(toWire(state, BASE), [0, 1, 2, 3, 4, { from: null, role: "user", content: "And?" }, 5]);
  state = r.removeMessage(begin(), "m4");
  state = r.removeCall(state, "m2", "m2c0");
  state = r.insertAfter(state, "m2", "tool", { answers: { entry: "m2", call: "m2c1" }, content: "sun" });
  assert.deepEqual(toWire(state, BASE), [
    0, 1, { from: 2, calls: [{ from: 1 }] }, { from: null, role: "tool", content: "sun", answers: 0 }, 5,
  ]);
});

test("a new message may change its role, and be taken out without a trace", () => {
  let state = r.insertAfter(begin(), "m1", "user");
  state = r.setRole(state, "n1", "assistant");
  assert.equal(toWire(state, BASE)[2].role, "assistant");
  assert.equal(r.stepBefore(state, "n1"), null);
  state = r.removeMessage(state, "n1");
  assert.deepEqual(toWire(state, BASE), ALL);
  assert.equal(r.countChanges(state), 0);
});

test("to keep a call invalid is said for this very text", () => {
  let state = r.setArguments(begin(), BASE, "m2", "m2c0", "{");
  state = r.keepInvalid(state, "m2", "m2c0", true);
  assert.equal(toWire(state, BASE)[2].calls[0].keep_invalid, true);
  state = r.setArguments(state, BASE, "m2", "m2c0", "{]");
  assert.equal("keep_invalid" in toWire(state, BASE)[2].calls[0], false);
});

test("what was attested is sent by its place in the result, and doubted when a call before it changes", () => {
  let state = r.attest(r.attest(begin(), "m3", true), "m5", true);
  assert.deepEqual(attestedToWire(state), [3, 5]);
  state = r.removeMessage(state, "m1");
  assert.deepEqual(attestedToWire(state), [], "a message before them is gone");
  state = r.attest(begin(BASE, [3]), "m5", true);
  assert.deepEqual(attestedToWire(r.setArguments(state, BASE, "m2", "m2c1", "[]")), []);
  assert.deepEqual(attestedToWire(r.setText(state, BASE, "m5", "No.")), [3, 5], "a text doubts nothing");
  assert.deepEqual(attestedToWire(r.attest(state, "m3", false)), [5]);
});

test("places of the result and of the state", () => {
  const state = r.removeCall(r.removeMessage(begin(), "m1"), "m2", "m2c0");
  assert.deepEqual(placeOf(state, 1, 0), { entry: "m2", call: "m2c1" });
  assert.deepEqual(placeOf(state, 9), { entry: null, call: null });
  assert.equal(indexOf(state, "m5"), 3);
  assert.equal(indexOf(state, "m1"), -1);
});

test("messages of a correction are traced to the imported ones", () => {
  const changes = [
    { before_index: 1, after_index: null },
    { before_index: null, after_index: 2 },
    { before_index: 3, after_index: 3 },
  ];
  assert.deepEqual(parentsOf(5, 5, changes), [0, 2, null, 3, 4]);
  assert.deepEqual(parentsOf(3, 3, []), [0, 1, 2]);
  const before = [call("f", "1", "a"), call("g", "2", "b"), call("h", "3", "c")];
  const after = [call("h", "3", "c"), call("x", "9"), call("g", "4", "b")];
  const change = { calls: [{ before_index: 1, after_index: 2 }, { before_index: 0, after_index: null }, { before_index: null, after_index: 1 }] };
  assert.deepEqual(parentCallsOf(before, after, change), [2, null, 1]);
});

test("undo and redo; typing in a row is one step until it is sealed", () => {
  const type = (h, text) => performed(h, r.setText(h.now, BASE, "m5", text), "text:m5");
  let h = type(type(historyOf(begin()), "N"), "No");
  h = type(sealed(h), "No.");
  assert.equal(r.textOf(BASE, r.entryOf(h.now, "m5")), "No.");
  h = undone(h);
  assert.equal(r.textOf(BASE, r.entryOf(h.now, "m5")), "No");
  h = undone(h);
  assert.deepEqual(toWire(h.now, BASE), ALL);
  assert.equal(undone(h), h);
  h = redone(redone(redone(h)));
  assert.equal(r.textOf(BASE, r.entryOf(h.now, "m5")), "No.");
  h = performed(undone(h), r.cutFrom(h.now, "m2"));
  assert.equal(redone(h), h, "a new operation forgets what was undone");
});

/** A state with a bit of everything. */
function busy() {
  let state = r.setArguments(begin(), BASE, "m2", "m2c0", '{"city": "Rome"}');
  state = r.addCall(state, "m2", { name: "find", text: "{}" });
  state = r.insertAfter(state, "m2", "tool", { answers: { entry: "m2", call: `n${state.next - 1}` }, content: "R9" });
  state = r.removeMessage(state, "m1");
  return r.attest(state, "m3", true);
}

test("a draft comes back as it was", () => {
  const draft = JSON.parse(JSON.stringify(toDraft({ state: busy(), base: null, reason: "why" })));
  const again = fromDraft(draft, BASE, ALL);
  assert.deepEqual(again, busy());
  assert.equal(draft.reason, "why");
  assert.equal(fromDraft(draft, BASE.slice(0, 4), ALL), null, "another base");
});

test("a draft over another base: its changes are laid over what stands now", () => {
  const draft = JSON.parse(JSON.stringify(toDraft({ state: busy(), base: null, reason: "" })));
  const now = structuredClone(BASE);
  now.splice(1, 0, said("user", "Hello."));
  now[3].calls[0].raw = '{"city": "Bonn"}';
  for (const index of [4, 5]) now[index].answers[0] = 3;
  const { state, lost } = rebased(draft, now, [0, null, 1, 2, 3, 4, 5]);
  assert.equal(lost, 0);
  assert.deepEqual(toWire(state, now), [
    0,
    1,
    { from: 3, calls: [{ from: 0, arguments: '{"city": "Rome"}' }, { from: 1 }, { from: null, name: "find", arguments: "{}" }] },
    4,
    5,
    { from: null, role: "tool", content: "R9", answers: 2 },
    6,
  ]);
});

test("changes of a draft that find no place are counted, never guessed", () => {
  const draft = toDraft({ state: busy(), base: null, reason: "" });
  const now = [BASE[0], BASE[1], said("assistant", "I cannot.")];
  const { state, lost } = rebased(draft, now, [0, 1, 2]);
  assert.equal(lost, 2, "the step with its calls, and the result of the added one");
  assert.deepEqual(toWire(state, now), [0, 2]);
});

test("a result that a model proposed keeps its name, also when it is edited", () => {
  const BY = { message_index: 3, model: "sim" };
  let state = r.setResult(begin(), BASE, "m3", "new", "sim");
  assert.deepEqual(simulatedToWire(state, BASE), [{ ...BY, edited: false }]);
  state = r.setText(state, BASE, "m3", "newer");
  assert.deepEqual(simulatedToWire(state, BASE), [{ ...BY, edited: true }]);
  state = r.setText(state, BASE, "m3", "new");
  assert.deepEqual(simulatedToWire(state, BASE), [{ ...BY, edited: false }]);
  assert.deepEqual(toWire(state, BASE)[3], { from: 3, content: "new" });
});

test("a recorded result, or the tool's own again, is not simulated", () => {
  const state = r.setResult(begin(), BASE, "m3", "new", "sim");
  assert.deepEqual(simulatedToWire(r.setResult(state, BASE, "m3", "on record"), BASE), []);
  const back = r.setText(state, BASE, "m3", BASE[3].text);
  assert.deepEqual(simulatedToWire(back, BASE), []);
  assert.deepEqual(toWire(back, BASE), ALL);
});

test("what the correction that stands says of its results holds until they are changed", () => {
  const base = BASE.map((m, i) => (i === 3 ? { ...m, simulated: { model: "sim", edited: false } } : m));
  assert.deepEqual(simulatedToWire(begin(base), base), [{ message_index: 3, model: "sim", edited: false }]);
  const typed = r.setText(begin(base), base, "m3", "by hand");
  assert.deepEqual(simulatedToWire(typed, base), [{ message_index: 3, model: "sim", edited: true }]);
  assert.deepEqual(simulatedToWire(r.setResult(typed, base, "m3", "on record"), base), []);
  assert.deepEqual(simulatedToWire(r.removeMessage(begin(base), "m3"), base), []);
  assert.deepEqual(simulatedToWire(r.removeMessage(begin(base), "m0"), base)[0].message_index, 2);
});

test("a draft remembers who proposed a result, also over another base", () => {
  const state = r.setResult(begin(), BASE, "m3", "new", "sim");
  const draft = JSON.parse(JSON.stringify(toDraft({ state, base: null, reason: "" })));
  const again = fromDraft(draft, BASE, ALL);
  assert.deepEqual(simulatedToWire(again, BASE), simulatedToWire(state, BASE));
  const moved = rebased(draft, BASE, ALL);
  assert.deepEqual(simulatedToWire(moved.state, BASE), simulatedToWire(state, BASE));
});
