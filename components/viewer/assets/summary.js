// A step or a call in a few words, for the map and the list of calls. Pure.

import { originsOfRows } from "./grounding.js";

const TELLING_CHARS = 28;
const GIVEN = new Set(["user", "result"]);

/** The argument that says most about a call: an identifier or a short text before counts and flags. */
export function tellingValue(call) {
  const said = originsOfRows(call);
  let best = null;
  for (const row of call.rows || []) {
    const value = row.value.trim();
    if (row.missing || value === "") continue;
    const score = tells({ ...row, value }, said.get(row.pointer));
    if (best === null || score > best.score) best = { score, value };
  }
  return best ? firstLine(best.value).slice(0, 80) : "";
}

function firstLine(text) {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end).trimEnd()} …`;
}

function tells(row, said) {
  const { name, value, type } = row;
  let score = 0;
  if (type === "string") score += 2;
  if (/(^|[_\s-])(id|key|code|name|query|path|command|title)s?$/i.test(name)) score += 2;
  if (value.length <= TELLING_CHARS) score += 2;
  if (/\d/.test(value) && type === "string") score += 1;
  if (value.includes("\n")) score -= 2;
  if (said && GIVEN.has(said.found.origin)) score += 1;
  if (said?.style === "nowhere") score += 2; // what wants a look is shown
  return score - row.depth;
}

/** A step in a line: {tools, value} of its calls, or {says} of its answer. */
export function stepSummary(message) {
  const { calls } = message;
  if (calls.length === 0) return { tools: "", value: "", says: firstWords(message.text) || "(empty)" };
  const counts = new Map();
  for (const { name } of calls) counts.set(name, (counts.get(name) || 0) + 1);
  const tools = [...counts].map(([name, n]) => (n > 1 ? `${name || "(no name)"} ×${n}` : name || "(no name)"));
  const [first] = calls;
  const value = first.rows === null ? "does not parse" : tellingValue(first);
  return { tools: tools.join(", "), value: calls.length > 1 ? "" : value, says: "" };
}

/** The first words of a text, without Markdown's signs at its begin. */
export function firstWords(text) {
  return text.replace(/\s+/g, " ").trim().replace(/^[#>*\s-]+/, "").slice(0, 60);
}
