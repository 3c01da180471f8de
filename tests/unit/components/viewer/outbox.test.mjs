import assert from "node:assert/strict";
import test from "node:test";

import {
  batch,
  blocked,
  describe,
  emptyOutbox,
  MOST_AT_ONCE,
  reduce,
  retryDelay,
  SLOW_MS,
} from "../../../../components/viewer/assets/outbox.js";

const op = (n, more = {}) => ({ sid: "s", n, uid: "u", kind: "note", payload: {}, at: 0, ...more });
const run = (...events) => events.reduce(reduce, emptyOutbox());
const add = (n, more) => ({ type: "add", op: op(n, more) });
const numbers = (state) => state.ops.map((o) => o.n);

test("ops stay until the server has answered for them", () => {
  const sent = run(add(1), add(2), { type: "sending" }, add(3));
  assert.equal(sent.inflight, 2);
  assert.deepEqual(numbers(sent), [1, 2, 3]);
  const answered = reduce(sent, { type: "answered", session: "s", acked: 2 });
  assert.deepEqual(numbers(answered), [3]);
  assert.equal(answered.inflight, 0);
});

test("a failure changes nothing but the time of the next attempt", () => {
  const failed = run(add(1), add(2), { type: "sending" }, { type: "failed", message: "no" });
  assert.deepEqual(numbers(failed), [1, 2]);
  assert.equal(failed.failures, 1);
  assert.deepEqual(batch(failed).map((o) => o.n), [1, 2]);
  const sent = reduce(failed, { type: "sending" });
  const answered = reduce(sent, { type: "answered", session: "s", acked: 2 });
  assert.equal(answered.failures, 0);
  assert.deepEqual(answered.ops, []);
});

test("pauses between attempts double from half a second to five", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map(retryDelay), [0, 500, 1000, 2000, 4000, 5000, 5000]);
});

test("a batch never mixes two sessions and keeps the order", () => {
  const state = run(add(4, { sid: "old" }), add(5, { sid: "old" }), add(1), add(2));
  assert.deepEqual(batch(state).map((o) => [o.sid, o.n]), [["old", 4], ["old", 5]]);
  const next = reduce(reduce(state, { type: "sending" }), { type: "answered", session: "old", acked: 5 });
  assert.deepEqual(batch(next).map((o) => o.n), [1, 2]);
});

test("an outbox that grew long is sent in parts", () => {
  const state = run(...Array.from({ length: MOST_AT_ONCE + 5 }, (_, i) => add(i + 1)));
  assert.equal(batch(state).length, MOST_AT_ONCE);
  const sent = reduce(state, { type: "sending" });
  const next = reduce(sent, { type: "answered", session: "s", acked: MOST_AT_ONCE });
  assert.deepEqual(batch(next).map((o) => o.n), [1, 2, 3, 4, 5].map((i) => MOST_AT_ONCE + i));
});

test("an answer for one session leaves the other's ops with smaller numbers", () => {
  const state = run(add(9, { sid: "old" }), add(1));
  const next = reduce(state, { type: "answered", session: "old", acked: 9 });
  assert.deepEqual(next.ops.map((o) => [o.sid, o.n]), [["s", 1]]);
});

test("adopted ops go before what was made since, but not past what is on its way", () => {
  const old = [op(1, { sid: "old" }), op(2, { sid: "old" })];
  const fresh = reduce(run(add(1)), { type: "adopt", ops: old });
  assert.deepEqual(fresh.ops.map((o) => o.sid), ["old", "old", "s"]);
  const busy = reduce(run(add(1), { type: "sending" }, add(2)), { type: "adopt", ops: old });
  assert.deepEqual(busy.ops.map((o) => `${o.sid}${o.n}`), ["s1", "old1", "old2", "s2"]);
  assert.equal(reduce(busy, { type: "adopt", ops: old }).ops.length, 4);
});

test("a refused batch is sent one by one, and only the refused op is dropped", () => {
  const refused = run(add(1), add(2), { type: "sending" }, { type: "refused" });
  assert.deepEqual(numbers(refused), [1, 2]);
  assert.deepEqual(batch(refused).map((o) => o.n), [1]);
  const first = reduce(reduce(refused, { type: "sending" }), { type: "refused" });
  assert.deepEqual(numbers(first), [2]);
});

test("nothing is sent while signed out, and everything afterwards", () => {
  const denied = run(add(1), { type: "sending" }, { type: "denied", message: "who?" });
  assert.equal(describe(denied, 0).state, "denied");
  assert.match(describe(denied, 0).text, /1 unsent/);
  assert.deepEqual(numbers(reduce(denied, { type: "admitted" })), [1]);
});

test("the header names what is unsent, and commit is blocked past a failure or a slow answer", () => {
  assert.equal(describe(emptyOutbox(), 0).text, "saved");
  const sending = run(add(1), { type: "sending" });
  assert.equal(describe(sending, 10).state, "sending");
  assert.equal(blocked(sending, 10), "");
  assert.equal(describe(sending, SLOW_MS + 1).state, "slow");
  assert.match(blocked(sending, SLOW_MS + 1), /1 unsent/);
  const failing = reduce(sending, { type: "failed", message: "x" });
  assert.equal(describe(failing, 10).text, "1 unsent — retrying");
  assert.match(blocked(failing, 10), /commit waits/);
});

test("the reducer never changes the state it is given", () => {
  const before = run(add(1), add(2));
  const copy = structuredClone(before);
  for (const event of [
    { type: "sending" },
    { type: "failed", message: "x" },
    { type: "answered", session: "s", acked: 1 },
    { type: "refused" },
    { type: "adopt", ops: [op(7, { sid: "old" })] },
  ]) {
    reduce(before, event);
    assert.deepEqual(before, copy);
  }
});

test("whatever happens on the way, every op is delivered once and in order", () => {
  // A server that keeps what it was given, over connections that fail in every way they can.
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round += 1) {
    let state = emptyOutbox();
    const stored = [];
    let n = 0;
    for (let tick = 0; tick < 60 || state.ops.length > 0; tick += 1) {
      if (tick < 60 && random() < 0.6) state = reduce(state, add((n += 1)));
      if (state.ops.length === 0 || random() < 0.3) continue;
      const sent = batch(state);
      state = reduce(state, { type: "sending" });
      if (tick < 60 && random() < 0.5) state = reduce(state, add((n += 1)));
      const fate = random();
      if (fate < 0.6) for (const o of sent) if (!stored.includes(o.n)) stored.push(o.n);
      if (fate < 0.4) {
        state = reduce(state, { type: "answered", session: "s", acked: sent.at(-1).n });
      } else state = reduce(state, { type: "failed", message: "lost" });
    }
    assert.deepEqual(stored, Array.from({ length: n }, (_, i) => i + 1));
  }
});
