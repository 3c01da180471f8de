// The form as values: for a text and a schema, every field with what it holds, may hold and breaks.
//
// Pure: form.js draws what `fieldTree` returns and applies edits to the text. A field:
//   {id, path, pointer, name, where: root|member|item|missing, node, kind, raw, value, branch,
//    branches, at (place of `branch` in them; -1: none has the kind), control, choices, required,
//    declared, repeated, typeText, description, default, hints, fixes, problems, children, absent,
//    takesNames, invitesNames, takesItems, index, count}

import { escapePointer, parseSpans, rawOf, valueOf } from "./json_edit.js";
import {
  boundsText,
  branchesOf,
  branchLabel,
  declaredAnywhere,
  declares,
  fitsType,
  isOpen,
  itemSchema,
  memberSchema,
  merged,
  propertiesOf,
  requiredOf,
  schemaOf,
  typeOf,
} from "./form_schema.js";
import { branchMisfit, choicesOf, fits, hintsOf, isReference, kindOfNode } from "./form_hints.js";
import { nameFixes, trimFix, valueFixes } from "./form_fixes.js";

const FREE = ["string", "number", "boolean", "object", "array", "null"].map((type) => ({ type }));
const SHORT = 80;
const SAYS_DAY = /\bYYYY-MM-DD\b(?![T ]*H)/i; // many tools write it in words only
const CLOCKS = new Set(["date", "time", "date-time"]);

/**
 * The root field of arguments, or null when the text is no JSON object that can be edited.
 * `problems` are those of Python that still stand; `chosen` maps a pointer to the branch picked
 * there, for values that fit several.
 */
export function fieldTree(schema, text, problems = [], chosen = new Map()) {
  const isBlank = text.trim() === "";
  const source = isBlank ? "{}" : text; // blank arguments are none, as in Python
  const root = parseSpans(source);
  if (!root || root.kind !== "object") return null;
  const context = { text: source, chosen };
  const field = build(context, schemaOf(schema), root, {
    id: "",
    path: [],
    pointer: "",
    name: "",
    where: "root",
  });
  place(field, problems);
  return field;
}

/** The text that paths of a tree are about: blank text is an empty object. */
export function editable(text) {
  return text.trim() === "" ? "{}" : text;
}

function build(context, schema, node, known) {
  const { text } = context;
  const isRoot = known.where === "root";
  const { branches, typeText, description, preset } = readingOf(schema);
  const at = bestBranch(context, branches, node, known);
  const branch = at === -1 ? branches[0] : branches[at];
  const field = {
    required: false,
    declared: true,
    repeated: false,
    index: 0,
    count: 1,
    ...known,
    schema,
    node,
    kind: kindOfNode(text, node),
    raw: rawOf(text, node),
    value: node.kind === "string" ? valueOf(text, node) : null,
    branches,
    branch,
    at,
    choices: choicesOf(branch),
    typeText,
    description: description || branch.description || "",
    default: preset ?? branch.default,
    hints: at === -1 ? mistyped(branches, text, node) : hintsOf(branch, text, node),
    fixes: [],
    problems: [],
    children: [],
    absent: [],
    takesNames: false,
    invitesNames: false,
    takesItems: false,
  };
  field.control = controlOf(field);
  if (node.kind === "object") addMembers(context, field, at === -1 ? {} : branch, isRoot);
  if (node.kind === "array") addItems(context, field, at === -1 ? {} : branch);
  return field;
}

const readings = new WeakMap(); // schema -> what is read from it, once for all values it describes

function readingOf(schema) {
  if (!readings.has(schema)) {
    const branches = alternatives(schema);
    const { description = "", default: preset } = merged(schema);
    readings.set(schema, { branches, typeText: typeTextOf(branches), description, preset });
  }
  return readings.get(schema);
}

/** Branches to pick from: those of the schema; every kind where it says nothing. */
function alternatives(schema) {
  const branches = branchesOf(schema);
  return branches.flatMap((branch) =>
    typeOf(branch) === "" && !choicesOf(branch) && !branch.not
      ? FREE.map((free) => ({ ...branch, ...free }))
      : [branch],
  );
}

function bestBranch(context, branches, node, known) {
  const { text, chosen } = context;
  const kind = kindOfNode(text, node);
  const ofTheKind = [];
  branches.forEach((branch, i) => {
    if (hasKind(branch, kind, text, node)) ofTheKind.push(i);
  });
  if (ofTheKind.length <= 1) return ofTheKind[0] ?? -1;
  if (ofTheKind.includes(chosen.get(known.pointer))) return chosen.get(known.pointer);
  const isRoot = known.where === "root";
  let best = -1;
  let least = Infinity;
  for (const i of ofTheKind) {
    const score = branchMisfit(branches[i], text, node, isRoot);
    if (score < least) [best, least] = [i, score];
  }
  return best;
}

function hasKind(branch, kind, text, node) {
  const type = typeOf(branch);
  return type === "" || fitsType(type, kind) || isReference(text, node);
}

function mistyped(branches, text, node) {
  if (branches.length === 1) return hintsOf(branches[0], text, node);
  const labels = [...new Set(branches.map(branchLabel))];
  return [{ keyword: "type", message: `must be ${labels.join(" or ")}` }];
}

function typeTextOf(branches) {
  const texts = branches.map((branch) => {
    const label = branch.enum ? typeOf(branch) || "enum" : branchLabel(branch);
    const detail = CLOCKS.has(branch.format) ? branch.format : boundsText(branch);
    return CLOCKS.has(branch.format) ? branch.format : [label, detail].filter(Boolean).join(" ");
  });
  return branches.length > 3 ? "" : [...new Set(texts)].join(" | ");
}

