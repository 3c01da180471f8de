import assert from "node:assert/strict";
import test from "node:test";

import { Recents, touched } from "../../../../components/viewer/assets/recents.js";

const category = (name) => ({ name });
const taxonomy = { name: "t", categories: [..."abcdefgh"].map(category) };
const memory = (kept = {}) => ({ getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) });
const names = (recents) => recents.of(taxonomy).map((c) => c.name).join("");
const used = (recents, text) => [...text].forEach((name) => recents.use(taxonomy, category(name)));

test("six are kept, each in its place until another needs it", () => {
  const recents = new Recents("ann", memory());
  used(recents, "abcdef");
  assert.equal(names(recents), "abcdef");
  used(recents, "ae");
  assert.equal(names(recents), "abcdef", "nothing moves");
  used(recents, "g");
  assert.equal(names(recents), "agcdef", "b was unused for longest");
});

test("they outlive the page, per annotator and taxonomy, and follow another tab", () => {
  const storage = memory();
  const recents = new Recents("ann", storage);
  used(recents, "ab");
  assert.equal(names(new Recents("ann", storage)), "ab");
  assert.equal(names(new Recents("bob", storage)), "");
  assert.deepEqual(new Recents("ann", storage).of({ name: "other", categories: taxonomy.categories }), []);
  used(new Recents("ann", storage), "c");
  used(recents, "d");
  assert.equal(names(recents), "abcd");
});

test("what cannot be read or kept does no harm, and categories that are gone are left out", () => {
  for (const text of ["nonsense", "[1]", '{"t": [{"name": 1}]}', '{"t": "x"}', "null"]) {
    assert.equal(names(new Recents("ann", memory({ "loopwright:recent:ann": text }))), "");
  }
  const forbidden = { getItem: () => assert.fail(), setItem: () => assert.fail() };
  const recents = new Recents("ann", forbidden);
  used(recents, "ax");
  assert.equal(names(recents), "a");
  assert.equal(touched([], "a").length, 1);
});
