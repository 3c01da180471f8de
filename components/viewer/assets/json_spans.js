// The parts of a JSON text as places in it, one level at a time: nothing is parsed into values.
//
// A tree made of these shows every number, escape and key as it was written, and a result of a
// megabyte costs one scan, not a hundred thousand objects. The text must be JSON (`isTree` asks).

/** Longer texts are shown as they are. */
export const LONGEST_TREE = 8_000_000;

const KINDS = { "{": "object", "[": "array", '"': "string" };

/** Whether the text is a JSON object or array that holds something. */
export function isTree(text) {
  if (text.length > LONGEST_TREE || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return rootOf(text).size > 0;
}

/** The outermost part. */
export function rootOf(text) {
  return readPart(text, skipSpace(text, 0));
}

/**
 * The parts directly inside an object or array: {key, kind, start, end, size} each. `key` is the
 * place [start, end] of the name with its quotation marks (null in arrays), `size` the number of
 * parts inside (null for plain values).
 */
export function partsOf(text, { kind, start }) {
  const parts = [];
  const close = kind === "object" ? "}" : "]";
  let at = skipSpace(text, start + 1);
  while (text[at] !== close) {
    let key = null;
    if (kind === "object") {
      key = [at, endOfString(text, at)];
      at = skipSpace(text, skipSpace(text, key[1]) + 1); // over the colon
    }
    const part = { key, ...readPart(text, at) };
    parts.push(part);
    at = skipSpace(text, part.end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return parts;
}

function readPart(text, start) {
  const kind = KINDS[text[start]] || "plain";
  if (kind === "string") return { kind, start, end: endOfString(text, start), size: null };
  if (kind === "plain") return { kind, start, end: endOfPlain(text, start), size: null };
  let depth = 1;
  let commas = 0;
  let at = skipSpace(text, start + 1);
  const isEmpty = text[at] === "}" || text[at] === "]";
  for (; depth > 0; at += 1) {
    const c = text.charCodeAt(at);
    if (c === 34) at = endOfString(text, at) - 1;
    else if (c === 123 || c === 91) depth += 1;
    else if (c === 125 || c === 93) depth -= 1;
    else if (c === 44 && depth === 1) commas += 1;
  }
  return { kind, start, end: at, size: isEmpty ? 0 : commas + 1 };
}

/** The place behind a string that begins at `start`. */
function endOfString(text, start) {
  let at = text.indexOf('"', start + 1);
  while (isEscaped(text, at, start)) at = text.indexOf('"', at + 1);
  return at + 1;
}

function isEscaped(text, at, start) {
  let slashes = 0;
  for (let i = at - 1; i > start && text.charCodeAt(i) === 92; i -= 1) slashes += 1;
  return slashes % 2 === 1;
}

function endOfPlain(text, start) {
  let at = start;
  while (at < text.length && !/[\s,\]}]/.test(text[at])) at += 1;
  return at;
}

function skipSpace(text, from) {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at += 1;
  return at;
}

/** What a string says, its escapes read. */
export function wordsOf(text, [start, end]) {
  return JSON.parse(text.slice(start, end));
}

/** Where a text stands in another, whatever the letter case: the starts, at most `most`. */
export function findAll(text, wanted, most = 2000) {
  if (!wanted) return [];
  const found = [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  for (const match of text.matchAll(pattern)) {
    found.push(match.index);
    if (found.length >= most) break;
  }
  return found;
}

/** Whether any of the sorted places lies inside a part, its key included. */
export function holdsAny(part, places) {
  const from = part.key ? part.key[0] : part.start;
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low < places.length && places[low] < part.end;
}
