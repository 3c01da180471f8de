// The open correction: what begins it, every operation on it, checking, saving, closing, drafts.
//
// One correction is open at a time (`session.editor`); it may change many places. What is typed into
// is its `place`: a message or one of its calls. The values are revision.js; drawing is place.js (the
// open place), corrected.js (the cards) and correction_bar.js (the bar).

import { carryOver } from "./carry.js";
import { clearDraft, readDraft, writeDraft } from "./drafts.js";
import { plural } from "./dom.js";
import * as r from "./revision.js";
import { fromDraft, rebased } from "./revision_draft.js";
import { historyOf, performed, redone, sealed, undone } from "./revision_history.js";
import { attestedToWire, toWire } from "./revision_wire.js";
import { baseOf, callsOf, cursorOf, openOf, shownOf, unsettled } from "./shown.js";

const CHECK_AFTER_MS = 50;
const ONE_STEP_MS = 700; // typing without a longer pause is one step of undo

/** Whether a correction is open that would be lost (were it not for its draft). */
export function hasUnsavedEdit(session) {
  return Boolean(session.editor && isDirty(session.editor));
}

export function isDirty(c) {
  return r.countChanges(c.history.now) > 0 || isAttestedAnew(c);
}

function isAttestedAnew(c) {
  return JSON.stringify(attestedToWire(c.history.now)) !== JSON.stringify(attestedToWire(c.fresh));
}

export const Editor = {
  open, leave, save, discard, perform, undo, redo, check, unsavable, settleConflict, setReason,
  openPlace, closePlace, restore, restoreFrom, remove, cut, cutAfter, insert, attest, rewrite, replay,
  changeTool, goToStale, nextStale, staleHere, focusReason, startAfresh, revise, listen, sync,
  toggleRaw, move, keep, openEntry,
};

// Beginning -----------------------------------------------------------------------------------

