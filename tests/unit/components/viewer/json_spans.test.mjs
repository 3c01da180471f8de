import assert from "node:assert/strict";
import test from "node:test";

import { findAll, holdsAny, isTree, partsOf, rootOf, wordsOf } from "../../../../components/viewer/assets/json_spans.js";

/** The value that the places describe, with numbers as they are spelt. */
function rebuilt(text, part = rootOf(text)) {
  if (part.size === null) return text.slice(part.start, part.end);
  const parts = partsOf(text, part);
  assert.equal(parts.length, part.size, "the count on a folded part is that of its parts");
  if (part.kind === "array") return parts.map((p) => rebuilt(text, p));
  return parts.map((p) => [wordsOf(text, p.key), rebuilt(text, p)]);
}

function spelt(value) {
  if (Array.isArray(value)) return value.map(spelt);
  if (value && typeof value === "object") return Object.entries(value).map(([k, v]) => [k, spelt(v)]);
  return JSON.stringify(value);
}

test("numbers, escapes, double keys and key order are as they were written", () => {
  const text = ' {"b" : 12345678901234567890 ,"a":1.0, "a": 1E400, "u":"\\u00e9 \\" , : {[", "\\"k": -0} ';
  assert.deepEqual(rebuilt(text), [
    ["b", "12345678901234567890"],
    ["a", "1.0"],
    ["a", "1E400"],
    ["u", '"\\u00e9 \\" , : {["'],
    ['"k', "-0"],
  ]);
});

test("any JSON, however it is spaced, has the parts that JSON.parse finds", () => {
  let seed = 5;
  const dice = (n) => (seed = (seed * 16807) % 2147483647) % n;
  const words = ["", "a", 'q"\\', "\\\\", "[{,}]", "é👍", "\n\t", "\\\""];
  const any = (depth) => {
    const kind = dice(depth > 3 ? 3 : 5);
    if (kind === 0) return words[dice(words.length)];
    if (kind === 1) return dice(1000) - 500;
    if (kind === 2) return [true, false, null][dice(3)];
    const n = dice(4);
    if (kind === 3) return Array.from({ length: n }, () => any(depth + 1));
    return Object.fromEntries(Array.from({ length: n }, (_, i) => [`${words[dice(words.length)]}${i}k`, any(depth + 1)]));
  };
  for (let i = 0; i < 400; i += 1) {
    const value = [any(0)];
    for (const space of [0, 1, 3]) {
      const text = JSON.stringify(value, null, space);
      assert.ok(isTree(text));
      assert.deepEqual(rebuilt(text), spelt(value), text);
    }
  }
});

test("what is no object or array, or holds nothing, is no tree", () => {
  for (const text of ["", "12", '"a"', "{}", "[ ]", '{"a": ', "{'a': 1}", "[NaN]", "[1,]"]) {
    assert.ok(!isTree(text), text);
  }
});

test("a search says which parts hold what was found, keys included", () => {
  const text = '{"room": "R1", "also": [{"Room": 2}, {"x": 1}], "city": "Oslo (.*)"}';
  const places = findAll(text, "room");
  assert.equal(places.length, 2);
  const held = partsOf(text, rootOf(text)).map((part) => holdsAny(part, places));
  assert.deepEqual(held, [true, true, false]);
  const [, also] = partsOf(text, rootOf(text));
  assert.deepEqual(partsOf(text, also).map((part) => holdsAny(part, places)), [true, false]);
  assert.equal(findAll(text, "(.*)").length, 1, "signs of patterns are looked for as they are");
  assert.deepEqual(findAll(text, ""), []);
});

test("a text of a megabyte is read in one pass", () => {
  const big = JSON.stringify({ rows: Array.from({ length: 20_000 }, (_, i) => ({ id: i, name: `n${i}`, of: [i, i] })) });
  const root = rootOf(big);
  const [rows] = partsOf(big, root);
  assert.equal(rows.size, 20_000);
  assert.equal(partsOf(big, rows).length, 20_000);
});
