// Where the annotator is: a message, perhaps one of its calls, perhaps one argument of that call.
//
// Pure functions from a view and a cursor to a cursor. A cursor is {message, call, pointer}; all
// null means the whole trajectory; `span` and `field` besides when words of the message are selected.
// Moving never leaves the trajectory; at an end it stays.

export const WHOLE = Object.freeze({ message: null, call: null, pointer: null });

/** The cursor at a message: on its first call when it has calls. */
export function atMessage(view, index) {
  const message = view.messages[index];
  if (!message) return WHOLE;
  return { message: index, call: message.calls.length > 0 ? 0 : null, pointer: null };
}

/** The cursor at a finding or a mark's anchor. A result's place is the call that it answers. */
export function atAnchor(view, anchor) {
  const index = anchor.message_index;
  const message = index === null || index === undefined ? undefined : view.messages[index];
  if (!message) return WHOLE;
  if (message.answers) {
    return { message: message.answers[0], call: message.answers[1], pointer: null };
  }
  const call = anchor.call_index ?? null;
  if (call === null || !message.calls[call]) return { message: index, call: null, pointer: null };
  const rows = message.calls[call].rows || [];
  return { message: index, call, pointer: rowFor(rows, anchor.pointer) };
}

/** The row of a pointer, or of the nearest one above it; null when none is shown. */
function rowFor(rows, pointer) {
  let wanted = pointer || "";
  while (wanted) {
    if (rows.some((row) => row.pointer === wanted)) return wanted;
    wanted = wanted.slice(0, wanted.lastIndexOf("/"));
  }
  return null;
}

/** Where a trajectory opens: first error, else first warning at a step, else first step. (That the
 * user's last words stay unanswered is no reason to begin at the end.) */
export function firstCursor(view) {
  const placed = placedFindings(view);
  const isAtStep = ({ message_index: index }) => view.messages[index].step !== null || Boolean(view.messages[index].answers);
  const suspicious =
    placed.find((f) => f.severity === "error") ||
    placed.find((f) => f.severity === "warning" && isAtStep(f));
  if (suspicious) return atAnchor(view, suspicious);
  const step = view.messages.find((m) => m.step !== null);
  return step ? atMessage(view, step.index) : WHOLE;
}

/** The next (or previous) step after the cursor. */
export function moveStep(view, cursor, delta) {
  const steps = view.messages.filter((m) => m.step !== null);
  if (steps.length === 0) return cursor;
  const here = cursor.message ?? -1;
  const found =
    delta > 0 ? steps.find((m) => m.index > here) : steps.findLast((m) => m.index < here);
  return found ? atMessage(view, found.index) : cursor;
}

/** The next (or previous) message of the user; null when there is none. */
export function moveTurn(view, cursor, delta) {
  const turns = view.messages.filter((m) => m.role === "user");
  const here = cursor.message ?? -1;
  const found =
    delta > 0 ? turns.find((m) => m.index > here) : turns.findLast((m) => m.index < here);
  return found ? atMessage(view, found.index) : null;
}

/** The next (or previous) call, whichever step it belongs to: a line in the list of calls. */
export function moveRow(view, cursor, delta) {
  const places = view.messages.flatMap((m) =>
    m.calls.map((_, call) => ({ message: m.index, call, pointer: null })),
  );
  if (places.length === 0) return cursor;
  const rank = ({ message, call }) => [message ?? -1, call ?? -1];
  const here = rank(cursor);
  const found =
    delta > 0
      ? places.find((p) => compare(rank(p), here) > 0)
      : places.findLast((p) => compare(rank(p), here) < 0);
  return found || cursor;
}

/** The next step without a verdict after the cursor, else the first one; null when there is none. */
export function unjudgedAfter(view, cursor, judged) {
  const open = view.messages.filter((m) => m.step !== null && !(m.index in judged));
  const next = open.find((m) => m.index > (cursor.message ?? -1)) || open[0];
  return next ? atMessage(view, next.index) : null;
}

/** The next (or previous) call of this step; before the first one is the step itself. */
export function moveCall(view, cursor, delta) {
  const calls = view.messages[cursor.message]?.calls || [];
  if (calls.length === 0) return cursor;
  const next = Math.min(calls.length - 1, Math.max(-1, (cursor.call ?? -1) + delta));
  return { message: cursor.message, call: next < 0 ? null : next, pointer: null };
}

/** The next (or previous) argument of this call; before the first one is the call itself. */
export function moveArgument(view, cursor, delta) {
  const call = cursor.call ?? 0;
  const rows = view.messages[cursor.message]?.calls[call]?.rows || [];
  if (rows.length === 0) return cursor;
  const here = rows.findIndex((row) => row.pointer === cursor.pointer);
  const next = Math.min(rows.length - 1, Math.max(-1, here + delta));
  return { message: cursor.message, call, pointer: next < 0 ? null : rows[next].pointer };
}

/** The next (or previous) place with a finding; goes round at the ends. */
export function moveFinding(view, cursor, delta) {
  const places = [];
  for (const finding of placedFindings(view)) {
    const place = atAnchor(view, finding);
    if (!places.some((p) => sameCursor(p, place))) places.push(place);
  }
  if (places.length === 0) return cursor;
  const here = places.findIndex((p) => sameCursor(p, cursor));
  if (here >= 0) return places[(here + delta + places.length) % places.length];
  const rank = (p) => [p.message ?? -1, p.call ?? -1];
  const after = (p) => compare(rank(p), rank(cursor)) > 0;
  if (delta > 0) return places.find(after) || places[0];
  return places.findLast((p) => !after(p)) || places[places.length - 1];
}

/** Findings that stand at a message, in reading order. */
export function placedFindings(view) {
  const key = (f) => [f.message_index, f.call_index ?? -1];
  return view.findings
    .filter((f) => f.message_index !== null && view.messages[f.message_index])
    .sort((a, b) => compare(key(a), key(b)));
}

/** Whether two cursors name the same place. */
export function sameCursor(a, b) {
  return a.message === b.message && a.call === b.call && a.pointer === b.pointer;
}

function compare(a, b) {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** Where a category is put when it is chosen at this cursor, by what it applies to. */
export function anchorFor(view, cursor, applies) {
  const none = { message_index: null, call_index: null, pointer: null };
  if (applies === "trajectory" || cursor.message === null) return none;
  const step = { ...none, message_index: cursor.message };
  const isUser = view.messages[cursor.message].role === "user";
  if (applies === "user" && !isUser) return { ...none, message_index: userBefore(view, cursor.message) };
  if (cursor.span) return { ...step, span: cursor.span, field: cursor.field };
  if (applies === "user") return step;
  if (applies === "step") return step;
  const calls = view.messages[cursor.message].calls;
  const call = cursor.call ?? (applies === "call" && calls.length > 0 ? 0 : null);
  if (call === null) return step;
  return { ...step, call_index: call, pointer: cursor.pointer };
}

function userBefore(view, index) {
  const users = view.messages.filter((m) => m.role === "user" && m.index <= index);
  return users.length > 0 ? users[users.length - 1].index : index;
}
