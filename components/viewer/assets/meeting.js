// Beginning a correction from what is kept of it, and two versions of it that meet: another tab, or
// another device, went on from the same one, or saved a correction meanwhile. Nothing is overwritten;
// the annotator chooses message by message (merge_view.js), or whole.

import { draftHere, isSame } from "./drafts.js";
import { contentOf, keptAs } from "./draft_keeper.js";
import { differences, merged } from "./merging.js";
import * as r from "./revision.js";
import { fromDraft, rebased } from "./revision_draft.js";
import { historyOf, performed } from "./revision_history.js";
import { baseOf } from "./shown.js";

const PAUSE_MS = 800; // without a key: what comes up takes the keyboard from who is typing

/** The open correction of the trajectory on screen, begun from the draft that is kept, if any. */
export function begun(s, base) {
  const fresh = r.begin(base.messages, base.parents, base.attested);
  const chosen = draftHere(s);
  const c = {
    id: `${Date.now()}`,
    uid: s.current,
    base,
    fresh,
    history: historyOf(fresh),
    reason: base.reason,
    place: null, // {entry, call} being typed into
    raw: Boolean(s.prefersJson), // arguments as JSON text
    typedAt: -Infinity, // when a key last changed it, see `pauseInTyping`
    live: [], // parts of cards that follow it, see place.js
    version: 0, // the open place is drawn anew when it changes
    verdict: null, // what check-revision said, and of which state
    lastGood: null, // the last one without problems
    restored: false,
    conflict: null, // two versions that somebody has to choose from, see `conflictOf`
    recorded: new Map(), // results on record for calls, see replay.js
    simulations: new Map(), // what a model was asked for, see simulate_acts.js
    note: "", // what an operation has to say
    error: "",
    saving: false,
    attempt: null, // {n, same} of a save that may have arrived
    whenChecked: null, // what to do, once, when Python has spoken of the state
    kept: keptAs(chosen, s.view.kept.revision), // how it is kept, see draft_keeper.js
    isLeft: false, // closed, not saved
  };
  if (chosen) takeUp(s, c, chosen);
  return c;
}

function takeUp(s, c, chosen) {
  const { content, theirs } = chosen;
  const mine = over(c.base, content);
  c.reason = content.reason;
  c.history = historyOf(mine.state);
  c.restored = true;
  if (mine.isExact) {
    c.place = hasPlace(mine.state, content.place) ? content.place : null;
    c.raw = content.raw ?? c.raw;
  }
  if (theirs) meetDraft(c, mine, theirs);
  else if (!mine.isExact) {
    c.conflict = conflictOf(c, mine, { state: c.fresh, reason: c.base.reason, isDraft: false });
    if (!c.conflict) s.keeper.drop(c); // what stands says it all
  }
  if (c.conflict) c.kept.state = "stopped";
}

function meetDraft(c, mine, theirs) {
  const { state } = over(c.base, theirs);
  c.conflict = conflictOf(c, mine, { state, reason: theirs.reason, isDraft: true });
}

/** A draft over a base: {state, lost, isExact}; `lost` changes found no place in another base. */
function over(base, content) {
  const { messages, parents, uid } = base;
  const state = content.base === uid ? fromDraft(content, messages, parents) : null;
  if (state) return { state, lost: 0, isExact: true };
  return { ...rebased(content, messages, parents), isExact: false };
}

function hasPlace(state, place) {
  const entry = place && r.entryOf(state, place.entry);
  if (!entry || entry.removed) return false;
  return place.call === null || entry.calls.some((call) => call.key === place.call && !call.removed);
}

/** {mine, theirs, isDraft, lost, rows, reasons}; null when both say the same. */
function conflictOf(c, mine, theirs, stoodChanged) {
  const rows = differences(mine.state, theirs.state, c.fresh, stoodChanged);
  if (rows.length === 0 && mine.lost === 0) return null;
  return { mine: mine.state, theirs: theirs.state, isDraft: theirs.isDraft, theirReason: theirs.reason, lost: mine.lost, rows, at: 0 };
}