/** Do something with the open correction, which is begun first when there is none. */
function withOpen(screen, work) {
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
  s.editor = begun(s, base);
  s.emit("correction", "status");
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

function begun(s, base) {
  const fresh = r.begin(base.messages, base.parents, base.attested);
  const draft = readDraft(s, s.current);
  const c = {
    id: `${Date.now()}`,
    uid: s.current,
    base,
    fresh,
    history: historyOf(fresh),
    reason: base.reason,
    place: null, // {entry, call} being typed into
    raw: Boolean(s.prefersJson), // arguments as JSON text
    live: [], // parts of cards that follow it, see place.js
    version: 0, // the open place is drawn anew when it changes
    verdict: null, // what check-revision said, and of which state
    lastGood: null, // the last one without problems
    restored: false,
    conflict: null, // {lost}: the draft was begun over another correction
    staleAt: null, // {key, cursor}: what the keys for stale messages mean
    note: "", // what an operation has to say
    error: "",
    saving: false,
    attempt: null, // {n, same} of a save that may have arrived
  };
  if (draft) takeUp(c, draft);
  return c;
}

/** Go on with a draft. */
function takeUp(c, draft) {
  const { messages, parents, uid } = c.base;
  const state = draft.base === uid ? fromDraft(draft, messages, parents) : null;
  c.reason = draft.reason;
  if (state) {
    c.history = historyOf(state);
    c.restored = true;
    return;
  }
  const moved = rebased(draft, messages, parents);
  c.history = historyOf(moved.state);
  c.conflict = { lost: moved.lost };
}

/** After a draft over another version: mine, or what stands. */
function settleConflict(screen, { mine }) {
  const c = openOf(screen.session);
  c.conflict = null;
  if (!mine) {
    c.history = historyOf(c.fresh);
    c.reason = c.base.reason;
    c.place = null;
  }
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
    s.say("Select a call or a message first (j, k, ], [).");
    return;
  }
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

/** The stale message that was gone to last, while nothing else was selected since. */
function gone(s) {
  const at = s.staleAt;
  return at && at.uid === s.current && at.cursor === s.cursor ? at.key : null;
}

function openPlace(screen, place) {
  const s = screen.session;
  const c = openOf(s);
  c.place = place;
  c.history = sealed(c.history);
  s.emit("status");
  screen.focusPlace();
}

function closePlace(screen) {
  const c = openOf(screen.session);
  c.place = null;
  c.history = sealed(c.history);
  screen.session.emit("correction", "status");
  screen.trace.node.focus({ preventScroll: true });
}

// Operations ----------------------------------------------------------------------------------

/** The next state; `tag` joins keystrokes in one field, which then is not drawn again. */
function perform(screen, state, { tag = null } = {}) {
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
  if (isDirty(c)) writeDraft(s, c.uid, { state: c.history.now, base: c.base.uid, reason: c.reason });
  else clearDraft(s, c.uid);
}

function setReason(screen, text) {
  const c = openOf(screen.session);
  c.reason = text;
  c.error = "";
  keepDraft(screen.session, c);
  screen.session.emit("typed");
}

function undo(screen) {
  travelTo(screen, undone, "Nothing of this correction is left to undo.");
}

function redo(screen) {
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

function remove(screen, key) {
  structural(screen, (c) => r.removeMessage(c.history.now, key));
}

function restore(screen, key, call = null) {
  structural(screen, (c) =>
    call === null ? r.removeMessage(c.history.now, key, false) : r.removeCall(c.history.now, key, call, false),
  );
}

function restoreFrom(screen, key) {
  structural(screen, (c) => r.restoreFrom(c.history.now, key));
}

function cut(screen, key) {
  structural(screen, (c) => r.cutFrom(c.history.now, key));
}

function cutAfter(screen, key) {
  structural(screen, (c) => r.cutAfter(c.history.now, key));
}

function structural(screen, how) {
  withOpen(screen, (c) => perform(screen, how(c)));
}

/** A new message after another one, of the role that most likely comes there; its text is opened. */
function insert(screen, key) {
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

// Stale messages ------------------------------------------------------------------------------

function attest(screen, key) {
  withOpen(screen, (c) => {
    const { now } = c.history;
    perform(screen, r.attest(now, key, !now.attested[key]));
  });
}

function rewrite(screen, key) {
  goToStale(screen, key);
  withOpen(screen, () => openPlace(screen, { entry: key, call: null }));
}

/** Put the recorded result of an equal call in the place of a stale one. */
function replay(screen, key, text) {
  withOpen(screen, (c) => perform(screen, r.setText(c.history.now, c.base.messages, key, text)));
}

/** The stale message that the keys mean: gone to last, else the selected message or its result. */
function staleHere(screen) {
  const s = screen.session;
  const shown = shownOf(s);
  if (!shown || shown.stale.size === 0) return null;
  const last = shown.stale.get(gone(s));
  if (last) return last;
  const message = s.view.messages[s.cursor.message];
  if (!message) return null;
  const result = message.calls[s.cursor.call]?.result ?? null;
  const keys = [shown.byParent.get(message.index)?.key, shown.byParent.get(result)?.key];
  return keys.map((key) => shown.stale.get(key)).find(Boolean) || null;
}

function goToStale(screen, key) {
  const s = screen.session;
  const cursor = cursorOf(shownOf(s), key);
  if (!cursor) return;
  screen.leaveCalls();
  s.staleAt = { uid: s.current, key, cursor };
  s.cursor = cursor;
}

function nextStale(screen) {
  const s = screen.session;
  const shown = shownOf(s);
  const left = unsettled(shown);
  if (left.length === 0) {
    s.say(shown?.stale.size ? "Every stale message is settled." : "No message is stale.");
    return;
  }
  const here = staleHere(screen);
  const next = left.find((one) => here && one.message_index > here.message_index) || left[0];
  goToStale(screen, next.key);
}

/** What the viewer's keys do to corrections (see commands.js). */
function revise(screen, command) {
  const s = screen.session;
  screen.leaveCalls();
  if (command === "undo") return undo(screen);
  if (command === "nextStale") return nextStale(screen);
  const stale = staleHere(screen);
  if (command === "attest") return stale ? attest(screen, stale.key) : s.say("Nothing is stale here. ( . goes to the next one)");
  if (command === "cut" && stale && gone(s) === stale.key) return cut(screen, stale.key);
  const { message } = s.cursor;
  if (!s.view?.messages[message]) return s.say("Select a message first (j, k).");
  return withOpen(screen, () => reviseEntry(screen, command, shownOf(s).byParent.get(message)));
}

function reviseEntry(screen, command, entry) {
  if (!entry) return screen.session.say("The correction that stands took this out; z takes that correction back.");
  if (command === "insert") return insert(screen, entry.key);
  if (command === "remove") return entry.removed ? restore(screen, entry.key) : remove(screen, entry.key);
  return entry.removed ? restoreFrom(screen, entry.key) : cut(screen, entry.key);
}

// Checking and saving -------------------------------------------------------------------------

async function check(screen) {
  const s = screen.session;
  const c = openOf(s);
  if (!c || c.checking) return; // the answer on its way asks again when it is about older text
  const state = c.history.now;
  c.checking = true;
  try {
    const verdict = await s.api.checkRevision(c.uid, toWire(state, c.base.messages));
    c.verdict = { ...verdict, state };
    if (verdict.ok) c.lastGood = c.verdict;
    if (c.error.startsWith(CANNOT_CHECK)) c.error = "";
  } catch (problem) {
    c.error = `${CANNOT_CHECK} ${problem.message}`;
  }
  c.checking = false;
  if (s.editor !== c) return;
  if (c.history.now !== state && !c.error) check(screen);
  else if (openOf(s) === c) s.emit("checked", "status");
}

const CANNOT_CHECK = "Cannot check now:";

/** The verdict on what is there right now; null while it is on its way. */
export function verdictOf(c) {
  return c.verdict && c.verdict.state === c.history.now ? c.verdict : null;
}

/** Why it cannot be saved yet; "" when it can. */
function unsavable(c) {
  if (c.saving) return "Saving …";
  if (c.conflict) return "Choose above first: what stands now, or your draft.";
  if (!isDirty(c)) return "Nothing is changed yet.";
  const verdict = verdictOf(c);
  if (verdict?.problems.length > 0) return "Mend what is listed first.";
  if (verdict && !verdict.changed && !isAttestedAnew(c)) return "Nothing changed: it means the same as before.";
  if (c.reason.trim()) return "";
  return verdict?.kept_invalid.length > 0 ? "Say why an invalid call is kept." : "Say why, in a few words.";
}

function focusReason(screen) {
  screen.bar.focusReason();
}

async function save(screen) {
  const s = screen.session;
  const c = openOf(s);
  const why = unsavable(c);
  if (why) {
    if (why.startsWith("Say why")) focusReason(screen);
    s.emit("typed");
    return;
  }
  c.saving = true;
  c.error = "";
  s.emit("typed");
  try {
    await s.sender.drained();
    const before = s.stateOf(c.uid);
    const answer = await s.sender.holding(() => s.api.correct(bodyOf(s, c)));
    c.saving = false;
    if (answer.changed) await saved(screen, c, answer, before);
    else failed(s, c, "Nothing changed: no correction was made.");
  } catch (problem) {
    c.saving = false;
    if (problem.kind === "refused") c.attempt = null;
    failed(s, c, `Not saved: ${problem.message} ${problem.hint || ""} Your text is kept.`);
    if (problem.status === 409) await meetWhatStands(screen, c);
  }
}

function failed(s, c, text) {
  c.error = text;
  s.emit("typed");
}

/** The request; the same one again when the last answer got lost, so it counts once. */
function bodyOf(s, c) {
  const state = c.history.now;
  const revision = toWire(state, c.base.messages);
  const attested = attestedToWire(state);
  const same = JSON.stringify([revision, attested, c.reason]);
  if (c.attempt?.same !== same) {
    s.n += 1;
    c.attempt = { n: s.n, same };
  }
  const { n } = c.attempt;
  return { session: s.sid, n, uid: c.uid, revision, attested, reason: c.reason.trim(), base: c.base.uid };
}

async function saved(screen, c, answer, before) {
  const s = screen.session;
  s.remember({ n: c.attempt.n, uid: c.uid, kind: "correct", before, cursor: s.cursor });
  s.settleView(c.uid, answer, []);
  s.views.get(c.uid).dirty = true;
  clearDraft(s, c.uid);
  try {
    const { view } = await s.api.view(c.uid);
    s.keep({ ...view, dirty: true });
  } catch {
    s.say("The correction is saved; reload to see it in the trace.");
  }
  if (s.editor === c) close(screen);
  s.emit("annotation");
  const left = s.current === c.uid ? unsettled(shownOf(s)).length : 0;
  s.say(left > 0 ? `Correction saved. ${plural(left, "message")} left stale: exports refuse it until that is settled.` : "Correction saved.");
}

/** Somebody (another tab) has corrected the same trajectory: my changes over what stands now. */
async function meetWhatStands(screen, c) {
  const s = screen.session;
  writeDraft(s, c.uid, { state: c.history.now, base: c.base.uid, reason: c.reason });
  const { error } = c;
  try {
    const { view } = await s.api.view(c.uid);
    s.keep(view);
  } catch {
    return;
  }
  if (s.editor !== c || s.current !== c.uid) return;
  s.editor = begun(s, baseOf(s));
  s.editor.error = error;
  s.emit("annotation", "correction", "status");
  check(screen);
}

// Closing -------------------------------------------------------------------------------------

/** Esc: leave the place, then the correction. What was done is kept as a draft. */
function leave(screen) {
  const s = screen.session;
  const c = openOf(s);
  if (!c) return;
  const isKept = isDirty(c) || Boolean(c.conflict);
  if (c.place && isKept) {
    closePlace(screen);
    return;
  }
  keepDraft(s, c);
  close(screen);
  if (isKept) s.say("Closed, not saved. Your draft is kept: press e to go on.");
}

function discard(screen) {
  const c = openOf(screen.session);
  clearDraft(screen.session, c.uid);
  close(screen);
}

function close(screen) {
  const s = screen.session;
  clearTimeout(s.editor.timer);
  clearTimeout(s.editor.sealing);
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

/** Ctrl+Enter, Ctrl+Z and Ctrl+Shift+Z, wherever the focus is. */
function listen(session) {
  window.addEventListener(
    "keydown",
    (event) => {
      const screen = session.keys?.screen;
      if (!screen || !openOf(session) || session.phase !== "view") return;
      const does = screen.editorKey(event);
      if (!does) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      does();
    },
    true,
  );
}
