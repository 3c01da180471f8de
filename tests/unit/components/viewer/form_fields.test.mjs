import assert from "node:assert/strict";
import test from "node:test";

import { everyField, fieldTree, troubles } from "../../../../components/viewer/assets/form_fields.js";
import { Folds } from "../../../../components/viewer/assets/form_folds.js";
import { initialValue } from "../../../../components/viewer/assets/form_schema.js";
import { Verdict } from "../../../../components/viewer/assets/form_verdict.js";

const PASSENGER = {
  type: "object",
  properties: { first_name: { type: "string" }, dob: { type: "string", format: "date" } },
  required: ["first_name", "dob"],
};
const BOOK = {
  type: "object",
  properties: {
    cabin: { type: "string", enum: ["economy", "business"] },
    bags: { type: "integer", minimum: 0, maximum: 4 },
    insured: { type: "boolean" },
    passengers: { type: "array", items: PASSENGER, minItems: 1 },
    note: { type: ["string", "null"], default: "none" },
    price: { anyOf: [{ type: "number" }, { type: "object", properties: { eur: { type: "number" } } }] },
  },
  required: ["cabin", "bags", "passengers"],
};

function fieldAt(text, pointer, schema = BOOK, problems = []) {
  const all = everyField(fieldTree(schema, text, problems));
  return all.find((field) => field.pointer === pointer);
}

const keywords = (field) => field.hints.map((h) => h.keyword);

test("every value becomes the control its schema asks for", () => {
  const text =
    '{"cabin": "economy", "bags": 2, "insured": false, "passengers": [{"first_name": "A", "dob": "1990-01-01"}],' +
    ' "note": null, "price": {"eur": 1.50}}';
  const controls = everyField(fieldTree(BOOK, text)).map((f) => [f.pointer, f.control, f.raw]);
  assert.deepEqual(controls.slice(1), [
    ["/cabin", "choice", '"economy"'],
    ["/bags", "number", "2"],
    ["/insured", "boolean", "false"],
    ["/passengers", "array", '[{"first_name": "A", "dob": "1990-01-01"}]'],
    ["/passengers/0", "object", '{"first_name": "A", "dob": "1990-01-01"}'],
    ["/passengers/0/first_name", "string", '"A"'],
    ["/passengers/0/dob", "date", '"1990-01-01"'],
    ["/note", "null", "null"],
    ["/price", "object", '{"eur": 1.50}'],
    ["/price/eur", "number", "1.50"],
  ]);
  assert.equal(troubles(fieldTree(BOOK, text), (f) => f.hints), 0);
});

test("missing required arguments come as fields of their own, optional ones to be added", () => {
  const root = fieldTree(BOOK, '{"cabin": "economy", "passengers": [{}]}');
  assert.deepEqual(
    root.absent.map((f) => [f.name, f.required]),
    [["bags", true], ["insured", false], ["note", false], ["price", false]],
  );
  const item = root.children[1].children[0];
  assert.deepEqual(item.absent.map((f) => f.pointer), ["/passengers/0/first_name", "/passengers/0/dob"]);
  assert.equal(fieldTree(BOOK, "  ").absent.length, 6, "blank arguments are none");
});

test("what breaks the schema is hinted at its place", () => {
  const at = (pointer, text) => keywords(fieldAt(text, pointer));
  assert.deepEqual(at("/cabin", '{"cabin": "Economy"}'), ["enum"]);
  assert.deepEqual(at("/bags", '{"bags": 5}'), ["maximum"]);
  assert.deepEqual(at("/bags", '{"bags": 5.5}'), ["type"]);
  assert.deepEqual(at("/bags", '{"bags": 2.0}'), [], "2.0 is an integer, as in JSON Schema");
  assert.deepEqual(at("/bags", '{"bags": "API_call_0"}'), [], "what it will hold is not known");
  assert.deepEqual(at("/passengers", '{"passengers": []}'), ["minItems"]);
  assert.deepEqual(at("/price", '{"price": "1"}'), ["type"]);
  assert.deepEqual(at("/extra", '{"extra": 1}'), ["undeclared"]);
  assert.deepEqual(at("/bags", '{"bags": 1, "bags": 2}'), ["repeated"]);
});

test("the arguments are closed and what they hold is open, unless the schema says otherwise", () => {
  const nested = '{"passengers": [{"first_name": "A", "dob": "2000-01-01", "vip": true}]}';
  assert.equal(fieldAt(nested, "/passengers/0/vip").declared, true);
  assert.equal(fieldAt('{"x": 1}', "/x", { ...BOOK, additionalProperties: true }).declared, true);
  assert.equal(fieldAt('{"x": 1}', "/x", {}).declared, true, "without a schema anything goes");
  const closed = { type: "object", properties: { a: { type: "object", properties: {}, additionalProperties: false } } };
  assert.equal(fieldAt('{"a": {"b": 1}}', "/a/b", closed).declared, false);
  const byPattern = { patternProperties: { "^x-": { type: "integer" } }, additionalProperties: false };
  assert.deepEqual(keywords(fieldAt('{"x-a": "1", "y": 1}', "/x-a", byPattern)), ["type"]);
  assert.deepEqual(keywords(fieldAt('{"x-a": "1", "y": 1}', "/y", byPattern)), ["undeclared"]);
  const either = { ...BOOK, anyOf: [{ properties: { seat: {} } }, { required: ["price"] }] };
  assert.equal(fieldAt('{"seat": 1, "price": 2}', "/seat", either).declared, true);
});

