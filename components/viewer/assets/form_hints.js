// What the browser can say at once about one value: hints while typing. The verdict is Python's.
//
// A hint must be cheap and must not cry wolf; where a rule cannot be checked safely (a regular
// expression that may backtrack, an unknown format) it says nothing.

import { parseSpans, rawOf, valueOf } from "./json_edit.js";
import {
  branchesOf,
  declares,
  fitsType,
  isOpen,
  itemSchema,
  kindOfValue,
  memberSchema,
  requiredOf,
  typeOf,
} from "./form_schema.js";
import { matches } from "./form_patterns.js";

const MOST_SHOWN = 6;
const DEEPEST = 6;
const REFERENCE = /^API_call_\d+$/; // "the result of call n": fits anywhere, as in Python
const ARTICLES = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  null: "null",
};

/** The kind of a node: the kinds of JSON, with whole numbers as "integer". */
export function kindOfNode(text, node) {
  if (node.kind !== "number") return node.kind;
  return Number.isInteger(Number(rawOf(text, node))) ? "integer" : "number";
}

/** Whether a value stands for an earlier call's result, which may be anything. */
export function isReference(text, node) {
  return node.kind === "string" && REFERENCE.test(valueOf(text, node));
}

/** What is wrong with a value by itself, not with what it holds: [{keyword, message}]. */
export function hintsOf(branch, text, node) {
  const kind = kindOfNode(text, node);
  if (isReference(text, node)) return [];
  const type = typeOf(branch);
  if (type && !fitsType(type, kind)) {
    return [hint("type", `must be ${ARTICLES[type] || type}, it is ${ARTICLES[kind]}`)];
  }
  if (branch.not && Object.keys(branch.not).length === 0) return [hint("not", "is not allowed")];
  if (branch.enum || "const" in branch) return choiceHints(branch, text, node);
  if (node.kind === "number") return numberHints(branch, text, node);
  if (node.kind === "string") return stringHints(branch, valueOf(text, node));
  if (node.kind === "array") return arrayHints(branch, text, node);
  return [];
}

function hint(keyword, message) {
  return { keyword, message };
}

/** Equal as JSON values, whatever their spelling: 1 and 1.0, keys in any order. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** The values a branch lists, or null. */
export function choicesOf(branch) {
  if (Array.isArray(branch.enum)) return branch.enum;
  return "const" in branch ? [branch.const] : null;
}

function choiceHints(branch, text, node) {
  const choices = choicesOf(branch);
  const own = canonical(valueOf(text, node));
  if (choices.some((choice) => canonical(choice) === own)) return [];
  const shown = choices.slice(0, MOST_SHOWN).map((c) => (typeof c === "string" ? c : canonical(c)));
  const more = choices.length > MOST_SHOWN ? `, … (${choices.length})` : "";
  return [hint("enum", `is not among the allowed values: ${shown.join(", ")}${more}`)];
}

function numberHints(branch, text, node) {
  const value = Number(rawOf(text, node));
  const out = [];
  const say = (keyword, broken, message) => {
    if (branch[keyword] !== undefined && broken(branch[keyword])) {
      out.push(hint(keyword, message + branch[keyword]));
    }
  };
  say("minimum", (least) => value < least, "is less than ");
  say("maximum", (most) => value > most, "is more than ");
  say("exclusiveMinimum", (bound) => value <= bound, "must be more than ");
  say("exclusiveMaximum", (bound) => value >= bound, "must be less than ");
  say("multipleOf", (step) => !isMultiple(value, step), "is no multiple of ");
  return out;
}

function isMultiple(value, step) {
  const times = value / step;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function stringHints(branch, value) {
  const out = [];
  if (branch.minLength || branch.maxLength !== undefined) {
    const length = [...value].length;
    const { minLength, maxLength } = branch;
    if (length < minLength) out.push(hint("minLength", `is shorter than ${minLength} characters`));
    if (length > maxLength) out.push(hint("maxLength", `is longer than ${maxLength} characters`));
  }
  if (branch.pattern && matches(branch.pattern, value) === false) {
    out.push(hint("pattern", `does not match ${branch.pattern}`));
  }
  if (branch.format && FORMATS[branch.format] && !FORMATS[branch.format](value)) {
    out.push(hint("format", `is no ${branch.format}${EXAMPLES[branch.format] || ""}`));
  }
  return out;
}

function arrayHints(branch, text, node) {
  const out = [];
  const n = node.items.length;
  if (n < branch.minItems) out.push(hint("minItems", `has fewer than ${branch.minItems} items`));
  if (n > branch.maxItems) out.push(hint("maxItems", `has more than ${branch.maxItems} items`));
  if (branch.uniqueItems && n < 500) {
    const known = new Set(node.items.map((item) => canonical(valueOf(text, item))));
    if (known.size < n) out.push(hint("uniqueItems", "holds an item twice"));
  }
  return out;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const EXAMPLES = {
  date: " (2026-11-21)",
  time: " (09:30:00Z)",
  "date-time": " (2026-11-21T09:30:00Z)",
};
const FORMATS = {
  date: isDate,
  time: (value) => TIME.test(value),
  "date-time": (value) =>
    isDate(value.slice(0, 10)) && /[Tt ]/.test(value[10] || "") && TIME.test(value.slice(11)),
  email: (value) => /^[^\s@]+@[^\s@]+$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value),
  uri: (value) => /^[a-z][a-z0-9+.-]*:[^\s]*$/i.test(value),
};

/** Whether a text is a day of the calendar, written 2026-11-21. */
export function isDate(value) {
  const found = DATE.exec(value);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

/** How badly a value fits a schema: 0 is well; what it holds counts too. */
export function misfit(schema, text, node, isRoot = false, depth = 0) {
  const scores = branchesOf(schema).map((b) => branchMisfit(b, text, node, isRoot, depth));
  return Math.min(...scores);
}

/** The same for one branch. A wrong type weighs most, for nothing else can be said then. */
export function branchMisfit(branch, text, node, isRoot = false, depth = 0) {
  const own = hintsOf(branch, text, node);
  if (own.some((h) => h.keyword === "type")) return 1000;
  let score = own.length;
  if (depth > DEEPEST) return score;
  if (node.kind === "array") {
    node.items.slice(0, 50).forEach((item, i) => {
      score += Math.min(10, misfit(itemSchema(branch, i), text, item, false, depth + 1));
    });
  } else if (node.kind === "object") score += membersMisfit(branch, text, node, isRoot, depth);
  return score;
}

function membersMisfit(branch, text, node, isRoot, depth) {
  const given = new Set(node.members.map((m) => m.key));
  let score = requiredOf(branch).filter((name) => !given.has(name)).length;
  for (const member of node.members) {
    if (!declares(branch, member.key) && !isOpen(branch, isRoot)) score += 1;
    const inner = memberSchema(branch, member.key);
    score += Math.min(10, misfit(inner, text, member.value, false, depth + 1));
  }
  return score;
}

/** Whether a JSON text fits a schema, as far as the browser can tell. */
export function fits(schema, json) {
  const node = parseSpans(json);
  return node !== null && misfit(schema, json, node) === 0;
}
