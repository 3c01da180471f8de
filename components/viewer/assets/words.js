// Words for numbers. No elements here: pure modules use it too.

/** "1 step", "2 steps". */
export function plural(n, word) {
  return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
}

/** "1 trajectory", "2 trajectories". */
export function trajectories(n) {
  return n === 1 ? "1 trajectory" : `${n.toLocaleString("en")} trajectories`;
}