/** What a field is drawn as. It follows the value that stands, then what the schema wants. */
function controlOf({ node, kind, branch, branches, choices, description }) {
  if (node.kind === "object" || node.kind === "array") return node.kind;
  if (choices && choices.every((c) => c === null || typeof c !== "object")) return "choice";
  if (node.kind === "null") return "null";
  if (node.kind === "boolean") return "boolean";
  const admits = (type) => branches.some((b) => typeOf(b) === "" || fitsType(typeOf(b), type));
  // What is typed over a value of the wrong kind is meant to be of the right one.
  if (admits("integer") && !(node.kind === "string" && admits("string"))) return "number";
  if (node.kind === "number" && !admits("string")) return "number";
  if (CLOCKS.has(branch.format)) return branch.format;
  const isDay = kind === "string" && !branch.format && SAYS_DAY.test(description);
  return isDay ? "date" : "string";
}

function addMembers(context, field, schema, isRoot) {
  const { text } = context;
  const properties = propertiesOf(schema);
  const required = requiredOf(schema);
  const open = isOpen(isRoot ? field.schema : schema, isRoot);
  const given = new Map(); // name -> how often it has come so far
  const declaredNames = isRoot ? declaredAnywhere(field.schema) : Object.keys(properties);
  const names = new Set(field.node.members.map((m) => m.key));
  const free = declaredNames.filter((name) => !names.has(name));
  field.node.members.forEach((member, i) => {
    const before = given.get(member.key) || 0;
    given.set(member.key, before + 1);
    const declared = declaredNames.includes(member.key);
    const child = build(context, memberSchema(schema, member.key), member.value, {
      id: `${field.id}/${escapePointer(member.key)}${before ? `#${before}` : ""}`,
      path: [...field.path, i],
      pointer: `${field.pointer}/${escapePointer(member.key)}`,
      name: member.key,
      where: "member",
      required: required.includes(member.key),
      declared: declared || open || declares(schema, member.key),
      index: i,
      count: field.node.members.length,
    });
    if (!child.declared) {
      child.hints.unshift({ keyword: "undeclared", message: "is not declared by the tool" });
    }
    if (!declared && !declares(schema, member.key)) {
      const [fix] = nameFixes(member.key, free);
      // Where any name is taken a near miss is only meant if the value is what that name takes.
      if (fix && (!open || fits(memberSchema(schema, fix.rename), child.raw))) child.fixes.push(fix);
    }
    addFixes(child, text);
    field.children.push(child);
  });
  for (const child of field.children) {
    if (given.get(child.name) > 1) {
      child.repeated = true;
      const message = "stands more than once; the last one counts";
      child.hints.push({ keyword: "repeated", message });
    }
  }
  field.absent = free.map((name) => absentField(field, schema, name, required.includes(name)));
  const stray = required.filter((name) => !names.has(name) && !free.includes(name));
  field.absent.push(...stray.map((name) => absentField(field, schema, name, true)));
  field.takesNames = open;
  const isSilent = Object.keys(properties).length > 0 && !("additionalProperties" in schema);
  field.invitesNames = open && !isSilent;
}

function absentField(holder, schema, name, required) {
  const inner = memberSchema(schema, name);
  const { typeText, description } = readingOf(inner);
  return {
    id: `${holder.id}/${escapePointer(name)}`,
    path: holder.path,
    pointer: `${holder.pointer}/${escapePointer(name)}`,
    name,
    where: "missing",
    required,
    schema: inner,
    typeText,
    description,
    hints: required ? [{ keyword: "required", message: "is required" }] : [],
    problems: [],
    fixes: [],
    children: [],
    absent: [],
  };
}

function addItems(context, field, schema) {
  field.node.items.forEach((item, i) => {
    const child = build(context, itemSchema(schema, i), item, {
      id: `${field.id}/${i}`,
      path: [...field.path, i],
      pointer: `${field.pointer}/${i}`,
      name: String(i),
      where: "item",
      index: i,
      count: field.node.items.length,
    });
    addFixes(child, context.text);
    field.children.push(child);
  });
  field.takesItems = true;
  field.itemSchema = itemSchema(schema, field.node.items.length);
}

function addFixes(field, text) {
  const isBroken = field.hints.some((h) => h.keyword !== "undeclared" && h.keyword !== "repeated");
  if (isBroken) field.fixes.push(...valueFixes(field.schema, text, field.node, text));
  else if (isPadded(field)) field.fixes.push(trimFix(field.value, text));
  const isNull = field.kind === "null" && field.where === "member" && !field.required;
  if (isNull && isBroken) field.fixes.push({ label: "leave it out", remove: true });
}

/** A short text with spaces around it: seldom meant, and no schema says so. */
function isPadded({ node, value }) {
  return node.kind === "string" && value.length < SHORT && /^[ \t]+\S|\S[ \t]+$/.test(value);
}

/** Python's problems go to the field they point at, or to the nearest one that holds the place. */
function place(root, problems) {
  for (const problem of problems) holderOf(root, problem.pointer || "").problems.push(problem);
}

function holderOf(root, pointer) {
  let field = root;
  for (;;) {
    const inside = [...field.children, ...field.absent].filter(
      (f) => pointer === f.pointer || pointer.startsWith(`${f.pointer}/`),
    );
    if (inside.length === 0) return field;
    field = inside.at(-1); // of a repeated key the last one counts
  }
}

/** Every field of a tree in the order it is drawn: children, then what is missing. */
export function everyField(field) {
  const missing = field.absent.filter((f) => f.required);
  return [field, ...field.children.flatMap(everyField), ...missing];
}

/** How many fields under this one break something, itself included. */
export function troubles(field, isShown) {
  return everyField(field).filter((f) => isShown(f).length > 0).length;
}

