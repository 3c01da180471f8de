// A correction as it is kept on this machine's disk, and put back: also over another base. Pure.
//
// Messages that nothing was done to are kept as their index. Everything else carries the index of
// the imported message it goes back to (`parent`), so that it finds its place when another
// correction stands by then.

import { begin, callOf, insertAfter, isTouched, removeMessage } from "./revision.js";

export const VERSION = 2;

/** What is stored of a correction. */
export function toDraft({ state, base, reason }) {
  const entries = state.entries.map((entry) => (isTouched(entry) ? entry : entry.from));
  return { version: VERSION, base, entries, next: state.next, attested: Object.keys(state.attested), reason };
}

/** The state of a draft over the base it was made from; null when it does not fit. */
export function fromDraft(draft, messages, parents) {
  const fresh = begin(messages, parents);
  const entries = draft.entries.map((kept) => (typeof kept === "number" ? fresh.entries[kept] : kept));
  const used = entries.filter((entry) => entry && entry.from !== null).map((entry) => entry.from);
  const isWhole = entries.every(Boolean) && new Set(used).size === messages.length && used.length === messages.length;
  if (!isWhole || !entries.every((entry) => callsFit(entry, messages))) return null;
  return { entries, next: draft.next, attested: Object.fromEntries(draft.attested.map((key) => [key, true])) };
}

function callsFit(entry, messages) {
  const calls = messages[entry.from]?.calls || [];
  const used = entry.calls.filter((call) => call.from !== null).map((call) => call.from);
  return used.length === calls.length && used.every((j) => calls[j] !== undefined);
}

/**
 * A draft put over another base than the one it was made from: what the draft touched is as in the
 * draft, the rest as it stands now. Returns {state, lost}: how many changes found no place.
 */
export function rebased(draft, messages, parents) {
  let state = { ...begin(messages, parents), next: draft.next };
  let lost = 0;
  const moved = new Map(); // key in the draft -> key in the state
  let before = state.entries[0]?.key ?? null;
  for (const kept of draft.entries) {
    if (typeof kept === "number") continue;
    const home = state.entries.find((entry) => entry.parent !== null && entry.parent === kept.parent);
    if (kept.from === null) {
      const placed = kept.removed ? state : insertedAgain(state, kept, moved, before);
      if (placed) {
        moved.set(kept.key, `n${state.next}`);
        state = placed;
      } else lost += 1;
    } else if (!home || !haveSameCalls(home, kept)) lost += 1;
    else {
      moved.set(kept.key, home.key);
      state = { ...state, entries: state.entries.map((e) => (e === home ? laidOver(home, kept, moved) : e)) };
      if (kept.removed) state = removeMessage(state, home.key);
    }
    before = moved.get(kept.key) ?? home?.key ?? before;
  }
  return { state, lost };
}

function haveSameCalls(home, kept) {
  return kept.calls.filter((call) => call.from !== null).length === home.calls.length;
}

function laidOver(home, kept, moved) {
  const calls = kept.calls.map((call) => {
    const key = call.from === null ? call.key : `${home.key}c${call.from}`;
    moved.set(call.key, key);
    return { ...call, key };
  });
  const { content, reasoning, simulated } = kept;
  const texts = Object.fromEntries(Object.entries({ content, reasoning, simulated }).filter(([, v]) => v !== undefined));
  return { ...home, ...texts, calls, removed: kept.removed };
}

function insertedAgain(state, kept, moved, before) {
  const answers = kept.answers && {
    entry: moved.get(kept.answers.entry) ?? kept.answers.entry,
    call: moved.get(kept.answers.call) ?? kept.answers.call,
  };
  if (before === null || (answers && !callOf(state, answers.entry, answers.call))) return null;
  const grown = insertAfter(state, before, kept.role, { answers, content: kept.content });
  const key = `n${state.next}`;
  return { ...grown, entries: grown.entries.map((e) => (e.key === key ? { ...e, calls: kept.calls, simulated: kept.simulated } : e)) };
}
