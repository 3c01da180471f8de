// Acts decided as one: performed together, saved like any others, undone by one undo.

import { trajectories } from "./words.js";

/**
 * Perform acts on several trajectories as one batch. `said` is a list of {uid, kind, payload} in
 * order; `marks` is how many of them are marks.
 */
export function performBatch(session, batch, said, marks) {
  const uids = [...new Set(said.map((one) => one.uid))];
  rememberBatch(session, batch, marks, uids);
  for (const { uid, kind, payload } of said) {
    session.n += 1;
    session.sender.add({ sid: session.sid, n: session.n, uid, kind, payload, batch, at: Date.now() });
  }
  const committed = new Set(said.filter((one) => one.kind === "commit").map((one) => one.uid));
  leaveOut(session, committed);
  session.emit("annotation");
}

/** Let one undo take the batch back; called before its acts are performed. */
export function rememberBatch(session, batch, marks, uids = []) {
  const known = uids.filter((uid) => session.views.has(uid));
  const states = Object.fromEntries(known.map((uid) => [uid, session.stateOf(uid)]));
  session.remember({
    n: null,
    uid: session.current,
    kind: "batch",
    batch,
    marks,
    before: session.stateOf(session.current),
    states,
    cursor: session.cursor,
  });
}

/** What was committed without being looked at does not come next any more. */
function leaveOut(session, uids) {
  const left = session.deck.filter((uid) => !uids.has(uid));
  if (left.length === session.deck.length) return;
  session.deck = left;
  session.emit("deck");
  session.travel.fetchNext();
}

/** An act of a batch was refused: counted by trajectory and said once for all of them. */
export function refusedInBatch(session, op, message) {
  session.leftAlone ||= new Map(); // batch -> Map: uid -> why
  if (!session.leftAlone.has(op.batch)) session.leftAlone.set(op.batch, new Map());
  const left = session.leftAlone.get(op.batch);
  if (!left.has(op.uid)) left.set(op.uid, message);
  session.say(`${trajectories(left.size)} of the batch: ${[...new Set(left.values())].join(" ")}`, {
    bad: true,
    uid: left.size === 1 ? op.uid : null,
  });
  session.emit("annotation");
}
