// Results on record for a changed call: what an equal call got, in this trajectory or elsewhere in
// the store. Only what was really answered is offered; nothing is made up.

import { argumentsOf, callOf, entryOf, nameOf, resultsOf, standing, standingCalls, textOf } from "./revision.js";
import { labelOf, openOf, shownOf } from "./shown.js";

const ASK_AFTER_MS = 400; // once typing pauses
const MOST = 3;

/** Results that may be put in the place of a stale one: [{text, where, times}]. */
export function onRecord(shown, one) {
  const asked = one.why === "result" ? callAnswered(shown, one) : null;
  if (!asked) return [];
  const here = inThisTrajectory(shown, asked);
  const elsewhere = (shown.open?.recorded.get(asked.id) || []).map(({ text, source_id: source, times }) => ({
    text,
    times,
    where: source || "another trajectory",
  }));
  const all = [...here, ...elsewhere];
  return all.filter((r, i) => all.findIndex((other) => other.text === r.text) === i).slice(0, MOST);
}

/** Ask the store about every stale result whose call was not asked about yet. */
export function askRecord(screen) {
  const s = screen.session;
  const c = openOf(s);
  if (!c) return;
  clearTimeout(c.asking);
  c.asking = setTimeout(async () => {
    if (openOf(s) !== c) return;
    const shown = shownOf(s);
    const wanted = [...shown.stale.values()].filter((one) => one.why === "result").map((one) => callAnswered(shown, one));
    for (const asked of wanted) {
      if (!asked || c.recorded.has(asked.id)) continue;
      c.recorded.set(asked.id, []);
      try {
        const { results } = await s.api.recorded(c.uid, asked.name, asked.text);
        c.recorded.set(asked.id, results);
        if (results.length > 0 && openOf(s) === c) s.emit("typed");
      } catch {
        c.recorded.delete(asked.id); // it is asked again after the next check
      }
    }
  }, ASK_AFTER_MS);
}

/** The call that a result (by its key) stands under: {call, name, text, id}; null for none that parses. */
export function callAnswered({ state, base }, one) {
  const { answers } = entryOf(state, one.key);
  const step = answers && entryOf(state, answers.entry);
  const call = step && callOf(state, answers.entry, answers.call);
  if (!call) return null;
  const name = nameOf(base, step, call);
  const text = argumentsOf(base, step, call);
  const id = identity(name, text);
  return id === null ? null : { call, name, text, id };
}

function inThisTrajectory(shown, asked) {
  const { state, base, stale } = shown;
  const found = [];
  for (const entry of standing(state)) {
    for (const call of standingCalls(entry)) {
      if (call === asked.call || identity(nameOf(base, entry, call), argumentsOf(base, entry, call)) !== asked.id) continue;
      const result = resultsOf(state, call.key).find((r) => !r.removed && !stale.has(r.key));
      if (result) found.push({ text: textOf(base, result), where: labelOf(shown, entry.key), times: 1 });
    }
  }
  return found;
}

/** Equal for calls that ask the same; null for arguments that are no JSON. */
export function identity(name, text) {
  try {
    return JSON.stringify([name, sorted(JSON.parse(text))]);
  } catch {
    return null;
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
