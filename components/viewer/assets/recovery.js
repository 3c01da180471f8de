// How steps deal with an earlier error: sets of labels. Mirrors `curation/recovery.py`.

export const ORDER = ["reflected", "corrected", "retried", "skipped", "finished", "ignored"];
const ALONE = "ignored"; // excludes all the others

/** `labels` with one of them set or cleared, in the order of ORDER. */
export function withLabel(labels, label, holds) {
  let kept = labels.filter((one) => one !== label);
  if (holds && label === ALONE) kept = [];
  else if (holds) kept = kept.filter((one) => one !== ALONE);
  if (holds) kept.push(label);
  return ORDER.filter((one) => kept.includes(one));
}

/** The recovery labels of all steps after one of them was set or cleared on one step. */
export function applyRecovery(recovery, { message_index: index, label, holds }) {
  const labels = withLabel(recovery[index] || [], label, holds);
  const { [index]: _, ...others } = recovery;
  return labels.length > 0 ? { ...others, [index]: labels } : others;
}

/** The labels of one step. */
export function recoveryOf(annotation, index) {
  return annotation.recovery[index] || [];
}