/**
 * Somebody (another tab) went on as well: fetch what there is now and put mine beside it. The
 * correction that is open afterwards says what mine said, over what stands now.
 */
export async function meetOthers(s, c) {
  await pauseInTyping(c);
  const asked = performance.now();
  let view;
  try {
    ({ view } = await s.api.view(c.uid));
  } catch (problem) {
    c.error = `Another tab changed this correction; what it says cannot be fetched now: ${problem.message}`;
    setTimeout(() => s.editor === c && c.kept.state === "stopped" && meetOthers(s, c), 3000);
    s.emit("typed");
    return;
  }
  if (s.editor !== c || s.current !== c.uid) return;
  if (c.typedAt > asked) {
    await meetOthers(s, c);
    return;
  }
  const mine = contentOf(c);
  const before = c.base;
  s.keep(view);
  const base = baseOf(s);
  const { content, revision } = view.kept;
  c.kept.revision = revision;
  c.kept.state = "stopped";
  c.error = "";
  let own = { state: c.history.now, lost: 0, isExact: true };
  if (base.uid !== before.uid) {
    standOn(c, base);
    own = over(c.base, mine);
    c.history = performed(c.history, own.state);
  }
  if (content && !isSame(content, mine)) meetDraft(c, own, content);
  else if (base.uid !== before.uid) {
    const theirs = { state: c.fresh, reason: base.reason, isDraft: false };
    c.conflict = conflictOf(c, own, theirs, (key) => hasChanged(before, base, key));
  }
  s.emit("annotation", "correction", "status");
  if (c.conflict) s.emit("merge");
  else s.keeper.settle(c, revision);
}

async function pauseInTyping(c) {
  for (;;) {
    const left = c.typedAt + PAUSE_MS - performance.now();
    if (left <= 0) return;
    await new Promise((goOn) => setTimeout(goOn, left));
  }
}

/** What stands now is what the correction starts from. */
function standOn(c, base) {
  c.base = base;
  c.fresh = r.begin(base.messages, base.parents, base.attested);
  c.history = historyOf(c.fresh); // earlier states are of another base
  c.place = null;
  c.verdict = null;
  c.lastGood = null;
  c.version += 1;
}

/** Whether a message, with its results, stands otherwise in the new base than in the one before. */
function hasChanged(before, now, key) {
  const told = (base, at) => {
    const message = base.messages[at];
    if (!message) return null;
    const results = message.calls.map((call) => base.messages[call.result]?.text ?? null);
    return [message.text, message.reasoning, message.calls.map((call) => [call.name, call.raw]), results];
  };
  const at = Number(key.slice(1));
  const parent = now.parents[at];
  const was = parent === null ? -1 : before.parents.indexOf(parent);
  return was < 0 || JSON.stringify(told(before, was)) !== JSON.stringify(told(now, at));
}

/** Go on with what was chosen; rows nobody chose stay mine. Ctrl+Z brings mine back whole. */
export function settled(c) {
  const { mine, theirs, rows, theirReason } = c.conflict;
  const state = merged(mine, theirs, rows);
  c.history = performed(c.history, state);
  c.reason = reasonOf(c.reason.trim(), theirReason.trim(), rows);
  c.conflict = null;
  c.place = hasPlace(state, c.place) ? c.place : null;
  c.version += 1;
}

/** The reason of the side that was chosen; of both, where both were. */
function reasonOf(mine, theirs, rows) {
  if (!mine || mine === theirs || rows.every((row) => row.choice === "theirs")) return theirs;
  if (!theirs || rows.every((row) => row.choice === "mine")) return mine;
  return `${mine}; ${theirs}`;
}

/** How many rows nobody has chosen for. */
export function undecided(conflict) {
  return conflict.rows.filter((row) => row.choice === null).length;
}
