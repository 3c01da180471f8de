// A correction as it is sent to the studio, and where its messages come from. Pure.
//
// The wire format is `curation/revising.py`: the list of messages of the result, each the index of a
// message of the base, or an object that says what is different about it.

import {
  areCallsTouched, argumentsOf, entryOf, isTouched, nameOf, simulatedOf, standing, standingCalls,
} from "./revision.js";

/** The revision to send. */
export function toWire(state, base) {
  return standing(state).map((entry) => (isTouched(entry) ? entryToWire(state, base, entry) : entry.from));
}

function entryToWire(state, base, entry) {
  const wire = { from: entry.from };
  if (entry.from === null) wire.role = entry.role;
  if (entry.content !== undefined) wire.content = entry.content;
  if (entry.reasoning !== undefined) wire.reasoning = entry.reasoning;
  if (areCallsTouched(entry)) wire.calls = standingCalls(entry).map((call) => callToWire(base, entry, call));
  if (entry.from === null && entry.answers) {
    const step = entryOf(state, entry.answers.entry);
    wire.answers = standingCalls(step).findIndex((call) => call.key === entry.answers.call);
  }
  return wire;
}

function callToWire(base, entry, call) {
  const wire = { from: call.from };
  if (call.from === null || call.name !== undefined) wire.name = nameOf(base, entry, call);
  if (call.from === null || call.arguments !== undefined) wire.arguments = argumentsOf(base, entry, call);
  if (call.keepInvalid) wire.keep_invalid = true;
  return wire;
}

/** Message indexes of the result that were attested. */
export function attestedToWire(state) {
  return standing(state).flatMap((entry, i) => (state.attested[entry.key] ? [i] : []));
}

/** Results that a model proposed, edited since or not. */
export function simulatedToWire(state, base) {
  return standing(state).flatMap((entry, i) => {
    const said = simulatedOf(base, entry);
    return said ? [{ message_index: i, ...said }] : [];
  });
}

/** Where a message and a call of the result are in the state: {entry, call} keys, null if nowhere. */
export function placeOf(state, messageIndex, callIndex = null) {
  const entry = standing(state)[messageIndex];
  if (!entry) return { entry: null, call: null };
  const call = callIndex === null ? null : standingCalls(entry)[callIndex];
  return { entry: entry.key, call: call?.key ?? null };
}

/** Message index in the result; -1 for what is taken out. */
export function indexOf(state, key) {
  return standing(state).findIndex((entry) => entry.key === key);
}

/**
 * For each message of a corrected trajectory the index of the imported message it is a version of,
 * null for added ones; read from the changes between the two.
 */
export function parentsOf(nParent, nCorrected, changes) {
  const removed = new Set(changes.filter((c) => c.after_index === null).map((c) => c.before_index));
  const added = new Set(changes.filter((c) => c.before_index === null).map((c) => c.after_index));
  const parents = [];
  let i = 0;
  for (let j = 0; j < nCorrected; j += 1) {
    while (removed.has(i)) i += 1;
    if (added.has(j) || i >= nParent) parents.push(null);
    else {
      parents.push(i);
      i += 1;
    }
  }
  return parents;
}

/** For each call of the corrected message the index of the imported call, null for added ones. */
export function parentCallsOf(before, after, change) {
  const found = after.map(() => null);
  const listed = change?.calls || [];
  const free = new Set(before.map((_, j) => j));
  for (const { before_index: j, after_index: k } of listed) {
    if (j !== null) free.delete(j);
    if (j !== null && k !== null) found[k] = j;
  }
  const isListed = (k) => listed.some((c) => c.after_index === k);
  after.forEach((call, k) => {
    if (isListed(k)) return; // changed or added: settled above
    const same = [...free].find((j) => before[j].id === call.id && before[j].name === call.name && before[j].raw === call.raw);
    if (same === undefined) return;
    found[k] = same;
    free.delete(same);
  });
  return found;
}
