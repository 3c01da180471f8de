// Undo and redo over the states of a correction. Pure; a state is never changed, only replaced.

const MOST = 500;

/** A history that begins with a state. */
export function historyOf(state) {
  return { past: [], now: state, future: [], tag: null };
}

/**
 * The history after one more operation. Operations in a row with the same tag (typing in one field)
 * are one step, until `sealed`.
 */
export function performed(history, state, tag = null) {
  if (state === history.now) return history;
  const isGoingOn = tag !== null && tag === history.tag;
  const past = isGoingOn ? history.past : [...history.past, history.now].slice(-MOST);
  return { past, now: state, future: [], tag };
}

/** What is typed from now on is a step of its own. */
export function sealed(history) {
  return history.tag === null ? history : { ...history, tag: null };
}

export function undone(history) {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  const future = [history.now, ...history.future];
  return { past: history.past.slice(0, -1), now: before, future, tag: null };
}

export function redone(history) {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.now], now: next, future, tag: null };
}
