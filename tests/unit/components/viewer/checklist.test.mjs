import assert from "node:assert/strict";
import test from "node:test";

import {
  answerAt,
  answered,
  categoryOfItem,
  linesOf,
  nextAnswer,
  tally,
} from "../../../../components/viewer/assets/checklist_state.js";

const item = (id, more = {}) => ({ item_id: id, text: `text ${id}`, category: "", tool_hash: "h", author: "ann", created_at: "2026-01-31T10:00:00Z", ...more });
const place = { message: 2, call: 0 };
const said = (id, answer) => ({ message_index: 2, call_index: 0, item_id: id, answer });

test("one answer an item and call, taken back by none", () => {
  let answers = answered([], said("a", "yes"));
  answers = answered(answers, said("a", "no"));
  answers = answered(answers, { ...said("a", "na"), call_index: 1 });
  assert.equal(answerAt(answers, place, "a"), "no");
  assert.equal(answerAt(answers, { message: 2, call: 1 }, "a"), "na");
  assert.equal(answerAt(answered(answers, said("a", null)), place, "a"), null);
});

test("space goes round", () => {
  assert.deepEqual([null, "yes", "no", "na"].map(nextAnswer), ["yes", "no", "na", null]);
});

test("what the schema says is offered until somebody wrote it", () => {
  const tool = { fingerprint: "h", seeds: ["city is given", "day is a date"] };
  const lines = linesOf([item("a", { text: "City is given" }), item("b", { tool_hash: "older" })], tool);
  assert.deepEqual(lines.map((l) => l.kind), ["item", "item", "seed"]);
  assert.deepEqual(lines.slice(0, 2).map((l) => l.isOlder), [false, true]);
  assert.equal(lines[2].text, "day is a date");
});

test("what is answered is counted, and a category is one that is there", () => {
  assert.deepEqual(tally([item("a"), item("b")], [said("a", "no")], place), { done: 1, no: 1, all: 2 });
  const taxonomies = [{ name: "t", categories: [{ name: "A/B" }] }];
  assert.equal(categoryOfItem(item("a", { category: "t/A/B" }), taxonomies).category.name, "A/B");
  assert.equal(categoryOfItem(item("a", { category: "t/gone" }), taxonomies), null);
  assert.equal(categoryOfItem(item("a"), taxonomies), null);
});
