// The arguments of a call carried over to another tool. Pure.
//
// By name first (a value of another type stays: the form offers to convert it), then by type: what
// is left over moves to the one declared argument that it fits, when nothing else fits either of
// the two. The rest is dropped. What is kept keeps its spelling and order.

import { parseSpans, rawOf, removePart, renameKey } from "./json_edit.js";
import { fits } from "./form_hints.js";
import { isOpen, memberSchema, propertiesOf, requiredOf, schemaOf } from "./form_schema.js";

/** {text, renamed: [[from, to]], dropped: [name]} for the schema of the new tool. */
export function carryOver(text, schema) {
  const target = schemaOf(schema);
  const root = parseSpans(text);
  const declared = Object.keys(propertiesOf(target));
  const isUnknown = declared.length === 0 && isOpen(target, true);
  if (root?.kind !== "object" || isUnknown) return { text, renamed: [], dropped: [] };
  const names = root.members.map((member) => member.key);
  const strangers = names.filter((name) => !declared.includes(name));
  const renamed = byType(text, root, strangers, freeNames(target, declared, names), target);
  const taken = new Set(renamed.map(([from]) => from));
  const dropped = strangers.filter((name) => !taken.has(name) && !isOpen(target, true));
  let result = text;
  for (const [from, to] of renamed) {
    result = at(result, from, (spans, i) => renameKey(result, spans, [i], to));
  }
  for (const name of dropped) result = at(result, name, (spans, i) => removePart(result, spans, [i]));
  return { text: result, renamed, dropped };
}

/** Declared and not given: the required ones when there are any, else all. */
function freeNames(schema, declared, given) {
  const free = declared.filter((name) => !given.includes(name));
  const required = free.filter((name) => requiredOf(schema).includes(name));
  return required.length > 0 ? required : free;
}

function byType(text, root, strangers, free, schema) {
  const raw = (name) => rawOf(text, root.members.find((member) => member.key === name).value);
  const fitting = (name) => free.filter((to) => fits(memberSchema(schema, to), raw(name)));
  const pairs = strangers.map((name) => [name, fitting(name)]);
  const isAlone = (to) => pairs.filter(([, all]) => all.includes(to)).length === 1;
  return pairs.filter(([, all]) => all.length === 1 && isAlone(all[0])).map(([name, [to]]) => [name, to]);
}

function at(text, name, how) {
  const spans = parseSpans(text);
  const i = spans.members.findIndex((member) => member.key === name);
  return i < 0 ? text : how(spans, i);
}
