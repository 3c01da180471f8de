import assert from "node:assert/strict";
import test from "node:test";

import {
  addItem,
  addMember,
  movePart,
  nodeAt,
  parseSpans,
  partsOf,
  rawOf,
  removePart,
  renameKey,
  replaceValue,
  spellJson,
  spellString,
  valueOf,
} from "../../../../components/viewer/assets/json_edit.js";

/** The same dice every time (mulberry32). */
function dice(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

const SPACES = ["", "", " ", "\n  ", "\t", "\r\n"];
const LEAVES = [
  "0", "-0", "1.0", "1.50", "1E5", "1e-7", "12345678901234567890", "true", "false", "null", '""',
  '"a"', '"\\u00e9"', '"é"', '"\\\\"', '"\\""', '"{,:}[]"', '"\\ud800"', '"\\n"', '"😀"',
];
const KEYS = ['"a"', '"a"', '"b"', '"\\u0061"', '""', '"a/b~c"', '"__proto__"', '"é"', '"{"'];

function randomJson(d, depth) {
  const gap = () => d.pick(SPACES);
  const kind = depth > 3 ? 0 : d.below(4);
  if (kind < 2) return d.pick(LEAVES);
  const parts = Array.from({ length: d.below(4) }, () => {
    const value = gap() + randomJson(d, depth + 1) + gap();
    return kind === 2 ? value : `${gap()}${d.pick(KEYS)}${gap()}:${value}`;
  });
  const inner = parts.length > 0 ? parts.join(",") : gap();
  return kind === 2 ? `[${inner}]` : `{${inner}}`;
}

function randomText(d) {
  const members = Array.from({ length: 1 + d.below(4) }, (_, i) => `"k${i}"${d.pick(SPACES)}: ${randomJson(d, 1)}`);
  return `${d.pick(SPACES)}{${members.join(`,${d.pick(SPACES)}`)}}${d.pick(SPACES)}`;
}

/** [{path, node}] of everything in a tree. */
function everything(node, path = []) {
  const inner = partsOf(node).flatMap((part, i) =>
    everything(node.kind === "object" ? part.value : part, [...path, i]),
  );
  return [{ path, node }, ...inner];
}

/** The tree as nested lists of [key, value] and values, so that repeated keys are seen. */
function shape(text, node) {
  if (node.kind === "object") return { o: node.members.map((m) => [m.key, shape(text, m.value)]) };
  if (node.kind === "array") return node.items.map((item) => shape(text, item));
  return rawOf(text, node);
}

function inShape(tree, path) {
  return path.reduce((at, place) => (at.o ? at.o[place][1] : at[place]), tree);
}

test("spans agree with JSON.parse on what every value is", () => {
  const d = dice(1);
  for (let i = 0; i < 400; i += 1) {
    const text = randomText(d);
    const root = parseSpans(text);
    assert.deepEqual(valueOf(text, root), JSON.parse(text));
    for (const { path, node } of everything(root)) {
      assert.equal(nodeAt(root, path), node);
      JSON.parse(rawOf(text, node)); // every span is JSON by itself
    }
  }
});

test("setting any leaf leaves every other byte as it was, and JSON.parse shows just that change", () => {
  const d = dice(2);
  let leaves = 0;
  for (let i = 0; i < 400; i += 1) {
    const text = randomText(d);
    const root = parseSpans(text);
    for (const { path, node } of everything(root)) {
      if (partsOf(node).length > 0 || path.length === 0) continue;
      leaves += 1;
      const json = d.pick(['"new"', "-7.50", "null", "[1, 2]", '{"x":{}}']);
      const next = replaceValue(text, root, path, json);
      assert.equal(next.slice(0, node.start), text.slice(0, node.start));
      assert.equal(next.slice(node.start + json.length), text.slice(node.end));
      assert.equal(next.slice(node.start, node.start + json.length), json);
      const wanted = shape(text, root);
      const holder = inShape(wanted, path.slice(0, -1));
      const set = shape(json, parseSpans(json));
      if (holder.o) holder.o[path.at(-1)][1] = set;
      else holder[path.at(-1)] = set;
      const after = parseSpans(next);
      assert.deepEqual(shape(next, after), wanted);
      assert.deepEqual(valueOf(next, after), JSON.parse(next));
    }
  }
  assert.ok(leaves > 1500, `only ${leaves} leaves were set`);
});

test("adding, removing and moving change just that, whatever the spacing", () => {
  const d = dice(3);
  for (let i = 0; i < 400; i += 1) {
    const text = randomText(d);
    const root = parseSpans(text);
    for (const { path, node } of everything(root)) {
      const before = shape(text, node);
      const inside = (next) => shape(next, nodeAt(parseSpans(next), path));
      if (node.kind === "object") {
        const added = addMember(text, root, path, "née", "1.0");
        assert.deepEqual(inside(added), { o: [...before.o, ["née", "1.0"]] });
        const back = removePart(added, parseSpans(added), [...path, node.members.length]);
        if (node.members.length > 0) assert.equal(back, text);
      }
      if (node.kind === "array") {
        const at = d.below(node.items.length + 1);
        const added = addItem(text, root, path, "[]", at);
        assert.deepEqual(inside(added), before.toSpliced(at, 0, []));
      }
      const n = partsOf(node).length;
      if (n === 0) continue;
      const [from, to] = [d.below(n), d.below(n)];
      const parts = before.o || before;
      const removed = inside(removePart(text, root, [...path, from]));
      assert.deepEqual(removed.o || removed, parts.toSpliced(from, 1));
      const moved = movePart(text, root, [...path, from], to);
      const order = parts.toSpliced(from, 1).toSpliced(to, 0, parts[from]);
      assert.deepEqual(inside(moved).o || inside(moved), order);
      assert.equal(moved.length, text.length);
      assert.equal(movePart(moved, parseSpans(moved), [...path, to], from), text);
    }
  }
});

test("what is added follows the spacing around it", () => {
  const add = (text) => addMember(text, parseSpans(text), [], "b", "2");
  assert.equal(add('{"a":1}'), '{"a":1,"b":2}');
  assert.equal(add('{"a": 1}'), '{"a": 1, "b": 2}');
  assert.equal(add('{\n  "a": 1\n}'), '{\n  "a": 1,\n  "b": 2\n}');
  assert.equal(add("{}"), '{"b": 2}');
  assert.equal(spellJson({ x: [1, "é"] }, '{"a":1}'), '{"x":[1,"é"]}');
  assert.equal(spellJson({ x: [1, "é"] }, '{"a": 1}'), '{"x": [1, "é"]}');
});

test("strings are escaped as the text around them escapes", () => {
  assert.equal(spellString("Malmö 😀", '{"a": "\\u00e9"}'), '"Malm\\u00f6 \\ud83d\\ude00"');
  assert.equal(spellString("Malmö", '{"a": "é \\u00e9"}'), '"Malmö"');
  assert.equal(spellString('a"\n', "{}"), '"a\\"\\n"');
});

test("a key is renamed in its place, also when it stands twice", () => {
  const text = '{"a": 1, "a": 2.0}';
  assert.equal(renameKey(text, parseSpans(text), [1], "b"), '{"a": 1, "b": 2.0}');
});

test("what is no JSON, or nested beyond use, has no tree", () => {
  for (const text of ["", "{", "{'a': 1}", "[1,]", "NaN", '{"a": .5}', `${"[".repeat(900)}${"]".repeat(900)}`]) {
    assert.equal(parseSpans(text), null, text.slice(0, 20));
  }
});
