import assert from "node:assert/strict";
import test from "node:test";

import { ranked } from "../../../../components/viewer/assets/form_combobox.js";
import { asKind, looseDate, looseNumber, valueFixes } from "../../../../components/viewer/assets/form_fixes.js";
import { fits, hintsOf, isDate } from "../../../../components/viewer/assets/form_hints.js";
import { isSimple, matches } from "../../../../components/viewer/assets/form_patterns.js";
import { nearest } from "../../../../components/viewer/assets/form_names.js";
import { boundsText, branchesOf, branchLabel, merged } from "../../../../components/viewer/assets/form_schema.js";
import { asShown, fromPicker, spellTyped, stepped, toPicker, withNewlines } from "../../../../components/viewer/assets/form_typing.js";
import { parseSpans } from "../../../../components/viewer/assets/json_edit.js";

const fixesOf = (schema, json) => valueFixes(schema, json, parseSpans(json), json).map((f) => f.json);
const hinted = (schema, json) => hintsOf(schema, json, parseSpans(json)).map((h) => h.keyword);

test("values of the wrong kind are offered as the right one, in their own spelling", () => {
  const cases = [
    [{ type: "integer" }, '"5"', ["5"]],
    [{ type: "number" }, '" 1.50 "', ["1.50"]],
    [{ type: "number" }, '"1,200.5"', ["1200.5"]],
    [{ type: "integer" }, '"five"', []],
    [{ type: "string" }, "5.0", ['"5.0"']],
    [{ type: "string" }, "true", ['"true"']],
    [{ type: "boolean" }, '"True"', ["true"]],
    [{ type: "boolean" }, "0", ["false"]],
    [{ type: "boolean" }, '"yes"', []],
    [{ type: ["integer", "null"] }, '"None"', ["null"]],
    [{ type: "array", items: { type: "string" } }, '"a, b"', ['["a", "b"]', '["a, b"]']],
    [{ type: "array", items: { type: "integer" } }, '"1,2"', ["[1, 2]"]],
    [{ type: "array", items: { type: "integer" } }, "1", ["[1]"]],
    [{ type: "array" }, '"[1, 2.0]"', ["[1, 2.0]", '["[1, 2.0]"]']],
    [{ type: "string" }, '["a"]', ['"a"']],
    [{ type: "object" }, '"{\\"a\\": 1}"', ['{"a": 1}']],
    [{ type: "string", format: "date" }, '"2024/5/1"', ['"2024-05-01"']],
    [{ type: "string", pattern: "^\\w+$" }, '" a "', ['"a"']],
    [{ enum: ["5", "10"] }, "5", ['"5"']],
    [{ type: "string", enum: ["economy", "business"] }, '"econmy"', ['"economy"']],
    [{ type: "string", enum: ["economy", "business"] }, '"zzz"', []],
  ];
  for (const [schema, json, wanted] of cases) assert.deepEqual(fixesOf(schema, json), wanted, json);
});

test("loose numbers and dates are read only where they can mean one thing", () => {
  assert.deepEqual(
    ["+5", "05", ".5", "5.", "-1,000", "1,00", "5 kg", "", "."].map(looseNumber),
    ["5", "5", "0.5", "5", "-1000", null, null, null, null],
  );
  assert.equal(looseDate("2024-5-1T10:00"), "2024-05-01");
  assert.equal(looseDate("05/01/2024"), null);
  assert.equal(looseDate("2024-13-1"), null);
});

test("choosing another kind keeps what has a meaning in it", () => {
  const as = (branch, json) => asKind(branch, json, parseSpans(json), json, null);
  assert.equal(as({ type: "string" }, "12.0"), '"12.0"');
  assert.equal(as({ type: "string" }, '{"a": 1}'), '"{\\"a\\": 1}"');
  assert.equal(as({ type: "number" }, '"1.50"'), "1.50");
  assert.equal(as({ type: "array" }, '"x"'), '["x"]');
  assert.equal(as({ type: "boolean" }, '"x"'), "null", "what the caller says it starts with");
  assert.equal(as({ type: "number" }, "1.0"), "1.0");
});

test("bounds, lengths, formats and choices are hinted", () => {
  assert.deepEqual(hinted({ type: "integer", minimum: 1 }, "0"), ["minimum"]);
  assert.deepEqual(hinted({ exclusiveMaximum: 2, multipleOf: 0.5 }, "2.25"), ["exclusiveMaximum", "multipleOf"]);
  assert.deepEqual(hinted({ multipleOf: 0.1 }, "0.3"), [], "floats are not blamed for being floats");
  assert.deepEqual(hinted({ maxLength: 1 }, '"😀"'), [], "characters, not code units");
  assert.deepEqual(hinted({ minLength: 2 }, '"a"'), ["minLength"]);
  assert.deepEqual(hinted({ format: "date" }, '"2023-02-29"'), ["format"]);
  assert.deepEqual(hinted({ format: "date-time" }, '"2024-02-29T10:00:00+02:00"'), []);
  assert.deepEqual(hinted({ format: "date-time" }, '"2024-02-29"'), ["format"]);
  assert.deepEqual(hinted({ format: "made-up" }, '"x"'), [], "unknown formats say nothing");
  assert.deepEqual(hinted({ enum: [1, { a: [true], b: null }] }, '{"b": null, "a": [true]}'), []);
  assert.deepEqual(hinted({ enum: [1] }, "1.0"), []);
  assert.deepEqual(hinted({ const: "a" }, '"b"'), ["enum"]);
  assert.deepEqual(hinted({ uniqueItems: true }, "[1, 1.0]"), ["uniqueItems"]);
  assert.equal(isDate("2024-02-30"), false);
});

