import assert from "node:assert/strict";
import test from "node:test";

import { preview, repeatOf, shortText } from "../../../../components/viewer/assets/result_view.js";

const tool = (index, text) => ({ index, role: "tool", text });
const LONG = "the same weather report of more than forty characters";

test("a result that was given before says so, and short ones never do", () => {
  const view = { messages: [tool(0, LONG), { index: 1, role: "user", text: LONG }, tool(2, LONG), tool(3, "ok"), tool(4, "ok")] };
  assert.equal(repeatOf(view, 0, LONG), null);
  assert.equal(repeatOf(view, 2, LONG), 0);
  assert.equal(repeatOf(view, 4, "ok"), null);
});

test("short texts are laid out, long ones are for folding", () => {
  assert.equal(shortText('{"a":1.0}'), '{\n  "a": 1.0\n}');
  assert.equal(shortText("x".repeat(400)), null);
  assert.equal(shortText("[1,2,3,4,5,6,7,8]"), "[1,2,3,4,5,6,7,8]", "laid out it would be longer, not clearer");
  assert.equal(preview("  a\n\n  b "), "a b");
});
