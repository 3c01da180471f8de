// Checking the open correction while it is made, and saving it: once, whatever gets lost on the way.

import { plural } from "./dom.js";
import { close, focusReason, isAttestedAnew, isDirty } from "./editor.js";
import { meetOthers } from "./meeting.js";
import { attestedToWire, simulatedToWire, toWire } from "./revision_wire.js";
import { openOf, shownOf, unsettled } from "./shown.js";

const WAIT_MS = 200;

/** Ask Python what the correction amounts to; one question at a time, the latest state last. */
export async function check(screen) {
  const s = screen.session;
  const c = openOf(s);
  if (!c || c.checking) return; // the answer on its way asks again when it is about older text
  if (s.sender.state.ops.some((op) => op.kind === "undo" || op.kind === "redo")) {
    // What the revision starts from may be about to change: ask when that is settled.
    clearTimeout(c.timer);
    c.timer = setTimeout(() => check(screen), WAIT_MS);
    return;
  }
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
  else if (openOf(s) === c) {
    s.emit("checked", "status");
    const then = c.whenChecked;
    c.whenChecked = null;
    if (!c.error) then?.();
  }
}

const CANNOT_CHECK = "Cannot check now:";

/** The verdict on what is there right now; null while it is on its way. */
export function verdictOf(c) {
  return c.verdict && c.verdict.state === c.history.now ? c.verdict : null;
}

/** Why it cannot be saved yet; "" when it can. */
export function unsavable(c) {
  if (c.saving) return "Saving …";
  if (c.conflict) return "Compare the two versions and choose first.";
  if (!isDirty(c)) return "Nothing is changed yet.";
  const verdict = verdictOf(c);
  if (verdict?.problems.length > 0) return "Mend what is listed first.";
  if (verdict && !verdict.changed && !isAttestedAnew(c)) return "Nothing changed: it means the same as before.";
  const keepsInvalid = verdict?.kept_invalid.length > 0;
  return keepsInvalid && !c.reason.trim() ? "Say why an invalid call is kept." : "";
}

export async function save(screen) {
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
    await s.keeper.quiet();
    const before = s.stateOf(c.uid);
    const answer = await s.sender.holding(() => s.api.correct(bodyOf(s, c)));
    c.saving = false;
    if (answer.changed) await saved(screen, c, answer, before);
    else failed(s, c, "Nothing changed: no correction was made.");
  } catch (problem) {
    c.saving = false;
    if (problem.kind === "refused") c.attempt = null;
    failed(s, c, `Not saved: ${problem.message} ${problem.hint || ""} Your text is kept.`);
    if (problem.status !== 409) {
      s.keeper.flush();
      return;
    }
    await meetOthers(s, c);
    check(screen);
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
  const simulated = simulatedToWire(state, c.base.messages);
  const same = JSON.stringify([revision, attested, simulated, c.reason]);
  if (c.attempt?.same !== same) {
    s.n += 1;
    c.attempt = { n: s.n, same };
  }
  const { n } = c.attempt;
  return {
    session: s.sid, n, uid: c.uid, revision, attested, simulated,
    reason: c.reason.trim(), base: c.base.uid, draft: s.keeper.at(c),
  };
}

async function saved(screen, c, answer, before) {
  const s = screen.session;
  s.remember({ n: c.attempt.n, uid: c.uid, kind: "correct", before, cursor: s.cursor });
  s.settleView(c.uid, answer, []);
  s.views.get(c.uid).dirty = true;
  s.keeper.saved(c);
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
