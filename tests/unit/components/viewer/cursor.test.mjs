import assert from "node:assert/strict";
import test from "node:test";

import {
  anchorFor,
  atAnchor,
  firstCursor,
  moveArgument,
  moveCall,
  moveFinding,
  moveRow,
  moveStep,
  unjudgedAfter,
  WHOLE,
} from "../../../../components/viewer/assets/cursor.js";

const rows = (...names) => names.map((name) => ({ pointer: `/${name}` }));
const call = (...names) => ({ rows: rows(...names) });
const message = (index, role, step = null, calls = [], answers = null) => ({
  index,
  role,
  step,
  calls,
  answers,
});
const view = (findings = []) => ({
  messages: [
    message(0, "user"),
    message(1, "assistant", 1, [call("a", "b"), call("c")]),
    message(2, "tool", null, [], [1, 0]),
    message(3, "tool", null, [], [1, 1]),
    message(4, "user"),
    message(5, "assistant", 2),
  ],
  findings,
});
const at = (m, c = null, p = null) => ({ message: m, call: c, pointer: p });
const finding = (severity, message_index, call_index = null, pointer = null) => ({
  severity,
  message_index,
  call_index,
  pointer,
});

test("opens at the first error, else the first warning, else the first step", () => {
  const v = view([finding("warning", 1, 1), finding("error", 5), finding("info", 0)]);
  assert.deepEqual(firstCursor(v), at(5));
  assert.deepEqual(firstCursor(view([finding("info", 5), finding("warning", 1, 1, "/c")])), at(1, 1, "/c"));
  assert.deepEqual(firstCursor(view([finding("info", 5)])), at(1, 0));
  assert.deepEqual(firstCursor(view([finding("warning", 4)])), at(1, 0), "a user's words are no step");
  assert.deepEqual(firstCursor(view([finding("error", 4)])), at(4));
  assert.deepEqual(firstCursor({ messages: [], findings: [] }), WHOLE);
});

test("steps are the assistant's messages, and both ends hold", () => {
  const v = view();
  assert.deepEqual(moveStep(v, at(1, 0), 1), at(5));
  assert.deepEqual(moveStep(v, at(5), 1), at(5));
  assert.deepEqual(moveStep(v, at(4), -1), at(1, 0));
  assert.deepEqual(moveStep(v, WHOLE, 1), at(1, 0));
});

test("before the first call is the step, before the first argument is the call", () => {
  const v = view();
  assert.deepEqual(moveCall(v, at(1, 0), -1), at(1));
  assert.deepEqual(moveCall(v, at(1), 1), at(1, 0));
  assert.deepEqual(moveCall(v, at(1, 1), 1), at(1, 1));
  assert.deepEqual(moveArgument(v, at(1, 0), 1), at(1, 0, "/a"));
  assert.deepEqual(moveArgument(v, at(1, 0, "/b"), 1), at(1, 0, "/b"));
  assert.deepEqual(moveArgument(v, at(1, 0, "/a"), -1), at(1, 0));
});

test("a finding at a result is shown at the call that it answers", () => {
  assert.deepEqual(atAnchor(view(), { message_index: 3 }), at(1, 1));
});

test("a pointer without a row falls back to the nearest row above it", () => {
  assert.deepEqual(atAnchor(view(), finding("error", 1, 0, "/a/deep/er")), at(1, 0, "/a"));
  assert.deepEqual(atAnchor(view(), finding("error", 1, 0, "/zz")), at(1, 0));
});

test("findings are visited in reading order, each place once, and round", () => {
  const v = view([
    finding("error", 5),
    finding("info", 1, 1),
    finding("warning", 1, 0, "/a"),
    finding("error", 1, 0, "/a"),
  ]);
  const places = [at(1, 0, "/a"), at(1, 1), at(5)];
  assert.deepEqual(moveFinding(v, places[0], 1), places[1]);
  assert.deepEqual(moveFinding(v, places[2], 1), places[0]);
  assert.deepEqual(moveFinding(v, places[0], -1), places[2]);
  assert.deepEqual(moveFinding(v, at(4), 1), places[2]);
  assert.deepEqual(moveFinding(view(), at(5), 1), at(5));
});

test("a category goes where it applies", () => {
  const v = view();
  const argument = at(1, 0, "/a");
  const anchor = (m, c = null, p = null) => ({ message_index: m, call_index: c, pointer: p });
  assert.deepEqual(anchorFor(v, argument, "any"), anchor(1, 0, "/a"));
  assert.deepEqual(anchorFor(v, argument, "step"), anchor(1));
  assert.deepEqual(anchorFor(v, at(1), "call"), anchor(1, 0));
  assert.deepEqual(anchorFor(v, at(1), "any"), anchor(1));
  assert.deepEqual(anchorFor(v, at(5), "user"), anchor(4));
  assert.deepEqual(anchorFor(v, argument, "trajectory"), anchor(null));
  assert.deepEqual(anchorFor(v, WHOLE, "call"), anchor(null));
});

test("in the list of calls the next line is the next call, of whichever step", () => {
  const v = view();
  assert.deepEqual(moveRow(v, WHOLE, 1), at(1, 0));
  assert.deepEqual(moveRow(v, at(1, 0, "/a"), 1), at(1, 1));
  assert.deepEqual(moveRow(v, at(1, 1), 1), at(1, 1), "the last one stays");
  assert.deepEqual(moveRow(v, at(5), -1), at(1, 1), "from a step without calls");
  assert.deepEqual(moveRow({ messages: [] }, WHOLE, 1), WHOLE);
});

test("the next step without a verdict comes after this one, or from the beginning", () => {
  const v = view();
  assert.deepEqual(unjudgedAfter(v, at(1, 0), {}), at(5));
  assert.deepEqual(unjudgedAfter(v, at(5), {}), at(1, 0));
  assert.deepEqual(unjudgedAfter(v, at(1, 0), { 5: "correct" }), at(1, 0));
  assert.equal(unjudgedAfter(v, at(1, 0), { 1: "correct", 5: "unsure" }), null);
});
