// A correction being made, as values: the messages of the result, in order, and what was done to them.
//
// Pure. An entry stands for one message: one of the base (`from`) or a new one. What is taken out
// stays in the list, marked `removed`, so that it can be shown and put back. Fields that an entry
// does not have are as in the base. What is sent to the studio is made in revision_wire.js; undo and
// redo are in revision_history.js.
//
//   state  {entries, next, attested: {key: true}}
//   entry  {key, from, parent, role, removed, content?, reasoning?, calls, answers: {entry, call}|null,
//           simulated?: {model, text}|null}
//   call   {key, from, name?, arguments?, keepInvalid, removed}
//
// `parent` is the index of the imported message that an entry goes back to, null for added ones.

/** The state that changes nothing: every message of the base, in order. */
export function begin(base, parents, attested = []) {
  const entries = base.map((message, i) => ({
    key: `m${i}`,
    from: i,
    parent: parents[i] ?? null,
    role: message.role,
    removed: false,
    calls: message.calls.map((_, j) => ({ key: `m${i}c${j}`, from: j, keepInvalid: false, removed: false })),
    answers: message.answers ? { entry: `m${message.answers[0]}`, call: `m${message.answers[0]}c${message.answers[1]}` } : null,
  }));
  const known = attested.filter((i) => base[i]);
  return { entries, next: 1, attested: Object.fromEntries(known.map((i) => [`m${i}`, true])) };
}

// Reading -------------------------------------------------------------------------------------

export function entryOf(state, key) {
  return state.entries.find((entry) => entry.key === key) || null;
}

export function callOf(state, key, callKey) {
  return entryOf(state, key)?.calls.find((call) => call.key === callKey) || null;
}

/** What stands in the result, in order. */
export function standing(state) {
  return state.entries.filter((entry) => !entry.removed);
}

export function standingCalls(entry) {
  return entry.calls.filter((call) => !call.removed);
}

export function textOf(base, entry) {
  return entry.content ?? base[entry.from]?.text ?? "";
}

/** Which model proposed a result, and whether it was edited since: {model, edited}; null for none. */
export function simulatedOf(base, entry) {
  if (entry.simulated !== undefined) {
    return entry.simulated && { model: entry.simulated.model, edited: textOf(base, entry) !== entry.simulated.text };
  }
  const known = base[entry.from]?.simulated;
  return known ? { model: known.model, edited: known.edited || entry.content !== undefined } : null;
}

export function reasoningOf(base, entry) {
  return entry.reasoning !== undefined ? entry.reasoning : (base[entry.from]?.reasoning ?? null);
}

export function nameOf(base, entry, call) {
  return call.name ?? base[entry.from]?.calls[call.from]?.name ?? "";
}

export function argumentsOf(base, entry, call) {
  return call.arguments ?? base[entry.from]?.calls[call.from]?.raw ?? "{}";
}

/** The entries that are results of a call, also those taken out. */
export function resultsOf(state, callKey) {
  return state.entries.filter((entry) => entry.answers?.call === callKey);
}

/** Whether a call is another one than in the base (taken out ones are counted elsewhere). */
export function isCallChanged(call) {
  return call.from === null || call.name !== undefined || call.arguments !== undefined;
}

/** Whether the calls that stand are in another order, or are others, than in the base. */
export function isReordered(entry) {
  const order = standingCalls(entry).map((call) => call.from).filter((from) => from !== null);
  return order.some((from, i) => i > 0 && from < order[i - 1]);
}

/** Whether an entry is anything but a message of the base as it is. */
export function isTouched(entry) {
  return (
    entry.from === null ||
    entry.removed ||
    entry.content !== undefined ||
    entry.reasoning !== undefined ||
    areCallsTouched(entry)
  );
}

export function areCallsTouched(entry) {
  const isChanged = (call) => isCallChanged(call) || call.removed || call.keepInvalid;
  return entry.calls.some(isChanged) || isReordered(entry);
}

/** How many changes an annotator would count; neighbours taken out together are one. */
export function countChanges(state) {
  let n = 0;
  let wasRemoved = false;
  for (const entry of state.entries) {
    const isRemoved = entry.removed && entry.from !== null;
    if (isRemoved && !wasRemoved) n += 1;
    if (!(entry.removed && entry.from === null)) wasRemoved = isRemoved;
    if (!entry.removed) n += changesWithin(entry);
  }
  return n;
}

