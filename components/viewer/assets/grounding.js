// Where the values of calls came from: in words, as an underline, and as places to jump to.
//
// Pure: a view in, words and places out. The origins themselves are worked out by the server
// (curation/grounding.py); `source.js` quotes and highlights them. An origin is {origin, how, at,
// span}, and {call, pointer} when the source is an argument of an earlier call.

const LITERAL = new Set(["exact", "case"]);
const GIVEN = new Set(["user", "result", "system"]);
const RANK = ["nowhere", "derived", "own", "literal", "none"]; // what needs a look comes first
const AROUND = 70; // characters quoted on either side of a value

/** How a value is underlined: literal, derived, own (the assistant's), nowhere or none. */
export function styleOf({ origin, how }) {
  if (origin === "nowhere") return "nowhere";
  if (origin === "assistant") return "own";
  if (!GIVEN.has(origin)) return "none";
  return LITERAL.has(how) ? "literal" : "derived";
}

/** The word in the table: where from, with the step of a result. */
export function wordOf(view, found) {
  const { origin, how, at } = found;
  if (styleOf(found) === "derived") return how === "reference" ? "refers to a result" : `derived: ${how}`;
  const step = at === null || at === undefined ? null : stepAt(view, at);
  if (step === null || (origin !== "result" && origin !== "assistant")) return origin;
  return `${origin} s${step}`;
}

const WORDS = {
  user: "said by the user",
  result: "from a result",
  system: "from the system prompt",
  schema: "named by the tool",
  assistant: "only the assistant's own",
  composed: "composed",
  nowhere: "from nowhere",
};

/** Where a value is from, in words that need no view: "derived (number) from a result". */
export function originWords(found) {
  const { origin, how } = found;
  if (styleOf(found) !== "derived") return WORDS[origin] || origin;
  if (how === "reference") return "refers to a result";
  return `derived (${how}) ${origin === "user" ? "from the user's words" : WORDS[origin]}`;
}

/** A source in words: "the result of step 3 (find_room)". */
export function sourceName(view, found) {
  const { origin, at } = found;
  const message = at === null || at === undefined ? null : view.messages[at];
  if (origin === "schema") return "the tool's own schema";
  if (origin === "composed") return "the assistant's own words: a text it was asked to write";
  if (origin === "nowhere") return "nowhere: nothing before this call says it";
  if (!message) return `the ${origin}`;
  if (message.answers) {
    const [index, call] = message.answers;
    const asked = view.messages[index];
    return `the result of step ${asked.step} (${asked.calls[call].name})`;
  }
  if (message.step !== null) return `step ${message.step}${found.call === undefined ? "" : ", another call"}`;
  if (message.role === "user") return `the user, turn ${turnOf(view, at)}`;
  return `the ${message.role === "tool" ? "result" : message.role} message`;
}

function stepAt(view, index) {
  const message = view.messages[index];
  return message?.answers ? view.messages[message.answers[0]].step : (message?.step ?? null);
}

function turnOf(view, index) {
  return view.messages.filter((m) => m.role === "user" && m.index <= index).length;
}

const byRow = new WeakMap(); // call -> Map(pointer of the row -> {found, style, more})

/**
 * What is said of each row of a call, by its pointer: the origin that most needs a look, and how
 * many other values stand in the same row (a list is one row).
 */
export function originsOfRows(call) {
  if (byRow.has(call)) return byRow.get(call);
  const rows = new Set((call.rows || []).map((row) => row.pointer));
  const gathered = new Map();
  for (const [pointer, found] of Object.entries(call.origins || {})) {
    const row = rowAbove(rows, pointer);
    if (row === null) continue;
    if (!gathered.has(row)) gathered.set(row, []);
    gathered.get(row).push(found);
  }
  const said = new Map();
  for (const [pointer, all] of gathered) {
    const worst = all.reduce((a, b) => (rank(b) < rank(a) ? b : a));
    const style = styleOf(worst);
    const alike = all.filter((found) => styleOf(found) === style).length;
    said.set(pointer, { found: worst, style, n: all.length, alike });
  }
  byRow.set(call, said);
  return said;
}

function rank(found) {
  return RANK.indexOf(styleOf(found));
}

function rowAbove(rows, pointer) {
  let wanted = pointer;
  while (wanted) {
    if (rows.has(wanted)) return wanted;
    wanted = wanted.slice(0, wanted.lastIndexOf("/"));
  }
  return null;
}

