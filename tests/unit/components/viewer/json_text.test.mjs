import assert from "node:assert/strict";
import test from "node:test";

import { onOneLine, prettyJson } from "../../../../components/viewer/assets/json_text.js";

test("numbers, escapes and key order stay as they were written", () => {
  const text = '{"b": 12345678901234567890, "a": 1.0, "u": "\\u00e9 \\" , : {", "e": 1E400}';
  const pretty = prettyJson(text);
  assert.ok(pretty.includes('"b": 12345678901234567890,'));
  assert.ok(pretty.includes('"a": 1.0,'));
  assert.ok(pretty.includes('"\\u00e9 \\" , : {"'));
  assert.equal(onOneLine(pretty, text), text);
});

test("laying out is what JSON.stringify does with two spaces", () => {
  const value = { a: [1, { b: [] }, {}, "x\n"], c: null, d: { e: { f: true } } };
  assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
});

test("both common spellings come back byte for byte", () => {
  for (const text of ['{"a":1,"b":[1,2]}', '{"a": 1, "b": [1, 2]}', "{}", '{"a":"x, y: z"}']) {
    assert.equal(onOneLine(prettyJson(text), text), text);
  }
});

test("what is no object or array is left alone", () => {
  for (const text of ["", "plain", "12", '"text"', '{"a": ', "[1,]", "{'a': 1}"]) {
    assert.equal(prettyJson(text), null, text);
    assert.equal(onOneLine(text, text), null, text);
  }
});