function changesWithin(entry) {
  if (entry.from === null) return 1;
  const calls = entry.calls.filter((c) => (c.from === null ? !c.removed : c.removed || isCallChanged(c)));
  const texts = [entry.content, entry.reasoning].filter((text) => text !== undefined);
  return calls.length + texts.length + (isReordered(entry) ? 1 : 0);
}

// Changing ------------------------------------------------------------------------------------

export function setText(state, base, key, text) {
  const isBack = entryOf(state, key).from !== null && text === base[entryOf(state, key).from].text;
  return change(state, key, (entry) => (isBack ? without(without(entry, "content"), "simulated") : { ...entry, content: text }));
}

/** The text of a result from somewhere else: from a model (its name), or on record (null). */
export function setResult(state, base, key, text, model = null) {
  const set = setText(state, base, key, text);
  if (entryOf(set, key).content === undefined) return set; // as it was, and whoever said it then
  return change(set, key, (entry) => ({ ...entry, simulated: model && { model, text } }));
}

export function setReasoning(state, base, key, text) {
  const entry = entryOf(state, key);
  const isBack = text === (base[entry.from]?.reasoning ?? null);
  return change(state, key, (e) => (isBack ? without(e, "reasoning") : { ...e, reasoning: text }));
}

/** Other arguments; what was said of the old ones (kept invalid, still true) is taken back. */
export function setArguments(state, base, key, callKey, text) {
  const isBack = text === base[entryOf(state, key).from]?.calls[callOf(state, key, callKey).from]?.raw;
  const changed = changeCall(state, key, callKey, (call) => ({
    ...(isBack ? without(call, "arguments") : { ...call, arguments: text }),
    keepInvalid: false,
  }));
  return doubted(changed, key);
}

/** Another tool, with the arguments that were carried over to it. */
export function setTool(state, base, key, callKey, name, text) {
  const isBack = name === base[entryOf(state, key).from]?.calls[callOf(state, key, callKey).from]?.name;
  const renamed = changeCall(state, key, callKey, (call) =>
    isBack ? without(call, "name") : { ...call, name },
  );
  return setArguments(renamed, base, key, callKey, text);
}

/** Save this call although it is invalid; asked for again after every change of it. */
export function keepInvalid(state, key, callKey, on) {
  return changeCall(state, key, callKey, (call) => ({ ...call, keepInvalid: on }));
}

/** A new call after another one of the step (or as the last); its key is `n<next>`. */
export function addCall(state, key, { name, text, after = null }) {
  const call = { key: `n${state.next}`, from: null, name, arguments: text, keepInvalid: false, removed: false };
  const grown = change(state, key, (entry) => {
    const at = after === null ? entry.calls.length : entry.calls.findIndex((c) => c.key === after) + 1;
    return { ...entry, calls: [...entry.calls.slice(0, at), call, ...entry.calls.slice(at)] };
  });
  return doubted({ ...grown, next: state.next + 1 }, key);
}

export function duplicateCall(state, base, key, callKey) {
  const entry = entryOf(state, key);
  const call = callOf(state, key, callKey);
  const name = nameOf(base, entry, call);
  return addCall(state, key, { name, text: argumentsOf(base, entry, call), after: callKey });
}

/** Take a call out together with its results, or put both back (if the step is there). */
export function removeCall(state, key, callKey, removed = true) {
  const isStepGone = entryOf(state, key).removed;
  const entries = state.entries.map((entry) => {
    if (entry.answers?.call === callKey) return { ...entry, removed: removed || isStepGone };
    if (entry.key !== key) return entry;
    return { ...entry, calls: entry.calls.map((c) => (c.key === callKey ? { ...c, removed } : c)) };
  });
  return doubted({ ...state, entries }, key);
}

/**
 * Move a call one place up (-1) or down (1) among those that stand. Where calls have no ids, results
 * belong to calls by their order, so they move along.
 */
export function moveCall(state, base, key, callKey, delta) {
  const entry = entryOf(state, key);
  const stand = standingCalls(entry);
  const at = stand.findIndex((call) => call.key === callKey);
  const other = stand[at + delta];
  if (at < 0 || !other) return state;
  const calls = entry.calls.filter((call) => call.key !== callKey);
  const place = calls.findIndex((call) => call.key === other.key) + (delta > 0 ? 1 : 0);
  calls.splice(place, 0, stand[at]);
  const moved = change(state, key, (e) => ({ ...e, calls }));
  const haveIds = base[entry.from]?.calls.some((call) => call.id);
  return haveIds ? moved : resultsInOrder(moved, key);
}

