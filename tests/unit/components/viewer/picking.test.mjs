import assert from "node:assert/strict";
import test from "node:test";

import { anchorFor, moveTurn } from "../../../../components/viewer/assets/cursor.js";
import {
  beginPicking,
  fieldsOf,
  movePicking,
  pickedCursor,
  pickedUnits,
  pickingHere,
} from "../../../../components/viewer/assets/picking.js";

const message = (index, role, text, reasoning = null) => ({ index, role, text, reasoning, calls: [], step: role === "assistant" ? 1 : null });
const view = {
  uid: "u",
  messages: [message(0, "user", "Hello"), message(1, "assistant", "🙂 one two three.", "I think"), message(2, "user", " ")],
};
const at = (index) => ({ message: index, call: null, pointer: null });
const words = (p) => p.text.slice(...pickedUnits(p));
const after = (p, ...keys) => keys.reduce(movePicking, p);

test("a word at a time, with Shift more or less, ten up and down, and never over the ends", () => {
  const begun = beginPicking(view, at(1), "content");
  assert.equal(words(begun), "🙂");
  assert.equal(words(after(begun, "ArrowRight")), "one");
  assert.equal(words(after(begun, "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")), "one two three");
  assert.equal(words(after(begun, "ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")), "one");
  assert.equal(words(after(begun, "ArrowRight", "ArrowRight", "Shift+ArrowLeft")), "one two", "backwards");
  assert.equal(words(after(begun, "Shift+ArrowDown")), "🙂 one two three.");
  assert.equal(words(after(begun, "End", "ArrowRight")), ".");
  assert.equal(words(after(begun, "End", "Shift+Home")), "🙂 one two three.");
  assert.equal(movePicking(begun, "ArrowLeft"), begun, "nothing to draw");
  assert.equal(words(after(begun, "Shift+ArrowRight", "ArrowLeft")), "🙂", "without Shift one word again");
});

test("what is picked is a place of the message in code points, and picking goes on from it", () => {
  const picked = after(beginPicking(view, at(1), "content"), "ArrowRight", "Shift+ArrowRight");
  const cursor = pickedCursor(picked);
  assert.deepEqual(cursor, { ...at(1), span: [2, 9], field: "content" });
  assert.equal(words(beginPicking(view, cursor, "content")), "one two");
  assert.equal(words(beginPicking(view, cursor, "reasoning")), "I");
  const anchor = { message_index: 1, call_index: null, pointer: null };
  for (const applies of ["any", "call", "step"]) {
    assert.deepEqual(anchorFor(view, cursor, applies), { ...anchor, span: [2, 9], field: "content" });
  }
  assert.deepEqual(anchorFor(view, cursor, "user"), { ...anchor, message_index: 0 });
  const onUser = { ...at(0), span: [0, 5], field: "content" };
  assert.deepEqual(anchorFor(view, onUser, "user"), { ...anchor, message_index: 0, span: [0, 5], field: "content" });
  assert.equal(anchorFor(view, cursor, "trajectory").message_index, null);
});

test("texts without words cannot be picked from", () => {
  assert.deepEqual(fieldsOf(view.messages[1]), ["content", "reasoning"]);
  assert.deepEqual(fieldsOf(view.messages[2]), []);
  assert.equal(beginPicking(view, at(2), "content"), null);
});

test("picking ends when the selection moves on, and waits on its own trajectory", () => {
  const cursor = at(1);
  const session = { picking: beginPicking(view, cursor, "content"), current: "u", cursor };
  assert.ok(pickingHere(session));
  assert.equal(pickingHere({ ...session, cursor: at(1) }), null);
  assert.equal(pickingHere({ ...session, current: "other" }), null);
});

test("user turns are walked by themselves, from steps too", () => {
  assert.deepEqual(moveTurn(view, at(1), 1), at(2));
  assert.deepEqual(moveTurn(view, at(1), -1), at(0));
  assert.deepEqual(moveTurn(view, at(null), 1), at(0));
  assert.equal(moveTurn(view, at(2), 1), null);
});
