// What holds between the marks of one annotation: one root cause at most, and no link that leads
// nowhere. Mirrors `curation/marks.py` (`placed`, `removed`). No elements here.

/** `marks` with `mark` at the end, in the place of the one with its id. */
export function placed(marks, mark) {
  let others = marks.filter((m) => m.mark_id !== mark.mark_id);
  let put = mark;
  if (mark.root_cause) {
    put = { ...mark, caused_by: null };
    others = others.map((m) => (m.root_cause ? { ...m, root_cause: false } : m));
  } else if (mark.caused_by !== null && !mayCause(others, mark)) {
    put = { ...mark, caused_by: null };
  }
  return [...others, put];
}

/** `marks` without the one with this id, and without links to it. */
export function removed(marks, markId) {
  return marks
    .filter((m) => m.mark_id !== markId)
    .map((m) => (m.caused_by === markId ? { ...m, caused_by: null } : m));
}

/** The cause exists and does not itself, over however many links, follow from the effect. */
function mayCause(others, effect) {
  const causes = new Map(others.map((m) => [m.mark_id, m.caused_by]));
  let at = effect.caused_by;
  for (let i = 0; i <= causes.size; i += 1) {
    if (at === null) return true;
    if (!causes.has(at)) return false;
    at = causes.get(at);
  }
  return false;
}

/** The mark that is the root cause; undefined for none. */
export function rootOf(marks) {
  return marks.findLast((m) => m.root_cause);
}

/** The mark that another one follows from; undefined for none. */
export function causeOf(marks, mark) {
  return mark.caused_by === null ? undefined : marks.find((m) => m.mark_id === mark.caused_by);
}

/** Several errors of a rejected trajectory and none of them the first: worth a word, no more. */
export function lacksRoot(annotation) {
  return annotation.outcome === "reject" && annotation.marks.length > 1 && !rootOf(annotation.marks);
}
