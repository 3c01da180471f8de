// What may be meant by a value or a name that does not fit: at most a few ready answers, each one
// key away. An answer is offered only if it fits the schema, as far as the browser can tell.
//
// A fix: {label, json} replaces the value, {label, rename} the key, {label, remove: true} drops it.
// With `soft` it is offered although nothing is broken: a name or a space that is seldom meant.

import {
  isNumberText,
  parseSpans,
  rawOf,
  spellJson,
  spellString,
  valueOf,
} from "./json_edit.js";
import { branchesOf, typeOf } from "./form_schema.js";
import { choicesOf, fits, hintsOf, isDate } from "./form_hints.js";
import { nearest } from "./form_names.js";

const MOST = 3;
const LONGEST_SHOWN = 28;
const WORDS = { true: "true", false: "false", null: "null", none: "null", True: "true" };

/** Ready answers for a value that breaks its schema. `around` is the text it stands in. */
export function valueFixes(schema, text, node, around) {
  const raw = rawOf(text, node);
  const branches = branchesOf(schema);
  const found = new Map();
  for (const { json, label } of candidates(branches, text, node, around)) {
    if (json === raw || found.has(json) || !fits(schema, json)) continue;
    found.set(json, { label: label || `use ${short(json)}`, json });
    if (found.size === MOST) break;
  }
  return [...found.values()];
}

/** A name that no property has: the nearest declared one that is still free. */
export function nameFixes(name, free) {
  const meant = nearest(name, free);
  return meant === null ? [] : [{ label: `rename to ${meant}`, rename: meant, soft: true }];
}

/** A text without the spaces around it. */
export function trimFix(value, around) {
  return { label: "trim spaces", json: spellString(value.trim(), around), soft: true };
}

function* candidates(branches, text, node, around) {
  yield* nearestChoices(branches, text, node, around);
  if (node.kind === "string") yield* fromString(branches, valueOf(text, node), around);
  else if (node.kind === "number") yield* fromNumber(rawOf(text, node), around);
  else if (node.kind === "boolean") yield { json: spellString(rawOf(text, node), around) };
  else if (node.kind === "array" && node.items.length === 1) {
    yield { json: rawOf(text, node.items[0]), label: "take it out of the list" };
  }
  if (branches.some((b) => typeOf(b) === "array")) {
    yield { json: `[${rawOf(text, node)}]`, label: "wrap in a list" };
  }
}

function* fromString(branches, value, around) {
  const trimmed = value.trim();
  if (trimmed !== value) yield { json: spellString(trimmed, around), label: "trim spaces" };
  if (isNumberText(trimmed)) yield { json: trimmed };
  else if (looseNumber(trimmed) !== null) yield { json: looseNumber(trimmed) };
  const word = WORDS[trimmed] || WORDS[trimmed.toLowerCase()];
  if (word) yield { json: word };
  if (/^[[{]/.test(trimmed) && parseSpans(trimmed)) {
    yield { json: trimmed, label: `use it as ${trimmed[0] === "[" ? "a list" : "an object"}` };
  }
  const date = looseDate(trimmed);
  if (date !== null) yield { json: spellString(date, around) };
  if (/^[^[{]*,/.test(trimmed) && branches.some((b) => typeOf(b) === "array")) {
    const items = trimmed.split(",").map((item) => item.trim());
    yield { json: spellJson(items, around), label: `split into ${items.length} items` };
    if (items.every(isNumberText)) {
      yield { json: `[${items.join(", ")}]`, label: `split into ${items.length} numbers` };
    }
  }
}

function* fromNumber(raw, around) {
  yield { json: spellString(raw, around) };
  if (raw === "0" || raw === "1") yield { json: raw === "1" ? "true" : "false" };
}

/** "1,200", "+5", "05", "5." and ".5" as JSON spells them; null for anything else. */
export function looseNumber(text) {
  if (!/^[+-]?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?$/.test(text) || !/\d/.test(text)) return null;
  const sign = text.startsWith("-") ? "-" : "";
  const [whole, rest] = text.replace(/^[+-]/, "").replaceAll(",", "").split(".");
  const json = sign + (whole.replace(/^0+(?=\d)/, "") || "0") + (rest ? `.${rest}` : "");
  return isNumberText(json) ? json : null;
}

/** "2024-5-1" and "2024/05/01" as a date; null where day and month could be mistaken. */
export function looseDate(text) {
  const found = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$/.exec(text);
  if (!found) return null;
  const [year, month, day] = found.slice(1);
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return isDate(date) ? date : null;
}

function* nearestChoices(branches, text, node, around) {
  const choices = branches.flatMap((branch) => choicesOf(branch) || []);
  if (choices.length === 0 || node.kind === "object" || node.kind === "array") return;
  const said = String(valueOf(text, node));
  for (const choice of choices) {
    if (typeof choice !== "object" && String(choice).toLowerCase() === said.trim().toLowerCase()) {
      yield { json: spellJson(choice, around) };
    }
  }
  const meant = nearest(said, choices.filter((choice) => typeof choice === "string"));
  if (meant !== null) yield { json: spellString(meant, around) };
}

function short(json) {
  return json.length <= LONGEST_SHOWN ? json : `${json.slice(0, LONGEST_SHOWN - 1)}…`;
}

/** The value spelled for another kind of it (the kind picker): kept where that has a meaning. */
export function asKind(branch, text, node, around, initial) {
  if (hintsOf(branch, text, node).length === 0) return rawOf(text, node);
  const type = typeOf(branch);
  if (type === "string" && !branch.enum) {
    return spellString(node.kind === "null" ? "" : rawOf(text, node), around);
  }
  const [fix] = valueFixes(branch, text, node, around);
  return fix ? fix.json : spellJson(initial, around);
}