function resultsInOrder(state, key) {
  const order = entryOf(state, key).calls.map((call) => call.key);
  const isOne = (entry) => entry.answers?.entry === key;
  const sorted = state.entries
    .filter(isOne)
    .sort((a, b) => order.indexOf(a.answers.call) - order.indexOf(b.answers.call));
  return { ...state, entries: state.entries.map((entry) => (isOne(entry) ? sorted.shift() : entry)) };
}

/** Take a message out, a step with its results; or put them back. */
export function removeMessage(state, key, removed = true) {
  const isMeant = (entry) => entry.key === key || entry.answers?.entry === key;
  const entries = state.entries.map((entry) =>
    isMeant(entry) && (removed || belongs(state, entry, (e) => e.key === key)) ? { ...entry, removed } : entry,
  );
  return doubted({ ...state, entries }, key);
}

/** Whether a message may be put back: of a result the call must be there, or come back with it. */
function belongs(state, entry, comesBack) {
  if (!entry.answers) return true;
  const step = entryOf(state, entry.answers.entry);
  const call = callOf(state, entry.answers.entry, entry.answers.call);
  return Boolean(call) && !call.removed && (!step.removed || comesBack(step));
}

/** Take out a message and everything after it. */
export function cutFrom(state, key) {
  const at = state.entries.findIndex((entry) => entry.key === key);
  if (at < 0) return state;
  return { ...state, entries: state.entries.map((e, i) => (i < at ? e : { ...e, removed: true })) };
}

/** Take out everything after a message; a step keeps its results. */
export function cutAfter(state, key) {
  const next = state.entries[lastOf(state, key) + 1];
  return next ? cutFrom(state, next.key) : state;
}

/** Put back a message and everything after it. */
export function restoreFrom(state, key) {
  const at = state.entries.findIndex((entry) => entry.key === key);
  const isAfter = (e) => state.entries.indexOf(e) >= at;
  const isGone = (e, i) => i >= at && e.removed && e.from !== null && belongs(state, e, isAfter);
  return { ...state, entries: state.entries.map((e, i) => (isGone(e, i) ? { ...e, removed: false } : e)) };
}

/**
 * A new message after another one; its key is `n<next>`. After a step means after its results. A
 * tool's message answers a call: `answers` = {entry, call}.
 */
export function insertAfter(state, key, role, { answers = null, content = "" } = {}) {
  const fresh = { key: `n${state.next}`, from: null, parent: null, role, removed: false, content, calls: [], answers };
  // Nothing may stand between a step and its results.
  const step = answers ? answers.entry : entryOf(state, key)?.answers?.entry;
  const at = lastOf(state, step ?? key) + 1;
  const entries = [...state.entries.slice(0, at), fresh, ...state.entries.slice(at)];
  return { ...state, entries, next: state.next + 1 };
}

/** Another role for a new message; `answers` as in `insertAfter`. */
export function setRole(state, key, role, answers = null) {
  return change(state, key, (entry) => (entry.from === null ? { ...entry, role, answers } : entry));
}

/** The step before a message whose calls a result there may answer; null when there is none. */
export function stepBefore(state, key) {
  const at = state.entries.findIndex((entry) => entry.key === key);
  return state.entries.slice(0, at).findLast((e) => e.role === "assistant" && !e.removed) || null;
}

/** Where a message ends: its own place, or that of the last of its results. */
function lastOf(state, key) {
  return state.entries.findLastIndex((entry) => entry.key === key || entry.answers?.entry === key);
}

/** Say that a stale message is still true, or take that back. */
export function attest(state, key, on) {
  const { [key]: _, ...others } = state.attested;
  return { ...state, attested: on ? { ...others, [key]: true } : others };
}

/** What comes after a changed call was attested in view of another call: it must be said again. */
export function doubted(state, key) {
  const at = state.entries.findIndex((entry) => entry.key === key);
  const after = new Set(state.entries.slice(at + 1).map((entry) => entry.key));
  const kept = Object.keys(state.attested).filter((k) => !after.has(k));
  if (kept.length === Object.keys(state.attested).length) return state;
  return { ...state, attested: Object.fromEntries(kept.map((k) => [k, true])) };
}

function change(state, key, how) {
  return { ...state, entries: state.entries.map((entry) => (entry.key === key ? how(entry) : entry)) };
}

function changeCall(state, key, callKey, how) {
  return change(state, key, (entry) => ({
    ...entry,
    calls: entry.calls.map((call) => (call.key === callKey ? how(call) : call)),
  }));
}

function without(value, name) {
  const { [name]: _, ...rest } = value;
  return rest;
}
