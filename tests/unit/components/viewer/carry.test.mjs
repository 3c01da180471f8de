import assert from "node:assert/strict";
import test from "node:test";

import { carryOver } from "../../../../components/viewer/assets/carry.js";

const schema = (properties, required = []) => ({ type: "object", properties, required });
const string = { type: "string" };
const integer = { type: "integer" };

test("arguments with a name of the new tool stay, spelled as they were", () => {
  const { text, dropped } = carryOver('{"n":1.0,  "city": "Oslo"}', schema({ city: string, n: { type: "number" } }));
  assert.equal(text, '{"n":1.0,  "city": "Oslo"}');
  assert.deepEqual(dropped, []);
});

test("what is left over moves to the one argument that it fits", () => {
  const target = schema({ place: string, days: integer }, ["place"]);
  assert.deepEqual(carryOver('{"city": "Oslo"}', target), {
    text: '{"place": "Oslo"}',
    renamed: [["city", "place"]],
    dropped: [],
  });
});

test("where two would fit, nothing is guessed", () => {
  const two = carryOver('{"from": "Oslo", "to": "Rome"}', schema({ place: string }, ["place"]));
  assert.deepEqual(two, { text: "{}", renamed: [], dropped: ["from", "to"] });
  const many = carryOver('{"city": "Oslo"}', schema({ a: string, b: string }));
  assert.deepEqual(many.dropped, ["city"]);
});

test("a value of another type keeps its name, so that it can be converted", () => {
  const { text } = carryOver('{"seats": "4"}', schema({ seats: integer }));
  assert.equal(text, '{"seats": "4"}');
});

test("a tool that takes anything, or text that is no object, changes nothing", () => {
  assert.equal(carryOver('{"a": 1}', {}).text, '{"a": 1}');
  assert.equal(carryOver("{", schema({ a: string })).text, "{");
  const open = { ...schema({ b: integer }), additionalProperties: true };
  assert.equal(carryOver('{"a": "x"}', open).text, '{"a": "x"}');
});
