// What there is to show of a correction: the open one, else the one that stands.
//
// Works out, once per change, which message of the trace each message of the correction belongs to.
// No elements here. `Shown`:
//
//   open      the open correction (see editor.js), null when it is the one that stands
//   state     its messages (revision.js), `base` what they refer to
//   changes   against the imported trajectory, as last checked
//   stale     Map: entry key -> {why, cause, values, index, key, isAttested}
//   byParent  Map: index of an imported message -> entry
//   hosts     Map: entry key -> index of the imported message in whose card it is shown
//   extras    Map: index -> entries shown at the end of that card: what the correction added

import { begin } from "./revision.js";
import { parentCallsOf, parentsOf, placeOf } from "./revision_wire.js";

const standing = new WeakMap(); // correction of a view -> Shown

/** What to show of corrections in the trajectory on screen; null for nothing. */
export function shownOf(session) {
  const { view } = session;
  if (!view) return null;
  const open = openOf(session);
  if (open) return shownOfOpen(view, open);
  const { annotation } = session.stateOf(view.uid);
  const { correction } = view;
  if (!correction || annotation.correction_uid !== correction.uid) return null;
  if (!standing.has(correction)) standing.set(correction, shownOfStanding(view, correction));
  return standing.get(correction);
}

/** The correction that is open on the trajectory on screen; null for none. */
export function openOf(session) {
  return session.editor && session.editor.uid === session.current ? session.editor : null;
}

/** What a correction starts from: the one this annotator proposes, else the trajectory. */
export function baseOf(session) {
  const { correction, messages: imported } = session.view;
  const { annotation } = session.stateOf(session.current);
  const isCorrection = Boolean(correction) && annotation.correction_uid === correction.uid;
  const messages = isCorrection ? correction.messages : imported;
  const changes = isCorrection ? correction.changes : [];
  return {
    uid: annotation.correction_uid,
    isKnown: isCorrection || annotation.correction_uid === null,
    messages,
    changes,
    parents: parentsOf(imported.length, messages.length, changes),
    reason: isCorrection ? correction.reason : "",
    stale: isCorrection ? correction.stale : [],
    attested: isCorrection ? correction.attested : [],
  };
}

function shownOfStanding(view, correction) {
  const { messages, changes } = correction;
  const parents = parentsOf(view.messages.length, messages.length, changes);
  const state = begin(messages, parents, correction.attested);
  return made(view, { open: null, state, base: messages, baseChanges: changes, changes, found: correction.stale, foundIn: state });
}

function shownOfOpen(view, open) {
  const state = open.history.now;
  const { verdict, memo } = open;
  if (memo && memo.state === state && memo.verdict === verdict && memo.view === view) return memo.shown;
  const told = verdict?.ok ? verdict : open.lastGood;
  const shown = made(view, {
    open,
    state,
    base: open.base.messages,
    baseChanges: open.base.changes,
    changes: told ? told.changes : open.base.changes,
    found: told ? told.stale : open.base.stale,
    foundIn: told ? told.state : open.fresh,
  });
  open.memo = { state, verdict, view, shown };
  return shown;
}

function made(view, { open, state, base, baseChanges, changes, found, foundIn }) {
  const byParent = new Map(state.entries.filter((e) => e.parent !== null).map((e) => [e.parent, e]));
  const hosts = hostsOf(view, state);
  const extras = new Map();
  for (const entry of state.entries) {
    const isDropped = entry.removed && entry.from === null;
    if (entry.parent !== null || isDropped) continue;
    const host = hosts.get(entry.key);
    extras.set(host, [...(extras.get(host) || []), entry]);
  }
  return { open, view, state, base, baseChanges, changes, stale: staleByKey(state, found, foundIn), byParent, hosts, extras };
}

function hostsOf(view, state) {
  const hosts = new Map();
  let host = view.messages.find((m) => !m.answers)?.index ?? 0;
  for (const entry of state.entries) {
    const message = view.messages[entry.parent];
    if (message) host = message.answers ? message.answers[0] : message.index;
    hosts.set(entry.key, hosts.get(entry.answers?.entry) ?? host);
  }
  return hosts;
}

/** Stale messages that still stand in the result, by entry. */
function staleByKey(state, found, foundIn) {
  const stale = new Map();
  for (const one of found) {
    const { entry: key } = placeOf(foundIn, one.message_index);
    const entry = state.entries.find((e) => e.key === key);
    if (!entry || entry.removed) continue;
    const { entry: cause } = placeOf(foundIn, one.cause);
    stale.set(key, { ...one, key, cause, isAttested: Boolean(state.attested[key]) });
  }
  return stale;
}

/** Those that nobody has settled, in order. */
export function unsettled(shown) {
  return shown ? [...shown.stale.values()].filter((one) => !one.isAttested) : [];
}

/** The change of an imported message; null when it is as it was. */
export function changeOf(shown, index) {
  return shown.changes.find((c) => c.before_index === index) || null;
}

/** For each call of an imported message the call of the correction; null for those it took out. */
export function callsOf(shown, index) {
  const entry = shown.byParent.get(index);
  const before = shown.view.messages[index].calls;
  if (!entry) return before.map(() => null);
  const change = shown.baseChanges.find((c) => c.before_index === index);
  const parents = parentCallsOf(before, shown.base[entry.from].calls, change);
  return before.map((_, j) => {
    const k = parents.indexOf(j);
    return k < 0 ? null : entry.calls.find((call) => call.from === k) || null;
  });
}

/** Calls of the correction in an imported step that the trajectory did not have. */
export function addedCalls(shown, index) {
  const entry = shown.byParent.get(index);
  if (!entry) return [];
  const known = new Set(callsOf(shown, index));
  return entry.calls.filter((call) => !known.has(call) && !(call.removed && call.from === null));
}

/** Where a message of the correction is in the trace: a cursor; null when the trace has no place. */
export function cursorOf(shown, key) {
  const entry = shown.state.entries.find((e) => e.key === key);
  const message = shown.view.messages[entry?.parent];
  if (!message) {
    const host = shown.hosts.get(key);
    return host === undefined ? null : { message: host, call: null, pointer: null };
  }
  if (message.answers) return { message: message.answers[0], call: message.answers[1], pointer: null };
  return { message: message.index, call: null, pointer: null };
}

/** A message of the correction in few words: "step 3", "result of find_room in step 3", "user". */
export function labelOf(shown, key, callKey = null) {
  const entry = shown.state.entries.find((e) => e.key === key);
  if (!entry) return "the trajectory";
  const message = shown.view.messages[entry.parent];
  if (entry.answers) {
    const step = shown.state.entries.find((e) => e.key === entry.answers.entry);
    const call = step?.calls.find((c) => c.key === entry.answers.call);
    return `result of ${callName(shown, step, call)} in ${labelOf(shown, entry.answers.entry)}`;
  }
  const call = callKey ? entry.calls.find((c) => c.key === callKey) : null;
  const step = message?.step ? `step ${message.step}` : `${message ? "" : "new "}${entry.role} message`;
  return call ? `${callName(shown, entry, call)} in ${step}` : step;
}

function callName(shown, entry, call) {
  if (!entry || !call) return "a call";
  return call.name ?? shown.base[entry.from]?.calls[call.from]?.name ?? "a call";
}