/** What is said of the selected argument; null when nothing is, or none is selected. */
export function originAt(view, cursor) {
  const call = view.messages[cursor.message]?.calls[cursor.call];
  if (!call || cursor.pointer === null) return null;
  return originsOfRows(call).get(cursor.pointer) || null;
}

const nowhereOf = new WeakMap(); // view -> places

/** The arguments with a value from nowhere, in reading order, each row once. */
export function nowherePlaces(view) {
  if (!nowhereOf.has(view)) nowhereOf.set(view, findNowhere(view));
  return nowhereOf.get(view);
}

function findNowhere(view) {
  const places = [];
  for (const message of view.messages) {
    for (const call of message.calls) {
      const said = originsOfRows(call);
      for (const row of call.rows || []) {
        if (said.get(row.pointer)?.style !== "nowhere") continue;
        places.push({ message: message.index, call: call.index, pointer: row.pointer });
      }
    }
  }
  return places;
}

/** How many arguments of each message have a value from nowhere. */
export function nowhereByMessage(view) {
  const counts = new Map();
  for (const { message } of nowherePlaces(view)) counts.set(message, (counts.get(message) || 0) + 1);
  return counts;
}

/** The next value from nowhere after the cursor: {place, wrapped}; place null when there is none. */
export function nextNowhere(view, cursor) {
  const places = nowherePlaces(view);
  const here = rankIn(view, cursor);
  const next = places.find((place) => compare(rankIn(view, place), here) > 0);
  return { place: next || places[0] || null, wrapped: !next, count: places.length };
}

function rankIn(view, { message, call, pointer }) {
  const rows = view.messages[message]?.calls[call]?.rows || [];
  const row = pointer === null ? -1 : rows.findIndex((r) => r.pointer === pointer);
  return [message ?? -1, call ?? -1, row];
}

function compare(a, b) {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** A span in code points (Python's) as one in UTF-16 units (the browser's). */
export function unitSpan(text, [start, end]) {
  if (!/[\ud800-\udbff]/.test(text)) return [start, end];
  let units = 0;
  let from = text.length;
  let points = 0;
  for (const point of text) {
    if (points === start) from = units;
    if (points === end) return [from, units];
    points += 1;
    units += point.length;
  }
  return [from, text.length];
}

/** The words around a source: {before, words, after}, on one line; null when it has no place. */
export function quoteOf(view, found) {
  const message = view.messages[found.at];
  if (!message || !found.span || found.call !== undefined) return null;
  const [start, end] = unitSpan(message.text, found.span);
  const words = message.text.slice(start, Math.min(end, start + 300));
  const from = Math.max(0, start - AROUND);
  const to = Math.min(message.text.length, end + AROUND);
  return {
    before: (from > 0 ? "…" : "") + oneLine(message.text.slice(from, start)),
    words: oneLine(words) + (end - start > 300 ? "…" : ""),
    after: oneLine(message.text.slice(end, to)) + (to < message.text.length ? "…" : ""),
  };
}

function oneLine(text) {
  return text.replace(/\s+/g, " ");
}

/** A source in one sentence, for a tooltip. */
export function sourceSentence(view, found) {
  const quote = quoteOf(view, found);
  const how = styleOf(found) === "derived" ? `, derived (${found.how})` : "";
  const said = `${sourceName(view, found)}${how}`;
  return quote ? `${said}: ${quote.before}«${quote.words}»${quote.after}` : said;
}

/** The cursor at a source; null when there is no place to go. */
export function placeOfSource(view, found) {
  const message = view.messages[found.at];
  if (!message) return null;
  if (message.answers) return { message: message.answers[0], call: message.answers[1], pointer: null };
  const call = message.calls[found.call];
  if (!call) return { message: message.index, call: null, pointer: null };
  const isRow = (call.rows || []).some((row) => row.pointer === found.pointer);
  return { message: message.index, call: found.call, pointer: isRow ? found.pointer : null };
}

/**
 * Where the span of one text stands in another that says the same in another layout: the place of
 * its k-th occurrence, when it is the k-th in the first. null when it cannot be told.
 */
export function sameSpot(text, [start, end], shown) {
  if (shown === text) return [start, end];
  const words = text.slice(start, end);
  if (!words.trim()) return null;
  let k = 0;
  for (let at = text.indexOf(words); at >= 0 && at < start; at = text.indexOf(words, at + 1)) k += 1;
  let found = shown.indexOf(words);
  for (; found >= 0 && k > 0; k -= 1) found = shown.indexOf(words, found + 1);
  return found < 0 ? null : [found, found + words.length];
}
