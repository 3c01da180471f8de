// The open correction: every operation on it, closing it.
//
// One correction is open at a time (`session.editor`); it may change many places. What is typed into
// is its `place`: a message or one of its calls. The values are revision.js; what begins it, and two
// versions that meet, are meeting.js; its draft is draft_keeper.js; checking and saving are
// saving.js, stale messages stale_acts.js; drawing is place.js (the open place), corrected.js (the
// cards) and correction_bar.js (the bar); throwing it away and its keys are discarding.js.

import { carryOver } from "./carry.js";
import { draftHere } from "./drafts.js";
import { begun, settled } from "./meeting.js";
import { keysHint } from "./keymap.js";
import * as r from "./revision.js";
import { performed, redone, sealed, undone } from "./revision_history.js";
import { attestedToWire } from "./revision_wire.js";
import { discard, listen } from "./discarding.js";
import { check, save, unsavable } from "./saving.js";
import { baseOf, callsOf, openOf, shownOf } from "./shown.js";
import { dropHere, dropSimulation, editHere, editProposal, simulate, stopAll, useProposal } from "./simulate_acts.js";
import { attest, goToStale, gone, isGoneTo, nextStale, replay, revise, rewrite, staleHere } from "./stale_acts.js";

const CHECK_AFTER_MS = 50;
const ONE_STEP_MS = 700; // typing without a longer pause is one step of undo

export function isDirty(c) {
  return r.countChanges(c.history.now) > 0 || isAttestedAnew(c);
}

export function isAttestedAnew(c) {
  return JSON.stringify(attestedToWire(c.history.now)) !== JSON.stringify(attestedToWire(c.fresh));
}

export const Editor = {
  open, leave, save, discard, perform, undo, redo, check, unsavable, settle, resume, isDirty, setReason,
  openPlace, closePlace, restore, restoreFrom, remove, cut, cutAfter, insert, attest, rewrite, replay,
  changeTool, goToStale, nextStale, staleHere, focusReason, startAfresh, revise, listen, sync,
  isGoneTo, toggleRaw, move, keep, openEntry, simulate, useProposal, editProposal, dropSimulation,
};

// Beginning -----------------------------------------------------------------------------------

/** Do something with the open correction, which is begun first when there is none. */
export function withOpen(screen, work) {
  const s = screen.session;
  if (!s.view) return;
  if (s.view.parent_uid) {
    s.say("This is a corrected version. Corrections are made in the imported trajectory.", { uid: s.view.parent_uid });
    return;
  }
  const open = openOf(s);
  if (open) {
    work(open);
    return;
  }
  const base = baseOf(s);
  if (!base.isKnown) {
    freshen(screen, work);
    return;
  }
  takenUp(s, begun(s, base));
  check(screen);
  work(s.editor);
}

/** The correction that stands is not the one this page knows (an undo, another tab): ask for it. */
async function freshen(screen, work = null) {
  const s = screen.session;
  const uid = s.current;
  try {
    await s.sender.drained();
    const { view } = await s.api.view(uid);
    s.keep(view);
    s.emit("annotation");
    if (work && s.current === uid && baseOf(s).isKnown) withOpen(screen, work);
  } catch (problem) {
    s.say(`The correction cannot be opened now: ${problem.message}`, { bad: true });
  }
}

/** What begins with a draft: two versions of it are chosen from first, what is not sent is sent. */
function takenUp(s, c) {
  s.editor = c;
  s.emit("correction", "status");
  if (c.conflict) s.emit("merge");
  else if (c.kept.state === "waiting") s.keeper.changed(c);
}

/** The correction that was open when the trajectory was left (reload, crash, another device). */
function resume(screen) {
  const s = screen.session;
  if (openOf(s) || !s.view || !draftHere(s)?.content.isOpen) return;
  const base = baseOf(s);
  if (!base.isKnown) return;
  s.keeper.flush();
  takenUp(s, begun(s, base));
  check(screen);
}

/** Two versions met, and were chosen from. */
function settle(screen) {
  const c = openOf(screen.session);
  settled(c);
  c.kept.state = "saved";
  changed(screen, c);
  screen.trace.node.focus({ preventScroll: true });
}

