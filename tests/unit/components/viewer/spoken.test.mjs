import assert from "node:assert/strict";
import test from "node:test";

import { actText, cursorText, viewText } from "../../../../components/viewer/assets/spoken.js";

const row = (name, value) => ({ name, value, pointer: `/${name}`, depth: 0 });
const call = (index, name, rows) => ({ index, name, rows, result: null });
const VIEW = {
  uid: "tj1-x",
  source_id: "office-7",
  n_steps: 2,
  messages: [
    { index: 0, role: "user", step: null, text: "Book it.\nPlease", calls: [] },
    { index: 1, role: "assistant", step: 1, text: "", calls: [call(0, "book_flight", [row("to", "Oslo"), row("day", "1")]), call(1, "", null)] },
    { index: 2, role: "tool", step: null, text: "{}", calls: [], answers: [1, 0] },
    { index: 3, role: "assistant", step: 2, text: "Done.", calls: [] },
  ],
  findings: [
    { message_index: 1, call_index: 0, pointer: "/to", severity: "error", message: "“Oslo” is not a code." },
    { message_index: 2, call_index: null, pointer: null, severity: "info", message: "Empty." },
  ],
};
const BOOT = { taxonomies: [{ name: "t", categories: [{ name: "PV", title: "Wrong value" }] }] };

function at(message, callIndex = null, pointer = null, annotation = {}) {
  const full = { step_verdicts: {}, marks: [], ...annotation };
  return {
    view: VIEW,
    boot: BOOT,
    current: VIEW.uid,
    cursor: { message, call: callIndex, pointer },
    stateOf: () => ({ annotation: full }),
  };
}

test("the cursor is told as a step of all steps, with what is found and said there", () => {
  assert.equal(cursorText(at(1)), "Step 1 of 2, book_flight, (no name), 2 findings, not judged");
  const said = { step_verdicts: { 3: "correct" }, marks: [{ anchor: { message_index: 3 } }] };
  assert.equal(cursorText(at(3, null, null, said)), "Step 2 of 2, Done., 1 mark, correct");
  assert.equal(cursorText(at(0)), "user, Book it.");
  assert.equal(cursorText(at(null)), "The whole trajectory, 2 steps");
});

test("calls and arguments are told by name, with their own findings", () => {
  assert.equal(cursorText(at(1, 0)), "Call 1 of 2, book_flight, 2 arguments");
  assert.equal(cursorText(at(1, 1)), "Call 2 of 2, (no name), does not parse");
  assert.equal(cursorText(at(1, 0, "/to")), "Argument to, Oslo, error: “Oslo” is not a code");
  assert.equal(cursorText(at(1, 0, "/day")), "Argument day, 1");
});

test("a new trajectory is told with its name before where it opens", () => {
  assert.equal(viewText(at(3)), "office-7, 2 steps, 2 findings. Step 2 of 2, Done., not judged");
});

test("acts are told as what they did", () => {
  const s = at(1);
  assert.equal(actText(s, { kind: "verdicts", payload: { verdicts: { 3: "incorrect" } } }), "Step 2 incorrect");
  assert.equal(actText(s, { kind: "verdicts", payload: { verdicts: { 3: null } } }), "Step 2 not judged");
  assert.equal(actText(s, { kind: "verdicts", payload: { verdicts: { 1: "correct", 3: "correct" } } }), "2 steps correct");
  const mark = { taxonomy: "t", category: "PV", anchor: { message_index: 1 }, severity: "major", root_cause: true };
  assert.equal(actText(s, { kind: "mark", payload: { mark } }), "Marked Wrong value on step 1, major, root cause");
  assert.equal(actText(s, { kind: "outcome", payload: { outcome: null } }), "Outcome cleared");
  assert.equal(actText(s, { kind: "note", payload: { note: "x" } }), "");
});
