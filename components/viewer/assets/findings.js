// Findings by the place under which they are shown. Pure.

const SEVERITIES = ["error", "warning", "info"]; // the worst first

/** The worst severity among findings; undefined when there are none. */
export function worstOf(findings) {
  return SEVERITIES.find((severity) => findings.some((f) => f.severity === severity));
}

/** Findings by the message under which they are shown: a result's stand with its call. What was
 * said of three or more places says so from the second one on (`isRepeated`). */
export function findingsByMessage(view) {
  const found = new Map();
  const repeated = repeatedIn(view.findings);
  for (const finding of view.findings) {
    const message = view.messages[finding.message_index];
    const answers = message?.answers;
    const key = answers ? answers[0] : (message?.index ?? null);
    const call = answers ? answers[1] : (finding.call_index ?? null);
    const shown = { ...finding, call, ofResult: Boolean(answers), isRepeated: repeated.has(finding) };
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(shown);
  }
  return found;
}

/** Message index -> the worst severity there; a finding at a result counts for the call's step. */
export function worstByMessage(view) {
  const worst = new Map();
  for (const [index, found] of findingsByMessage(view)) worst.set(index, worstOf(found));
  return worst;
}

/** "message call" -> its findings; a result's count for its call, a step's for its first one. */
export function findingsByCall(view) {
  const found = new Map();
  for (const finding of view.findings) {
    const message = view.messages[finding.message_index];
    if (!message) continue;
    const [index, call] = message.answers || [message.index, finding.call_index ?? 0];
    const key = `${index} ${call}`;
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(finding);
  }
  return found;
}

const REPEATS = 3; // fewer are read faster one by one

/** Findings in lines: three or more of one check that say the same share the line of the first. */
export function gathered(findings) {
  const same = new Map();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.message, finding.hint]);
    if (!same.has(key)) same.set(key, []);
    same.get(key).push(finding);
  }
  const groups = [...same.values()];
  const lines = groups.flatMap((group) => (group.length < REPEATS ? group.map((f) => [f]) : [group]));
  const order = new Map(findings.map((finding, i) => [finding, i]));
  return lines.sort((a, b) => order.get(a[0]) - order.get(b[0]));
}

/** The findings that an earlier one says word for word, where three or more do. */
function repeatedIn(findings) {
  const at = (finding) => finding.message_index ?? -1;
  const inOrder = [...findings].sort((a, b) => at(a) - at(b));
  return new Set(gathered(inOrder).flatMap(([, ...others]) => others));
}
