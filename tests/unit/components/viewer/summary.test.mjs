import assert from "node:assert/strict";
import test from "node:test";

import { firstWords, stepSummary, tellingValue } from "../../../../components/viewer/assets/summary.js";

const row = (name, value, type = "string", more = {}) => ({ pointer: `/${name}`, name, value, type, depth: 0, ...more });
const call = (name, rows, origins = {}) => ({ name, rows, origins });

test("an identifier tells more of a call than its flags and counts", () => {
  const rows = [row("limit", "10", "integer"), row("verbose", "true", "boolean"), row("user_id", "mia_li_3668")];
  assert.equal(tellingValue(call("find", rows)), "mia_li_3668");
  assert.equal(tellingValue(call("find", [row("body", "a\nb"), row("to", "Oslo")])), "Oslo");
  assert.equal(tellingValue(call("find", [])), "");
});

test("a value from nowhere is what is shown", () => {
  const rows = [row("city", "Oslo"), row("day", "friday")];
  const origins = { "/city": { origin: "user", how: "exact" }, "/day": { origin: "nowhere" } };
  assert.equal(tellingValue(call("find", rows, origins)), "friday");
});

test("a step is its tools, or the first words of its answer", () => {
  const find = call("find", [row("city", "Oslo")]);
  assert.deepEqual(stepSummary({ calls: [find], text: "" }), { tools: "find", value: "Oslo", says: "" });
  assert.equal(stepSummary({ calls: [find, find, call("", [])], text: "" }).tools, "find ×2, (no name)");
  assert.equal(stepSummary({ calls: [call("x", null)], text: "" }).value, "does not parse");
  assert.equal(stepSummary({ calls: [], text: "## Your  *room*\nis free" }).says, "Your *room* is free");
  assert.equal(stepSummary({ calls: [], text: "" }).says, "(empty)");
  assert.equal(firstWords("- one"), "one");
});

test("a value of several lines is told by its first one", () => {
  const row = (value) => ({ pointer: "/command", name: "command", value, type: "string", depth: 0 });
  const call = (value) => ({ rows: [row(value)], origins: {} });
  assert.equal(tellingValue(call("open server.py\n")), "open server.py");
  assert.equal(tellingValue(call("edit 1:1\nx = 1\nend_of_edit")), "edit 1:1 …");
});
