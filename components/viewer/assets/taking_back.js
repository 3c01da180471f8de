// Undo and redo of acts, wherever they were: painted at the key press, decided by the server.

import { plural } from "./words.js";

/**
 * Take back the latest act. Returns the uid it belonged to when this page knows it, so that the
 * screen can go there at once; otherwise the server's answer tells (see `takenAsMeant`).
 */
export function undoAct(session) {
  const entry = session.history.takeLast();
  const before = entry && { state: entry.before, states: entry.states };
  const payload = entry?.batch ? { batch: entry.batch } : entry ? { of: entry.n } : {};
  const after = entry && statesNow(session, entry);
  const n = send(session, "undo", payload, entry, before);
  session.history.tookBack(n, entry, after);
  return told(session, "Undone", entry);
}

/** Bring back what was undone last, if nothing was said since; returns the uid as `undoAct` does. */
export function redoAct(session) {
  const undone = session.history.takeUndone(session.n + 1);
  if (!undone) {
    session.say("There is nothing to redo.");
    return null;
  }
  send(session, "redo", { of: undone.n }, undone.entry, undone.after);
  return told(session, "Redone", undone.entry);
}

/** {state, states} of the trajectories that an entry is about. */
function statesNow(session, { uid, states }) {
  const uids = Object.keys(states || {});
  return {
    state: session.stateOf(uid),
    states: Object.fromEntries(uids.map((one) => [one, session.stateOf(one)])),
  };
}

function send(session, kind, payload, entry, states) {
  const uid = entry ? entry.uid : session.current || "";
  const restore = entry ? { uid, kind: entry.kind, ...states } : null;
  session.n += 1;
  const { sid, n } = session;
  session.sender.add({ sid, n, uid, kind, payload, at: Date.now(), restore });
  if (entry) session.cursors.set(uid, entry.cursor);
  if (entry?.kind === "correct") session.forgetCorrection(uid);
  return n;
}

function told(session, word, entry) {
  if (entry) {
    const what = entry.batch ? plural(entry.marks, "mark") : describeAct(entry.kind);
    session.say(`${word}: ${what}${session.whereText(entry.uid)}`, { of: entry.uid });
  }
  session.emit("annotation");
  return entry ? entry.uid : null;
}

/** The server says what an undo or a redo meant; what was painted may have been something else. */
export function takenAsMeant(session, op, result) {
  const meant = op.kind === "undo" ? result.undone : op.kind === "redo" ? result.redone : null;
  if (!meant) return;
  const guess = op.restore;
  const word = op.kind === "undo" ? "Undone" : "Redone";
  if (meant.batch_marks > 0 || guess?.kind === "batch") {
    session.say(`${word}: ${plural(meant.batch_marks ?? 0, "mark")}`, { of: null });
    return;
  }
  if (guess?.uid === meant.uid && guess.kind === meant.kind) return;
  if (meant.kind === "correct") session.forgetCorrection(meant.uid);
  session.say(`${word}: ${describeAct(meant.kind)}${session.whereText(meant.uid)}`, { of: meant.uid });
  if (meant.uid !== session.current) session.onTaken?.(meant.uid);
}

const ACT_WORDS = {
  mark: "mark",
  unmark: "removal of a mark",
  verdicts: "step verdict",
  recovery: "recovery label",
  outcome: "outcome",
  note: "note",
  correct: "correction",
  try: "ruling on a try",
  checklist: "answer to a checklist",
  commit: "commit",
  undo: "undo",
  redo: "redo",
};

export function describeAct(kind) {
  return ACT_WORDS[kind] || kind;
}
