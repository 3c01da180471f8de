// What a JSON Schema says about one value, read for drawing: which kinds it may have, its
// alternatives, what it starts with. The schemas were normalised by the server: no references, no
// unknown types. Nothing is judged here (form_hints.js) and nothing is drawn.

import { matches } from "./form_patterns.js";

const MOST_BRANCHES = 16;
const MOST_ITEMS = 10;

const ANYTHING = Object.freeze({}); // always the same one, so that what is read of it is kept
const NOTHING = Object.freeze({ not: {} });

/** A schema as an object: `true` and whatever is no schema mean anything. */
export function schemaOf(schema) {
  if (schema === false) return NOTHING;
  return schema && typeof schema === "object" && !Array.isArray(schema) ? schema : ANYTHING;
}

/** A schema with its `allOf` merged into it. */
export function merged(schema, depth = 0) {
  const { allOf, ...own } = schemaOf(schema);
  if (!Array.isArray(allOf) || depth > 8) return own;
  return allOf.reduce((all, part) => merge(all, merged(part, depth + 1)), own);
}

function merge(one, other) {
  const out = { ...one, ...other };
  if (one.properties && other.properties) out.properties = mergeProperties(one, other);
  if (one.required && other.required) {
    out.required = [...new Set([...one.required, ...other.required])];
  }
  if (one.enum && other.enum) {
    const known = new Set(one.enum.map((v) => JSON.stringify(v)));
    out.enum = other.enum.filter((v) => known.has(JSON.stringify(v)));
  }
  if (one.type && other.type) out.type = commonTypes(one.type, other.type);
  for (const key of ["minimum", "exclusiveMinimum", "minLength", "minItems"]) {
    if (key in one && key in other) out[key] = Math.max(one[key], other[key]);
  }
  for (const key of ["maximum", "exclusiveMaximum", "maxLength", "maxItems"]) {
    if (key in one && key in other) out[key] = Math.min(one[key], other[key]);
  }
  for (const key of ["anyOf", "oneOf"]) {
    if (one[key] && other[key]) out[key] = one[key]; // both cannot be drawn; Python knows both
  }
  return out;
}

function mergeProperties(one, other) {
  const out = { ...one.properties };
  for (const [name, schema] of Object.entries(other.properties)) {
    out[name] = Object.hasOwn(out, name)
      ? merge(merged(out[name]), merged(schema))
      : schema;
  }
  return out;
}

function commonTypes(one, other) {
  const [a, b] = [[one].flat(), [other].flat()];
  const common = a.filter((t) => b.includes(t));
  if (a.includes("number") && b.includes("integer")) common.push("integer");
  if (b.includes("number") && a.includes("integer")) common.push("integer");
  const types = [...new Set(common)];
  return types.length === 1 ? types[0] : types;
}

const known = new WeakMap(); // schema -> its branches

/** The alternatives of a schema, each with one type at most: `anyOf`, `oneOf` and lists of types. */
export function branchesOf(schema) {
  const own = schemaOf(schema);
  if (!known.has(own)) known.set(own, readBranches(own, 0));
  return known.get(own);
}

function readBranches(schema, depth) {
  const all = merged(schema);
  const { anyOf, oneOf, ...rest } = all;
  const listed = [anyOf, oneOf].find((list) => Array.isArray(list) && list.length > 0);
  if (listed && depth < 4) {
    return listed
      .flatMap((branch) => readBranches({ allOf: [rest, branch] }, depth + 1))
      .slice(0, MOST_BRANCHES);
  }
  if (!Array.isArray(rest.type)) return [rest];
  // A schema that contradicts itself is left to Python.
  if (rest.type.length === 0) return [{ ...rest, type: undefined }];
  return rest.type.map((type) => narrowed(rest, type));
}

function narrowed(schema, type) {
  const out = { ...schema, type };
  if (schema.enum) out.enum = schema.enum.filter((v) => fitsType(type, kindOfValue(v)));
  if (type === "null") delete out.enum;
  return out;
}

/** The kind of a parsed value: integer and number told apart, as JSON Schema does. */
export function kindOfValue(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value; // string, boolean, object
}

/** Whether a value of this kind has the type. */
export function fitsType(type, kind) {
  return type === kind || (type === "number" && kind === "integer");
}

/** The one type a branch has, "" when it may be anything. */
export function typeOf(branch) {
  if (typeof branch.type === "string") return branch.type;
  if (branch.enum || "const" in branch) {
    const kinds = new Set((branch.enum || [branch.const]).map(kindOfValue));
    return kinds.size === 1 ? [...kinds][0] : "";
  }
  if (branch.properties) return "object";
  return branch.items || branch.prefixItems ? "array" : "";
}

/** Names of the properties of an object schema, in its order. */
export function propertiesOf(schema) {
  return schemaOf(schema.properties);
}

/** Names that an object schema requires. */
export function requiredOf(schema) {
  return Array.isArray(schema.required) ? schema.required : [];
}