function startAfresh(screen) {
  const c = openOf(screen.session);
  c.history = performed(c.history, c.fresh);
  c.reason = c.base.reason;
  c.restored = false;
  c.place = null;
  changed(screen, c);
  screen.trace.node.focus({ preventScroll: true });
}

/** Open the place at a cursor: a stale message that was gone to, a call, or a message's text. */
function open(screen, cursor) {
  const s = screen.session;
  if (!s.view?.messages[cursor.message]) {
    s.say(`Select a call or a message first${keysHint("step-next", "step-previous", "call-next", "call-previous")}.`);
    return;
  }
  if (editHere(screen)) return;
  const stale = shownOf(s)?.stale.size ? gone(s) : null;
  withOpen(screen, (c) => {
    if (stale) {
      openPlace(screen, { entry: stale, call: null });
      return;
    }
    const shown = shownOf(s);
    const entry = shown.byParent.get(cursor.message);
    const wanted = s.view.messages[cursor.message].calls[cursor.call] ? cursor.call : null;
    const call = wanted === null ? null : callsOf(shown, cursor.message)[wanted];
    if (!entry || entry.removed || (wanted !== null && (!call || call.removed))) {
      s.say("The correction took this out: put it back first.");
      if (!isDirty(c) && !c.place) close(screen);
      return;
    }
    openPlace(screen, { entry: entry.key, call: call?.key ?? null });
  });
}

/** Open a place by its keys: what the correction added has no cursor. */
function openEntry(screen, entry, call = null) {
  withOpen(screen, () => openPlace(screen, { entry, call }));
}

export function openPlace(screen, place) {
  const s = screen.session;
  const c = openOf(s);
  c.place = place;
  c.history = sealed(c.history);
  s.keeper.flush();
  s.emit("status");
  screen.focusPlace();
}

function closePlace(screen) {
  const c = openOf(screen.session);
  c.place = null;
  c.history = sealed(c.history);
  screen.session.keeper.flush();
  screen.session.emit("correction", "status");
  screen.trace.node.focus({ preventScroll: true });
}

// Operations ----------------------------------------------------------------------------------

/** The next state; `tag` joins keystrokes in one field, which then is not drawn again. */
export function perform(screen, state, { tag = null } = {}) {
  const c = openOf(screen.session);
  if (state === c.history.now) return;
  c.history = performed(c.history, state, tag);
  c.note = "";
  clearTimeout(c.sealing);
  if (tag) c.sealing = setTimeout(() => (c.history = sealed(c.history)), ONE_STEP_MS);
  changed(screen, c, { typed: tag !== null });
}

function changed(screen, c, { typed = false } = {}) {
  c.error = "";
  if (typed) c.typedAt = performance.now();
  keepDraft(screen.session, c);
  const { place } = c;
  const entry = place && r.entryOf(c.history.now, place.entry);
  const call = entry && place.call !== null ? entry.calls.find((one) => one.key === place.call) : null;
  if (place && (!entry || entry.removed || (place.call !== null && (!call || call.removed)))) c.place = null;
  screen.session.emit(typed ? "typed" : "correction", "status");
  clearTimeout(c.timer);
  c.timer = setTimeout(() => check(screen), CHECK_AFTER_MS);
}

function keepDraft(s, c) {
  if (c.conflict) return; // until it is settled the draft stays as it was found
  if (isDirty(c)) s.keeper.changed(c);
  else s.keeper.drop(c);
}

function setReason(screen, text) {
  const c = openOf(screen.session);
  c.reason = text;
  c.error = "";
  c.typedAt = performance.now();
  keepDraft(screen.session, c);
  screen.session.emit("typed");
}

export function undo(screen) {
  travelTo(screen, undone, "Nothing of this correction is left to undo.");
}

export function redo(screen) {
  travelTo(screen, redone, "There is nothing to redo.");
}

function travelTo(screen, how, nothing) {
  const s = screen.session;
  const c = openOf(s);
  const history = how(c.history);
  if (history === c.history) {
    s.say(nothing);
    return;
  }
  c.history = history;
  c.note = "";
  c.version += 1;
  const hadFocus = screen.isInPlace();
  changed(screen, c);
  if (c.place && hadFocus) screen.focusPlace();
  else if (hadFocus) screen.trace.node.focus({ preventScroll: true });
}

export function remove(screen, key) {
  structural(screen, (c) => r.removeMessage(c.history.now, key));
}

