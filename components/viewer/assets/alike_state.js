// The others like one: which are ticked, what is going to be said of them, and the acts it takes.
//
// Pure. `state` is {found, ticked: Set of positions, rest, at, incorrect, reject, category}; `found`
// is the server's answer, of whose places the first LISTED are rows. One more row stands for the rest.

import { plural } from "./words.js";

export const LISTED = 50;

/** The state in which a list opens: all ticked, nothing but the mark is going to be said. */
export function beginAlike(found, category = null) {
  const rows = found.places.slice(0, LISTED);
  return {
    found,
    ticked: new Set(rows.keys()),
    rest: found.n_places > rows.length,
    at: 0,
    incorrect: false,
    reject: false,
    category,
  };
}

/** Rows of the list: the places, and one for the rest when there is one. */
export function rowCount({ found }) {
  const listed = Math.min(LISTED, found.places.length);
  return listed + (found.n_places > listed ? 1 : 0);
}

/** How many places are not listed one by one. */
export function unlisted({ found }) {
  return found.n_places - Math.min(LISTED, found.places.length);
}

export function moved(state, delta) {
  const last = Math.max(0, rowCount(state) - 1);
  return { ...state, at: Math.min(last, Math.max(0, state.at + delta)) };
}

export function isTicked(state, row) {
  return row < Math.min(LISTED, state.found.places.length) ? state.ticked.has(row) : state.rest;
}

/** Tick a row, or take its tick away. */
export function toggled(state, row = state.at) {
  if (row >= Math.min(LISTED, state.found.places.length)) return { ...state, rest: !state.rest };
  const ticked = new Set(state.ticked);
  if (!ticked.delete(row)) ticked.add(row);
  return { ...state, ticked };
}

/** Tick all, or none when all are ticked. */
export function allToggled(state) {
  const rows = Math.min(LISTED, state.found.places.length);
  const isAll = state.ticked.size === rows && (state.rest || unlisted(state) === 0);
  return {
    ...state,
    ticked: new Set(isAll ? [] : [...Array(rows).keys()]),
    rest: !isAll && unlisted(state) > 0,
  };
}

/** Only those of which the check says word for word what it says at the row the cursor is on. */
export function onlyWorded(state) {
  const { places } = state.found;
  const said = places[state.at]?.message;
  if (said === undefined) return state;
  const ticked = new Set();
  for (const [row, place] of places.slice(0, LISTED).entries()) if (place.message === said) ticked.add(row);
  return { ...state, ticked, rest: false };
}

/** Whether the server found more than it told one by one: then the worker does it. */
export function isForWorker({ found, rest }) {
  return rest && found.n_places > found.places.length;
}

/** The places that are ticked, of those that were told. */
export function chosen(state) {
  const { places } = state.found;
  return places.filter((_, i) => (i < LISTED ? state.ticked.has(i) : state.rest));
}

/** How many places are meant. */
export function chosenCount(state) {
  return state.ticked.size + (state.rest ? unlisted(state) : 0);
}

/** [uid, anchor] of listed places without a tick: what the worker leaves out. */
export function withoutTick(state) {
  return state.found.places
    .slice(0, LISTED)
    .filter((_, i) => !state.ticked.has(i))
    .map((place) => [place.uid, place.anchor]);
}

/** The acts of a batch: for each trajectory its marks, its verdicts, then outcome and commit. */
export function actsOf(state, batch, template) {
  const families = new Map();
  for (const place of chosen(state)) {
    families.set(place.uid, [...(families.get(place.uid) || []), place]);
  }
  let n = 0;
  const said = [];
  for (const [uid, places] of families) {
    for (const place of places) {
      n += 1;
      const mark = { ...template, mark_id: `${batch}-${n}`, anchor: place.anchor };
      said.push({ uid, kind: "mark", payload: { mark } });
    }
    const steps = [...new Set(places.map((p) => p.step_index).filter((i) => i !== null))];
    if (state.incorrect && steps.length > 0) {
      const verdicts = Object.fromEntries(steps.map((i) => [String(i), "incorrect"]));
      said.push({ uid, kind: "verdicts", payload: { verdicts } });
    }
    if (state.reject) {
      said.push({ uid, kind: "outcome", payload: { outcome: "reject" } });
      said.push({ uid, kind: "commit", payload: { outcome: "reject" } });
    }
  }
  return said;
}

const LEFT = {
  decided: "decided already",
  held: "in somebody else's hands",
  committed: "committed by you already",
  marked: "marked so by you already",
};

/** What is alike but left alone, in words; "" when nothing is. */
export function leftAloneText({ found }) {
  const parts = Object.entries(found.left_alone).map(([why, n]) => `${n.toLocaleString("en")} ${LEFT[why] || why}`);
  return parts.length > 0 ? `Left alone: ${parts.join(", ")}.` : "";
}

/** What Enter does, in words. */
export function deedText(state, title) {
  const n = chosenCount(state);
  const parts = [`mark ${plural(n, "place")} ${title}`];
  if (state.incorrect) parts.push("call the steps incorrect");
  if (state.reject) parts.push("reject and commit the trajectories");
  const text = parts.join(", ");
  return text[0].toUpperCase() + text.slice(1);
}

/** How many there are, in words. */
export function foundText({ found }) {
  if (found.n_places === 0) return "No other is like this.";
  const least = found.is_capped ? "At least " : "";
  const n = found.n_trajectories;
  const places = found.n_places === found.n_trajectories ? "" : ` (${plural(found.n_places, "place")})`;
  return `${least}${n.toLocaleString("en")} more ${n === 1 ? "trajectory" : "trajectories"} like this${places}`;
}
