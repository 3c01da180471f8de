// The tries of a step, as values: which there are, what was ruled, which columns fit. No elements.
//
// `view.tries` is made in components/viewer/tries.py: message index -> {same, others}.

import { plural } from "./dom.js";

const NOTHING = { same: [], others: [] };
const BESIDE_PX = 500; // step map, rail and edges
const COLUMN_PX = 380; // least width of a column

/** Other answers for a message: {same, others}; both empty when there are none. */
export function triesAt(view, index) {
  return view?.tries?.[index] || NOTHING;
}

/** What was ruled of one try: "alternative", "rejected" or null. */
export function rulingOf(annotation, index, id) {
  const said = (annotation.tries || []).findLast((t) => t.message_index === index && t.try_id === id);
  return said?.ruling ?? null;
}

/** Rulings on the tries of one step, in their order; null where nothing was said. */
export function rulingsAt(view, annotation, index) {
  return triesAt(view, index).others.map((one) => rulingOf(annotation, index, one.id));
}

/** "1 other try", "3 other tries". */
export function countOfTries(n) {
  return n === 1 ? "1 other try" : `${n.toLocaleString("en")} other tries`;
}

/** The tries of a step in one line: how many, and what was ruled. */
export function summary(view, annotation, index) {
  const { same, others } = triesAt(view, index);
  const rulings = rulingsAt(view, annotation, index);
  const count = (ruling) => rulings.filter((one) => one === ruling).length;
  const parts = [
    count("alternative") > 0 ? plural(count("alternative"), "alternative") : "",
    count("rejected") > 0 ? `${count("rejected")} rejected` : "",
    same.length > 0 ? `${names(same)} said the same as the reference` : "",
  ];
  return {
    head: `${countOfTries(others.length)} of this step`,
    rest: parts.filter(Boolean).join(" · "),
  };
}

/** Who said something: the names up to two, else how many; "×4" where one was sampled often. */
export function names(answers) {
  if (answers.length > 2) return `${answers.length} models`;
  return answers.map(({ model, n }) => (n > 1 ? `${model} ×${n}` : model)).join(" and ");
}

/** How many tries stand beside the reference in a window this wide. */
export function columnsFor(width) {
  return Math.max(1, Math.floor((width - BESIDE_PX) / COLUMN_PX) - 1);
}

/** The page that holds the try at a place: {from, to}. */
export function pageOf(at, count, columns) {
  const from = Math.floor(at / columns) * columns;
  return { from, to: Math.min(count, from + columns) };
}

/**
 * The calls of a try against those of the reference, in the order of the try; calls that only the
 * reference makes come last: {state: same|changed|added|removed, call, before, change}.
 */
export function matched(reference, one) {
  const before = new Map(one.pairs.map(([i, j]) => [j, i]));
  const changes = one.change?.calls || [];
  const rows = one.calls.map((call, j) => {
    const i = before.get(j);
    if (i === undefined) return { state: "added", call, before: null, change: null };
    const change = changes.find((c) => c.before_index === i && c.after_index === j) || null;
    return { state: isSaid(change) ? "changed" : "same", call, before: reference.calls[i], change };
  });
  const known = new Set(before.values());
  const gone = reference.calls.filter((call) => !known.has(call.index));
  return [...rows, ...gone.map((call) => ({ state: "removed", call, before: call, change: null }))];
}

/** Whether a change is one of meaning: other spelling of equal arguments is none. */
function isSaid(change) {
  return Boolean(change) && (change.arguments.length > 0 || change.fields.some((f) => !isSpelling(change, f)));
}

function isSpelling(change, field) {
  if (field.field !== "raw_arguments") return false;
  return isObject(field.before) && isObject(field.after);
}

function isObject(text) {
  if (!text || !text.trim()) return true; // blank arguments are {}
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Argument changes of a matched call by pointer, and those that the call does not have any more. */
export function changedArguments(change) {
  const all = change?.arguments || [];
  const here = new Map();
  for (const one of all) {
    if (one.kind === "removed" || one.kind === "name") continue;
    here.set(one.kind === "renamed" ? one.new_pointer : one.pointer, one);
  }
  return { here, removed: all.filter((one) => one.kind === "removed"), tool: all.find((one) => one.kind === "name") || null };
}
