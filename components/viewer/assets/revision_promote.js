// What a correction's state becomes when a try takes the place of a step. Pure.
//
// Calls that are versions of one call stay that call (with its id and its result, which then is
// stale); the others are taken out or added.

import { doubted, entryOf, reasoningOf, textOf } from "./revision.js";

/**
 * The state in which an entry says what a try says. Pure.
 *
 * `imported` are the calls of the message the try was an answer for, `standing` the calls of the
 * entry they have become (null for those taken out).
 */
export function promoted(state, base, key, { answer, imported, standing }) {
  const entry = entryOf(state, key);
  const before = base[entry.from];
  let { next } = state;
  const paired = new Map(answer.pairs.map(([i, j]) => [j, i]));
  const isChanged = (i) => (answer.change?.calls || []).some((c) => c.before_index === i && c.kind === "changed");
  const calls = answer.calls.map((call, j) => {
    const i = paired.get(j);
    const old = i === undefined ? null : standing[i];
    if (!old) return { key: `n${next++}`, from: null, name: call.name, arguments: call.raw, keepInvalid: false, removed: false };
    const text = isChanged(i) ? call.raw : imported[i].raw;
    return spelled(before?.calls[old.from], old, call.name, text);
  });
  const used = new Set(calls.map((call) => call.key));
  const others = entry.calls.filter((call) => !used.has(call.key));
  const gone = others.filter((call) => call.from !== null).map((call) => ({ ...call, removed: true }));
  const entries = state.entries.map((one) => {
    if (one.key === key) return said({ ...one, removed: false, calls: [...calls, ...gone] }, base, answer);
    if (one.answers?.entry !== key) return one;
    return { ...one, removed: !used.has(one.answers.call) || (one.from === null && one.removed) };
  });
  return doubted({ ...state, entries, next }, key);
}

/** A call that stands, with another name and other arguments; as in the base where it says that. */
function spelled(before, { name: _n, arguments: _a, ...call }, name, text) {
  return {
    ...call,
    ...(before && before.name === name ? {} : { name }),
    ...(before && before.raw === text ? {} : { arguments: text }),
    keepInvalid: false,
    removed: false,
  };
}

/** The words and the thinking of the answer; thinking of the old one explains the old one. */
function said({ content: _c, reasoning: _r, ...entry }, base, answer) {
  const { reasoning } = answer;
  return {
    ...entry,
    ...(textOf(base, entry) === answer.text ? {} : { content: answer.text }),
    ...(reasoningOf(base, entry) === reasoning ? {} : { reasoning }),
  };
}
