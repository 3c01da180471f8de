import assert from "node:assert/strict";
import test from "node:test";

import { changedArguments, columnsFor, matched, names, pageOf, rulingsAt, summary, triesAt } from "../../../../components/viewer/assets/tries.js";

const said = (model, n = 1) => ({ model, n, perplexity: null });
const view = {
  tries: { 4: { same: [said("a"), said("b", 4)], others: [{ id: "t1" }, { id: "t2" }, { id: "t3" }] } },
};
const ruled = (try_id, ruling, message_index = 4) => ({ message_index, try_id, ruling });

test("a step without other answers has none", () => {
  assert.deepEqual(triesAt(view, 2), { same: [], others: [] });
  assert.deepEqual(triesAt({}, 4), { same: [], others: [] });
  assert.deepEqual(triesAt(null, null), { same: [], others: [] });
});

test("the line counts tries, rulings and who agreed", () => {
  const annotation = { tries: [ruled("t1", "alternative"), ruled("t3", "rejected"), ruled("t2", "rejected", 9)] };
  assert.deepEqual(rulingsAt(view, annotation, 4), ["alternative", null, "rejected"]);
  assert.deepEqual(summary(view, annotation, 4), {
    head: "3 other tries of this step",
    rest: "1 alternative · 1 rejected · a and b ×4 said the same as the reference",
  });
  assert.equal(names([said("a"), said("b"), said("c")]), "3 models");
});

test("a page holds the chosen try, and as many as fit", () => {
  assert.equal(columnsFor(1280), 1);
  assert.ok(columnsFor(2560) >= 4);
  assert.deepEqual(pageOf(2, 5, 2), { from: 2, to: 4 });
  assert.deepEqual(pageOf(4, 5, 2), { from: 4, to: 5 });
});

test("calls are matched, and other spelling is no change", () => {
  const call = (index, name, raw) => ({ index, name, raw });
  const reference = { calls: [call(0, "f", "{}"), call(1, "g", "{}"), call(2, "h", "{}")] };
  const one = {
    calls: [call(0, "g", "{ }"), call(1, "f", '{"a":1}'), call(2, "new", "{}")],
    pairs: [[0, 1], [1, 0]],
    change: {
      calls: [
        { kind: "changed", before_index: 0, after_index: 1, arguments: [{ kind: "added", pointer: "/a", after: 1 }], fields: [] },
        { kind: "changed", before_index: 1, after_index: 0, arguments: [], fields: [{ field: "raw_arguments", before: "{}", after: "{ }" }] },
      ],
    },
  };
  assert.deepEqual(
    matched(reference, one).map((row) => [row.call.name, row.state]),
    [["g", "same"], ["f", "changed"], ["new", "added"], ["h", "removed"]],
  );
});

test("a call that stopped parsing is changed although no argument is", () => {
  const fields = [{ field: "raw_arguments", before: "{}", after: "{oops" }];
  const change = { kind: "changed", before_index: 0, after_index: 0, arguments: [], fields };
  const one = { calls: [{ index: 0, name: "f", raw: "{oops" }], pairs: [[0, 0]], change: { calls: [change] } };
  assert.equal(matched({ calls: [{ index: 0, name: "f", raw: "{}" }] }, one)[0].state, "changed");
});

test("argument changes are found where they are now", () => {
  const { here, removed, tool } = changedArguments({
    arguments: [
      { kind: "name", pointer: "", before: "f", after: "g" },
      { kind: "renamed", pointer: "/town", new_pointer: "/city" },
      { kind: "retyped", pointer: "/days", before: "2", after: 2 },
      { kind: "removed", pointer: "/zip", before: "x" },
    ],
  });
  assert.deepEqual([...here.keys()], ["/city", "/days"]);
  assert.equal(removed[0].pointer, "/zip");
  assert.equal(tool.after, "g");
});