test("of several alternatives the one that fits is taken, or the one picked", () => {
  const schema = {
    properties: {
      to: {
        anyOf: [
          { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          { type: "object", properties: { code: { type: "string" } }, required: ["code"] },
          { type: "string" },
        ],
      },
    },
  };
  assert.equal(fieldAt('{"to": {"code": "OSL"}}', "/to", schema).at, 1);
  assert.equal(fieldAt('{"to": "OSL"}', "/to", schema).at, 2);
  assert.equal(fieldAt('{"to": 5}', "/to", schema).at, -1);
  const picked = fieldTree(schema, '{"to": {}}', [], new Map([["/to", 1]]));
  assert.deepEqual(picked.children[0].absent.map((f) => f.name), ["code"]);
});

test("fixes come with what is broken: nearest names, nearest choices, other kinds", () => {
  const fixes = (pointer, text) => fieldAt(text, pointer).fixes.map((f) => f.json ?? f.rename);
  assert.deepEqual(fixes("/cabbin", '{"cabbin": "economy"}'), ["cabin"]);
  assert.deepEqual(fixes("/cabbin", '{"cabbin": 1, "cabin": "economy"}'), [], "the name is taken");
  assert.deepEqual(fixes("/cabin", '{"cabin": "ECONOMY "}'), ['"economy"']);
  assert.deepEqual(fixes("/bags", '{"bags": "2"}'), ["2"]);
  assert.deepEqual(fixes("/bags", '{"bags": "9"}'), [], "9 is out of bounds as well");
  assert.deepEqual(fixes("/bags", '{"bags": 2}'), []);
  const one = '{"passengers": {"first_name": "A", "dob": "2000-01-01"}}';
  assert.deepEqual(fixes("/passengers", one), ['[{"first_name": "A", "dob": "2000-01-01"}]']);
  assert.deepEqual(fieldAt('{"insured": null}', "/insured").fixes, [{ label: "leave it out", remove: true }]);
});

test("Python's problems stand at their field, or at the nearest one around it", () => {
  const text = '{"cabin": "x", "passengers": [{"first_name": "A"}], "bags": 1, "bags": 2}';
  const said = (pointer) => [{ pointer, message: "m", hint: "" }];
  const holder = (pointer) =>
    everyField(fieldTree(BOOK, text, said(pointer))).filter((f) => f.problems.length > 0);
  assert.deepEqual(holder("/cabin").map((f) => f.pointer), ["/cabin"]);
  assert.deepEqual(holder("/passengers/0/dob").map((f) => [f.pointer, f.where]), [["/passengers/0/dob", "missing"]]);
  assert.deepEqual(holder("/passengers/7/x").map((f) => f.pointer), ["/passengers"]);
  assert.deepEqual(holder("").map((f) => f.where), ["root"]);
  assert.deepEqual(holder("/bags").map((f) => f.path), [[3]], "of a repeated key the last one counts");
});

test("no JSON object, no fields", () => {
  for (const text of ["[]", "1", "{", "null", '"{}"']) assert.equal(fieldTree(BOOK, text), null, text);
});

test("strange schemas and names do no harm", () => {
  const strange = { properties: { constructor: true, x: { enum: [] }, y: { type: [] }, z: false } };
  const text = '{"constructor": 1, "__proto__": {"a": 1}, "x": 1, "y": 2, "z": 3, "": [], "a/b": {"~": 0}}';
  const pointers = everyField(fieldTree(strange, text)).map((f) => f.pointer);
  assert.deepEqual(pointers, ["", "/constructor", "/__proto__", "/__proto__/a", "/x", "/y", "/z", "/", "/a~1b", "/a~1b/~0"]);
  assert.ok(fieldTree(null, "{}"));
});

test("a new value starts with its default, its only choice, or as empty as it can be", () => {
  assert.deepEqual(initialValue(PASSENGER), { first_name: "", dob: "" });
  assert.deepEqual(initialValue(BOOK.properties.passengers), [{ first_name: "", dob: "" }]);
  assert.equal(initialValue(BOOK.properties.note), "none");
  assert.equal(initialValue({ type: "integer", minimum: 3 }), 3);
  assert.equal(initialValue({ enum: ["only"] }), "only");
  assert.equal(initialValue({ type: "string", enum: ["a", "b"] }), "", "nobody's choice is made here");
  assert.equal(initialValue({ type: "integer", default: "five" }), 0, "a default of a wrong type is none");
});

test("Python's word stands where nothing was touched, hints speak where it was", () => {
  const verdict = new Verdict([{ pointer: "/a/x" }, { pointer: "/ab" }, { pointer: "" }]);
  assert.equal(verdict.isOpenAt("/a"), false);
  verdict.touch("/a");
  assert.deepEqual(verdict.problems, [{ pointer: "/ab" }]);
  assert.deepEqual(["/a", "/a/x", "", "/ab"].map((p) => verdict.isOpenAt(p)), [true, true, true, false]);
  verdict.hear([]);
  assert.equal(verdict.isOpenAt("/a"), false);
  assert.equal(new Verdict(null).isOpenAt("/a"), true);
});

test("deep groups start folded; what is open goes along when items move or go", () => {
  const folds = new Folds();
  const group = (id, more) => ({ id, where: "member", path: id.split("/").slice(1), count: 1, ...more });
  assert.equal(folds.isOpen(group("/a/0"), () => false), true);
  assert.equal(folds.isOpen(group("/a/0/b"), () => false), false);
  assert.equal(folds.isOpen(group("/a/1/b"), () => true), true, "something is wrong in it");
  assert.equal(folds.isOpen(group("/b/0", { where: "item", count: 9 }), () => false), false);
  folds.swap("/a/0", "/a/1");
  assert.equal(folds.open.get("/a/0/b"), true);
  folds.close("/a", 0);
  assert.equal(folds.open.get("/a/0/b"), false);
});