export function restore(screen, key, call = null) {
  structural(screen, (c) =>
    call === null ? r.removeMessage(c.history.now, key, false) : r.removeCall(c.history.now, key, call, false),
  );
}

export function restoreFrom(screen, key) {
  structural(screen, (c) => r.restoreFrom(c.history.now, key));
}

export function cut(screen, key) {
  structural(screen, (c) => r.cutFrom(c.history.now, key));
}

function cutAfter(screen, key) {
  structural(screen, (c) => r.cutAfter(c.history.now, key));
}

function structural(screen, how) {
  withOpen(screen, (c) => perform(screen, how(c)));
}

/** A new message after another one, of the role that most likely comes there; its text is opened. */
export function insert(screen, key) {
  withOpen(screen, (c) => {
    const state = c.history.now;
    const { role, answers } = likelyNext(state, key);
    const fresh = `n${state.next}`;
    perform(screen, r.insertAfter(state, key, role, { answers }));
    openPlace(screen, { entry: fresh, call: null });
  });
}

function likelyNext(state, key) {
  const entry = r.entryOf(state, key);
  if (entry.role !== "assistant") return { role: entry.role === "user" || entry.role === "tool" ? "assistant" : "user" };
  const isAnswered = (call) => r.resultsOf(state, call.key).some((result) => !result.removed);
  const waiting = r.standingCalls(entry).find((call) => !isAnswered(call));
  if (waiting) return { role: "tool", answers: { entry: key, call: waiting.key } };
  return { role: r.standingCalls(entry).length > 0 ? "assistant" : "user" };
}

function changeTool(screen, key, callKey, tool) {
  const c = openOf(screen.session);
  const entry = r.entryOf(c.history.now, key);
  const before = r.argumentsOf(c.base.messages, entry, r.callOf(c.history.now, key, callKey));
  const { text, renamed, dropped } = carryOver(before, tool?.form_schema);
  c.version += 1;
  perform(screen, r.setTool(c.history.now, c.base.messages, key, callKey, tool.name, text));
  const moved = renamed.map(([from, to]) => `${from} became ${to}`);
  const lost = dropped.length > 0 ? [`dropped: ${dropped.join(", ")} (Ctrl+Z brings it back)`] : [];
  c.note = [...moved, ...lost].join(" · ");
  screen.session.emit("correction");
  screen.focusPlace("tool");
}

function toggleRaw(screen) {
  const c = openOf(screen.session);
  c.raw = !c.raw;
  screen.session.prefersJson = c.raw;
  screen.session.emit("correction");
  screen.focusPlace();
}

function move(screen, key, callKey, delta) {
  const c = openOf(screen.session);
  perform(screen, r.moveCall(c.history.now, c.base.messages, key, callKey, delta));
  screen.focusPlace();
}

function keep(screen, key, callKey, on) {
  const c = openOf(screen.session);
  perform(screen, r.keepInvalid(c.history.now, key, callKey, on));
  if (on && !c.reason.trim()) focusReason(screen);
}

export function focusReason(screen) {
  screen.bar.focusReason();
}

// Closing -------------------------------------------------------------------------------------

/** Esc: leave the place, then the correction. What was done is kept as a draft. */
function leave(screen) {
  const s = screen.session;
  const c = openOf(s);
  if (!c || dropHere(screen)) return;
  const isKept = isDirty(c) || Boolean(c.conflict);
  if (c.place && isKept) {
    closePlace(screen);
    return;
  }
  c.isLeft = true;
  keepDraft(s, c);
  s.keeper.flush();
  close(screen);
  if (isKept) s.say(`Closed, not saved. Your draft is kept: edit${keysHint("edit")} goes on.`);
}

export function close(screen) {
  const s = screen.session;
  clearTimeout(s.editor.timer);
  clearTimeout(s.editor.sealing);
  stopAll(s.editor);
  s.editor = null;
  s.emit("correction", "status");
  screen.trace.node.focus({ preventScroll: true });
}

/** The annotation names another correction than the one this page has: fetch it. */
function sync(screen) {
  const s = screen.session;
  const isBusy = s.sender.state.ops.length > 0 || s.editor || s.syncing;
  if (!s.view || isBusy || baseOf(s).isKnown) return;
  s.syncing = true;
  freshen(screen).finally(() => (s.syncing = false));
}
