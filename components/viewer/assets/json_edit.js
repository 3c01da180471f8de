// JSON text changed in one place: everything else stays byte for byte.
//
// A text is read into a tree of spans (where each value stands), and a change replaces the span of
// the one value it concerns. So unknown keys, key order, spacing, duplicate keys and the spelling
// of numbers survive, which JSON.parse and JSON.stringify would not allow. Nothing is drawn here.
//
// A node: {kind, start, end} with kind "object", "array", "string", "number", "boolean" or "null",
// and `members` (objects: {key, keyStart, keyEnd, start, end, value}) or `items` (arrays: nodes).
// A path names a node by its places: [2, 0] is the first item of the value of the third member.
// Places, not keys, because the same key may stand twice.

export const DEEPEST = 200;
const LITERALS = { t: ["boolean", 4], f: ["boolean", 5], n: ["null", 4] };
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a text is a number as JSON spells them. */
export function isNumberText(text) {
  return NUMBER.test(text);
}

/** The tree of spans of a JSON text; null when it is no JSON, or nested too deeply to be edited. */
export function parseSpans(text) {
  try {
    JSON.parse(text);
    return readValue(text, skipSpace(text, 0), 0);
  } catch {
    return null;
  }
}

// The text is known to be JSON, so reading it needs no checks of its own.
function readValue(text, start, depth) {
  if (depth > DEEPEST) throw new RangeError("nested too deeply");
  const c = text[start];
  if (c === '"') return { kind: "string", start, end: endOfString(text, start) };
  if (c === "{") return readObject(text, start, depth);
  if (c === "[") return readArray(text, start, depth);
  if (LITERALS[c]) return { kind: LITERALS[c][0], start, end: start + LITERALS[c][1] };
  let end = start;
  while (end < text.length && !/[\s,\]}]/.test(text[end])) end += 1;
  return { kind: "number", start, end };
}

function readObject(text, start, depth) {
  const members = [];
  let i = skipSpace(text, start + 1);
  while (text[i] !== "}") {
    const keyEnd = endOfString(text, i);
    const colon = skipSpace(text, keyEnd);
    const value = readValue(text, skipSpace(text, colon + 1), depth + 1);
    const key = JSON.parse(text.slice(i, keyEnd));
    members.push({ key, keyStart: i, keyEnd, start: i, end: value.end, value });
    i = afterComma(text, value.end);
  }
  return { kind: "object", start, end: i + 1, members };
}

function readArray(text, start, depth) {
  const items = [];
  let i = skipSpace(text, start + 1);
  while (text[i] !== "]") {
    const item = readValue(text, i, depth + 1);
    items.push(item);
    i = afterComma(text, item.end);
  }
  return { kind: "array", start, end: i + 1, items };
}

function skipSpace(text, from) {
  let i = from;
  while (i < text.length && " \t\n\r".includes(text[i])) i += 1;
  return i;
}

function afterComma(text, from) {
  const i = skipSpace(text, from);
  return text[i] === "," ? skipSpace(text, i + 1) : i;
}

