// The checklist of a tool: its items, what the schema offers, and the answers at one call. Pure.

/** The order in which space goes round the answers; null is no answer. */
const ROUND = [null, "yes", "no", "na"];

/** Icon and word of an answer. */
export const ANSWERS = {
  yes: ["✓", "yes"],
  no: ["✗", "no"],
  na: ["–", "not applicable"],
};

/** The answers after one more; `answer` null takes it back. Mirrors `curation/annotation.py`. */
export function answered(answers, { message_index, call_index, item_id, answer }) {
  const others = answers.filter(
    (a) => a.message_index !== message_index || a.call_index !== call_index || a.item_id !== item_id,
  );
  return answer === null ? others : [...others, { message_index, call_index, item_id, answer }];
}

/** The answer to an item at a call; null when there is none. */
export function answerAt(answers, place, itemId) {
  const found = answers.find(
    (a) => a.message_index === place.message && a.call_index === place.call && a.item_id === itemId,
  );
  return found ? found.answer : null;
}

export function nextAnswer(answer) {
  return ROUND[(ROUND.indexOf(answer) + 1) % ROUND.length];
}

/** The lines of the list: items, then what the schema says and nobody took over yet. */
export function linesOf(items, tool) {
  const written = new Set(items.map((item) => item.text.toLowerCase()));
  const seeds = (tool.seeds || []).filter((text) => !written.has(text.toLowerCase()));
  return [
    ...items.map((item) => ({ kind: "item", item, isOlder: isOlder(item, tool) })),
    ...seeds.map((text) => ({ kind: "seed", text })),
  ];
}

/** Whether an item was written for a tool of this name that took something else. */
function isOlder(item, tool) {
  return item.tool_hash !== "" && tool.fingerprint !== undefined && item.tool_hash !== tool.fingerprint;
}

/** How many items are answered at a call: {done, no, all}. */
export function tally(items, answers, place) {
  const said = items.map((item) => answerAt(answers, place, item.item_id));
  return { done: said.filter(Boolean).length, no: said.filter((a) => a === "no").length, all: items.length };
}

/** Who wrote an item and when, in few words. */
export function bylineOf({ author, created_at }) {
  return `${author}, ${String(created_at).slice(0, 10)}`;
}

/** The category that an item names, if a taxonomy still has it: {taxonomy, category}. */
export function categoryOfItem(item, taxonomies) {
  const [name, ...rest] = item.category.split("/");
  const taxonomy = taxonomies.find((t) => t.name === name);
  const category = taxonomy?.categories.find((c) => c.name === rest.join("/"));
  return category ? { taxonomy, category } : null;
}