test("patterns run only when they cannot take long", () => {
  for (const pattern of ["^[A-Z]{3}$", "^\\d{4}-\\d{2}$", "^(a|b)$", "^(\\d{3}-)?\\d+$", "^[\\w.+-]+@\\w+\\.\\w+$", "[)(]+x"]) {
    assert.equal(isSimple(pattern), true, pattern);
  }
  for (const pattern of ["(a+)+$", "(a|a)*b", "((a?){9})*", "(?=a)", "(a)\\1", "([ab]*c)+", "(\\d{1,9}){9}"]) {
    assert.equal(isSimple(pattern), false, pattern);
  }
  assert.equal(matches("^[A-Z]{3}$", "OSL"), true);
  assert.equal(matches("^[A-Z]{3}$", "osl"), false);
  assert.equal(matches("x*x*x*x*y", "x".repeat(5000)), null, "left to Python");
  assert.equal(matches("^[a-z", "x"), null, "another dialect says nothing");
  assert.deepEqual(hinted({ pattern: "(a+)+$" }, '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"'), []);
});

test("the nearest name is the one meant", () => {
  const names = ["flight_number", "date", "departure_city", "passengers"];
  assert.equal(nearest("flightNumber", names), "flight_number");
  assert.equal(nearest("fligth_number", names), "flight_number");
  assert.equal(nearest("city", names), "departure_city");
  assert.equal(nearest("passenger", names), "passengers");
  assert.equal(nearest("payment_id", names), null);
  assert.equal(nearest("x", []), null);
});

test("what is typed into a number stays as it is typed; no number becomes a string", () => {
  const typed = (text, control = "number") => spellTyped(control, text, "", "{}");
  assert.deepEqual(["1.0", " 7 ", "1e5", "-0", "05", "", "-", "12345678901234567890"].map((t) => typed(t)), [
    "1.0", "7", "1e5", "-0", '"05"', '""', '"-"', "12345678901234567890",
  ]);
  assert.equal(typed("5", "string"), '"5"');
});

test("line breaks come back as they were", () => {
  assert.equal(asShown("a\r\nb\rc"), "a\nb\nc");
  assert.equal(withNewlines("a\nb!", "a\r\nb"), "a\r\nb!");
  assert.equal(withNewlines("a\nb!", "a\nb"), "a\nb!");
  assert.equal(withNewlines("a\nb", "x"), "a\nb");
});

test("steps keep the digits, the sign and the bounds", () => {
  assert.equal(stepped("1.50", 1), "2.50");
  assert.equal(stepped("-0.5", 1), "0.5");
  assert.equal(stepped("0.5", -1), "-0.5");
  assert.equal(stepped("12345678901234567890", 1), "12345678901234567891");
  assert.equal(stepped("9", 1, { maximum: 10 }, 10), "10");
  assert.equal(stepped("1", -1, { minimum: 1 }), "1");
  assert.equal(stepped("1", 1, { multipleOf: 0.25 }), "1.25");
  assert.equal(stepped("", 1), "1");
  assert.equal(stepped("1e5", 1), null);
  assert.equal(stepped("abc", 1), null);
});

test("a native picker keeps the seconds and the zone that stood there", () => {
  assert.equal(toPicker("date", "2024-05-01"), "2024-05-01");
  assert.equal(toPicker("date", "soon"), "");
  assert.equal(toPicker("date-time", "2024-05-01 10:00:30Z"), "2024-05-01T10:00");
  assert.equal(fromPicker("date-time", "2024-05-02T11:30", "2024-05-01T10:00:30+02:00"), "2024-05-02T11:30:30+02:00");
  assert.equal(fromPicker("date-time", "2024-05-02T11:30", ""), "2024-05-02T11:30:00Z");
  assert.equal(fromPicker("time", "09:00", "08:00:00Z"), "09:00:00Z");
  assert.equal(fromPicker("date", "2024-05-02", "x"), "2024-05-02");
});

test("schemas are read with allOf merged and alternatives told apart", () => {
  const schema = { allOf: [{ type: "number", minimum: 1 }, { type: "integer", minimum: 3, maximum: 9 }] };
  assert.deepEqual(merged(schema), { type: "integer", minimum: 3, maximum: 9 });
  assert.equal(boundsText(merged(schema)), "3…9");
  const either = branchesOf({ description: "d", anyOf: [{ type: ["string", "null"], enum: ["a", null] }, { type: "array", items: { type: "string" } }] });
  assert.deepEqual(either.map(branchLabel), ["one of 1", "null", "array of string"]);
  assert.ok(fits({ oneOf: [{ type: "integer" }, { type: "object", required: ["a"] }] }, '{"a": 1}'));
  assert.ok(!fits({ oneOf: [{ type: "integer" }, { type: "object", required: ["a"] }] }, "{}"));
});

test("options that begin with what is typed come first", () => {
  const options = ["departure_city", "city", "date"].map((label) => ({ label, about: label === "date" ? "of the city trip" : "" }));
  assert.deepEqual(ranked(options, "cit").map((o) => o.label), ["city", "departure_city", "date"]);
  assert.equal(ranked(options, "").length, 3);
});