function endOfString(text, start) {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

/** The members or items of a node: what has a place in it. */
export function partsOf(node) {
  return node.members || node.items || [];
}

/** The node at a path, or null. */
export function nodeAt(root, path) {
  let node = root;
  for (const place of path) {
    const part = partsOf(node)[place];
    if (!part) return null;
    node = node.kind === "object" ? part.value : part;
  }
  return node;
}

/** One step of a JSON Pointer. */
export function escapePointer(key) {
  return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The text of a node as it is spelled. */
export function rawOf(text, node) {
  return text.slice(node.start, node.end);
}

/** The value of a node, as JSON.parse reads it. */
export function valueOf(text, node) {
  return JSON.parse(rawOf(text, node));
}

/** A string as JSON, escaped as the surrounding text escapes (Python writes é as \u00e9). */
export function spellString(value, around) {
  const json = JSON.stringify(value);
  if (!escapesAll(around)) return json;
  const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replace(/[\u007f-\uffff]/g, escaped);
}

function escapesAll(text) {
  return /\\u[0-9a-fA-F]{4}/.test(text) && !/[\u0080-\uffff]/.test(text);
}

/** A value as JSON, spaced and escaped as the surrounding text is. */
export function spellJson(value, around) {
  const root = parseSpans(around);
  const colon = root ? anyColon(around, root) : ": ";
  return spell(value, colon, colon.endsWith(" ") ? ", " : ",", around);
}

function spell(value, colon, comma, around) {
  if (typeof value === "string") return spellString(value, around);
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const inner = (v) => spell(v, colon, comma, around);
  if (Array.isArray(value)) return `[${value.map(inner).join(comma)}]`;
  const members = Object.entries(value).map(([key, v]) => inner(key) + colon + inner(v));
  return `{${members.join(comma)}}`;
}

/** The text with the value at `path` replaced by the JSON text `json`. */
export function replaceValue(text, root, path, json) {
  const node = nodeAt(root, path);
  return splice(text, node.start, node.end, json);
}

/** The text with the key of the member at `path` spelled anew. */
export function renameKey(text, root, path, key) {
  const member = nodeAt(root, path.slice(0, -1)).members[path.at(-1)];
  return splice(text, member.keyStart, member.keyEnd, spellString(key, text));
}

/** The text with a member added at the end of the object at `path`. Blank text is an object. */
export function addMember(text, root, path, key, json) {
  const node = nodeAt(root, path);
  const colon = node.members.length > 0 ? colonOf(text, node.members.at(-1)) : anyColon(text, root);
  return insertPart(text, root, node, node.members.length, spellString(key, text) + colon + json);
}

/** The text with an item added to the array at `path`, at place `at` (by default the last). */
export function addItem(text, root, path, json, at = null) {
  const node = nodeAt(root, path);
  return insertPart(text, root, node, at ?? node.items.length, json);
}

function insertPart(text, root, node, at, part) {
  const parts = partsOf(node);
  if (parts.length === 0) return splice(text, node.start + 1, node.end - 1, part);
  const between = separatorOf(text, root, node);
  if (at < parts.length) return splice(text, parts[at].start, parts[at].start, part + between);
  const { end } = parts.at(-1);
  return splice(text, end, end, between + part);
}

/** What stands between the parts of a node; for a single part what would stand there. */
function separatorOf(text, root, node) {
  const parts = partsOf(node);
  if (parts.length > 1) return text.slice(parts.at(-2).end, parts.at(-1).start);
  const lead = text.slice(node.start + 1, parts[0].start);
  if (lead.includes("\n")) return `,${lead}`;
  return anyColon(text, root).endsWith(" ") ? ", " : ",";
}

function colonOf(text, member) {
  return text.slice(member.keyEnd, member.value.start);
}

/** How the text writes the colon of a member; with a space where it has no member yet. */
function anyColon(text, root) {
  const first = root.kind === "object" ? root.members[0] : null;
  return first ? colonOf(text, first) : ": ";
}

/** The text without the member or item at `path`. */
export function removePart(text, root, path) {
  const holder = nodeAt(root, path.slice(0, -1));
  const parts = partsOf(holder);
  const at = path.at(-1);
  if (parts.length === 1) return splice(text, holder.start + 1, holder.end - 1, "");
  if (at === 0) return splice(text, parts[0].start, parts[1].start, "");
  return splice(text, parts[at - 1].end, parts[at].end, "");
}

/** The text with the member or item at `path` at another place of its holder. */
export function movePart(text, root, path, to) {
  const parts = partsOf(nodeAt(root, path.slice(0, -1)));
  const from = path.at(-1);
  if (from === to || !parts[to]) return text;
  const order = parts.map((part) => text.slice(part.start, part.end));
  order.splice(to, 0, ...order.splice(from, 1));
  let out = "";
  let done = 0;
  parts.forEach((part, i) => {
    out += text.slice(done, part.start) + order[i]; // what stands between parts stays there
    done = part.end;
  });
  return out + text.slice(done);
}

function splice(text, start, end, by) {
  return text.slice(0, start) + by + text.slice(end);
}
