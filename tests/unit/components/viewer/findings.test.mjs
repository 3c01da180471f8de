import assert from "node:assert/strict";
import test from "node:test";

import { findingsByMessage, gathered } from "../../../../components/viewer/assets/findings.js";

const at = (message_index, message, check = "flow/role-order") => ({ check, message, hint: "", message_index });

test("three that say the same share a line, two do not", () => {
  const all = [at(1, "twice"), at(2, "thrice"), at(3, "thrice"), at(4, "twice"), at(5, "thrice")];
  const lines = gathered(all).map((group) => group.map((f) => f.message_index));
  assert.deepEqual(lines, [[1], [2, 3, 5], [4]]);
});

test("the same sentence of another check is another finding", () => {
  const all = [at(1, "x"), at(2, "x"), at(3, "x", "calls/other")];
  assert.equal(gathered(all).length, 3);
});

test("what three places share is said in full at the first of them", () => {
  const messages = [0, 1, 2, 3].map((index) => ({ index }));
  const findings = [at(1, "thrice"), at(2, "thrice"), at(3, "thrice"), at(3, "once")];
  const found = findingsByMessage({ messages, findings });
  const said = (index) => found.get(index).map((f) => [f.message, f.isRepeated]);
  assert.deepEqual(said(1), [["thrice", false]]);
  assert.deepEqual(said(2), [["thrice", true]]);
  assert.deepEqual(said(3), [["thrice", true], ["once", false]]);
});