/** The schema of the item at a place of an array. */
export function itemSchema(schema, place) {
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems[place] : undefined;
  return schemaOf(first === undefined ? schema.items : first);
}

/**
 * Whether an object takes names it does not declare. The arguments themselves (`isRoot`) do not,
 * unless the schema speaks of others: the same rule as in curation/schemas.py.
 */
export function isOpen(schema, isRoot) {
  if (!isRoot || !schema.properties) return schema.additionalProperties !== false;
  if ("patternProperties" in schema || "unevaluatedProperties" in schema) return true;
  return "additionalProperties" in schema && schema.additionalProperties !== false;
}

/** Names declared by a schema or by any of its alternatives: none of them is a stranger. */
export function declaredAnywhere(schema, depth = 0) {
  const own = schemaOf(schema);
  const names = Object.keys(propertiesOf(own));
  if (depth > 4) return names;
  const inner = ["allOf", "anyOf", "oneOf", "if", "then", "else"].flatMap((key) => own[key] ?? []);
  inner.push(...Object.values(schemaOf(own.dependentSchemas)));
  return [...new Set([...names, ...inner.flatMap((part) => declaredAnywhere(part, depth + 1))])];
}

/** Whether an object schema speaks of a name: as a property, or by a pattern (in doubt it does). */
export function declares(schema, name) {
  return Object.hasOwn(propertiesOf(schema), name) || patternFor(schema, name) !== undefined;
}

function patternFor(schema, name) {
  return Object.keys(schemaOf(schema.patternProperties)).find((p) => matches(p, name) !== false);
}

/** The schema of a member: of a property, of a pattern, of other names, or anything. */
export function memberSchema(schema, name) {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, name)) return schemaOf(properties[name]);
  const pattern = patternFor(schema, name);
  if (pattern !== undefined) return schemaOf(schema.patternProperties[pattern]);
  // A name that is forbidden is the name's fault, not the value's.
  return schema.additionalProperties === false ? ANYTHING : schemaOf(schema.additionalProperties);
}

/** What a newly added value starts with: the default, the only choice, or the emptiest value. */
export function initialValue(schema, depth = 0) {
  const branch = branchesOf(schema)[0] || {};
  for (const given of [schemaOf(schema), branch]) {
    if (given.default !== undefined && isDefaultOf(schema, given.default)) return given.default;
  }
  if ("const" in branch) return branch.const;
  if (branch.enum?.length === 1) return branch.enum[0];
  switch (typeOf(branch)) {
    case "integer":
    case "number":
      return leastOf(branch);
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return depth > 4 ? [] : initialItems(branch, depth);
    case "object":
      return depth > 4 ? {} : initialMembers(branch, depth);
    default:
      return "";
  }
}

function isDefaultOf(schema, value) {
  const types = branchesOf(schema).map(typeOf);
  return types.some((type) => type === "" || fitsType(type, kindOfValue(value)));
}

function leastOf({ minimum, exclusiveMinimum, maximum }) {
  if (minimum > 0) return minimum;
  if (exclusiveMinimum >= 0) return Math.floor(exclusiveMinimum) + 1;
  return maximum < 0 ? maximum : 0;
}

function initialItems(branch, depth) {
  const count = Math.min(branch.minItems || 0, MOST_ITEMS);
  return Array.from({ length: count }, (_, i) => initialValue(itemSchema(branch, i), depth + 1));
}

function initialMembers(branch, depth) {
  const names = requiredOf(branch);
  return Object.fromEntries(
    names.map((name) => [name, initialValue(memberSchema(branch, name), depth + 1)]),
  );
}

/** How a branch is called in the kind picker: "integer", "array of string", "object {a, b}". */
export function branchLabel(branch) {
  if (branch.title) return branch.title;
  const type = typeOf(branch);
  if (branch.enum) return `one of ${branch.enum.length}`;
  if (type === "array" && branch.items) {
    const inner = branchesOf(branch.items).map(typeOf).filter(Boolean);
    return inner.length > 0 ? `array of ${[...new Set(inner)].join(" or ")}` : "array";
  }
  if (type === "object" && branch.properties) {
    const names = Object.keys(branch.properties);
    return `object {${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}}`;
  }
  return type || "anything";
}

/** Bounds of a number or a length, as they are shown beside a field: "1…10", "≥ 0", "". */
export function boundsText(branch) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = branch;
  if (minimum !== undefined && maximum !== undefined) return `${minimum}…${maximum}`;
  return [
    minimum === undefined ? "" : `≥ ${minimum}`,
    exclusiveMinimum === undefined ? "" : `> ${exclusiveMinimum}`,
    maximum === undefined ? "" : `≤ ${maximum}`,
    exclusiveMaximum === undefined ? "" : `< ${exclusiveMaximum}`,
    branch.multipleOf === undefined || branch.multipleOf === 1 ? "" : `× ${branch.multipleOf}`,
  ].filter(Boolean).join(" ");
}
