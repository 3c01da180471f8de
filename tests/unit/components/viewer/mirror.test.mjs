import assert from "node:assert/strict";
import test from "node:test";

import { Mirror } from "../../../../components/viewer/assets/mirror.js";

/** What of localStorage the mirror uses. */
function storage() {
  const kept = {};
  const api = { getItem: (k) => kept[k] ?? null, removeItem: (k) => delete kept[k] };
  api.setItem = (k, v) => (kept[k] = v);
  for (const name of Object.keys(api)) Object.defineProperty(kept, name, { value: api[name], configurable: true });
  return kept;
}

const op = (n, at = 0) => ({ sid: "s", n, uid: "u", at });

test("a closed page's ops are found at once, a silent one's after a while, our own never", () => {
  const disk = storage();
  new Mirror("ann", "closed", disk).write([op(1)], 0);
  new Mirror("ann", "silent", disk).write([op(2)], 1_000);
  const mine = new Mirror("ann", "mine", disk);
  mine.write([op(3)], 0);
  const early = mine.leftovers(6_500);
  assert.deepEqual(early.ops.map((o) => o.n), [1]);
  assert.ok(early.waiting);
  const late = mine.leftovers(8_000);
  assert.deepEqual(late.ops.map((o) => o.n), [1, 2]);
  mine.forget(late.keys);
  assert.deepEqual(mine.leftovers(9_000).ops, []);
});

test("annotators do not adopt each other's ops, whatever their names", () => {
  const disk = storage();
  new Mirror("a:b", "other", disk).write([op(1)], 0);
  assert.deepEqual(new Mirror("a", "mine", disk).leftovers(60_000).ops, []);
  assert.equal(new Mirror("a:b", "mine", disk).leftovers(60_000).ops.length, 1);
});

test("nothing unsent leaves nothing behind, and a full disk is told", () => {
  const disk = storage();
  const mirror = new Mirror("ann", "mine", disk);
  mirror.write([op(1)]);
  mirror.write([]);
  assert.deepEqual(Object.keys(disk), []);
  Object.defineProperty(disk, "setItem", {
    configurable: true,
    value: () => {
      throw new Error("full");
    },
  });
  mirror.write([op(1)]);
  assert.equal(mirror.working, false);
});

test("a damaged copy is passed over", () => {
  const disk = storage();
  new Mirror("ann", "x", disk).write([op(1)], 0);
  disk[Object.keys(disk)[0]] = "{";
  assert.deepEqual(new Mirror("ann", "mine", disk).leftovers(60_000).ops, []);
});
