import assert from "node:assert/strict";
import test from "node:test";

import { onRecord } from "../../../../components/viewer/assets/replay.js";
import {
  addedCalls, baseOf, callsOf, cursorOf, labelOf, shownOf, unsettled,
} from "../../../../components/viewer/assets/shown.js";

const call = (name, raw, id, result = null) => ({ name, raw, id, result });
const message = (index, role, more = {}) => ({ index, role, text: "", step: null, calls: [], answers: null, ...more });

const IMPORTED = [
  message(0, "user"),
  message(1, "assistant", { step: 1, calls: [call("find", '{"n": 1}', "a", 2), call("old", "{}", "b", 3)] }),
  message(2, "tool", { answers: [1, 0], text: "one" }),
  message(3, "tool", { answers: [1, 1], text: "two" }),
  message(4, "assistant", { step: 2, text: "Done." }),
];

/** The call of `old` was removed with its result, `find` changed, a call and a message were added. */
const CORRECTED = [
  IMPORTED[0],
  message(1, "assistant", { calls: [call("find", '{"n": 2}', "a", 2), call("find", '{ "n": 2.0 }', "call_1", 3)] }),
  message(2, "tool", { answers: [1, 0], text: "one" }),
  message(3, "tool", { answers: [1, 1], text: "two of them" }),
  message(4, "user", { text: "And?" }),
  message(5, "assistant", { text: "Done." }),
];
const CORRECTION = {
  uid: "c",
  author: "ann",
  reason: "because",
  messages: CORRECTED,
  attested: [5],
  changes: [
    {
      kind: "changed", before_index: 1, after_index: 1, role: "assistant",
      calls: [
        { kind: "changed", before_index: 0, after_index: 0, name: "find" },
        { kind: "removed", before_index: 1, after_index: null, name: "old" },
        { kind: "added", before_index: null, after_index: 1, name: "find" },
      ],
    },
    { kind: "removed", before_index: 3, after_index: null, role: "tool" },
    { kind: "added", before_index: null, after_index: 3, role: "tool" },
    { kind: "added", before_index: null, after_index: 4, role: "user" },
  ],
  stale: [
    { message_index: 2, why: "result", cause: 1, values: [] },
    { message_index: 5, why: "follows", cause: 1, values: [] },
  ],
};

const sessionWith = (correction_uid) => ({
  current: "u",
  editor: null,
  view: { uid: "u", messages: IMPORTED, correction: CORRECTION },
  stateOf: () => ({ annotation: { correction_uid } }),
});
const shown = shownOf(sessionWith("c"));

test("nothing is shown of a correction that the annotation does not name", () => {
  assert.equal(shownOf(sessionWith(null)), null);
  assert.equal(baseOf(sessionWith(null)).messages, IMPORTED);
  assert.equal(baseOf(sessionWith("another")).isKnown, false);
  assert.equal(shownOf(sessionWith("c")), shown, "worked out once");
});

test("every message of the correction has a card", () => {
  assert.deepEqual([...shown.hosts.values()], [0, 1, 1, 1, 1, 4]);
  assert.deepEqual([...shown.extras].map(([at, extras]) => [at, extras.map((e) => e.key)]), [[1, ["m3", "m4"]]]);
  assert.equal(shown.byParent.has(3), false);
  assert.deepEqual(cursorOf(shown, "m2"), { message: 1, call: 0, pointer: null });
  assert.deepEqual(cursorOf(shown, "m5"), { message: 4, call: null, pointer: null });
  assert.deepEqual(cursorOf(shown, "m4"), { message: 1, call: null, pointer: null });
});

test("calls are matched, not compared by place", () => {
  assert.deepEqual(callsOf(shown, 1).map((c) => c?.key ?? null), ["m1c0", null]);
  assert.deepEqual(addedCalls(shown, 1).map((c) => c.key), ["m1c1"]);
});

test("messages are named by their step", () => {
  assert.equal(labelOf(shown, "m2"), "result of find in step 1");
  assert.equal(labelOf(shown, "m1", "m1c1"), "find in step 1");
  assert.equal(labelOf(shown, "m4"), "new user message");
  assert.equal(labelOf(shown, "m5"), "step 2");
});

test("what was attested is settled", () => {
  assert.deepEqual(unsettled(shown).map((one) => one.key), ["m2"]);
  assert.equal(shown.stale.get("m5").isAttested, true);
});

test("the result of an equal call of the same trajectory is on record", () => {
  const [found, ...more] = onRecord(shown, shown.stale.get("m2"));
  assert.deepEqual(found, { text: "two of them", where: "step 1", times: 1 });
  assert.deepEqual(more, []);
  assert.deepEqual(onRecord(shown, shown.stale.get("m5")), []);
});
