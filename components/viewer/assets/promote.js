// A try becomes the reference: its text and calls in the place of the step's, as a correction.
//
// Calls that are versions of one call stay that call (with its id and its result, which then is
// stale); the others are taken out or added. Nothing of it is special: it is edited, undone and
// saved like any correction.

import { openPlace, perform, withOpen } from "./editor.js";
import { doubted, entryOf, reasoningOf, textOf } from "./revision.js";
import { check, verdictOf } from "./saving.js";
import { callsOf, shownOf, unsettled } from "./shown.js";
import { goToStale } from "./stale_acts.js";
import { names } from "./tries.js";

/**
 * The state in which an entry says what a try says. Pure.
 *
 * `imported` are the calls of the message the try was an answer for, `standing` the calls of the
 * entry they have become (null for those taken out).
 */
export function promoted(state, base, key, { answer, imported, standing }) {
  const entry = entryOf(state, key);
  const before = base[entry.from];
  let { next } = state;
  const paired = new Map(answer.pairs.map(([i, j]) => [j, i]));
  const isChanged = (i) => (answer.change?.calls || []).some((c) => c.before_index === i && c.kind === "changed");
  const calls = answer.calls.map((call, j) => {
    const i = paired.get(j);
    const old = i === undefined ? null : standing[i];
    if (!old) return { key: `n${next++}`, from: null, name: call.name, arguments: call.raw, keepInvalid: false, removed: false };
    const text = isChanged(i) ? call.raw : imported[i].raw;
    return spelled(before?.calls[old.from], old, call.name, text);
  });
  const used = new Set(calls.map((call) => call.key));
  const others = entry.calls.filter((call) => !used.has(call.key));
  const gone = others.filter((call) => call.from !== null).map((call) => ({ ...call, removed: true }));
  const entries = state.entries.map((one) => {
    if (one.key === key) return said({ ...one, removed: false, calls: [...calls, ...gone] }, base, answer);
    if (one.answers?.entry !== key) return one;
    return { ...one, removed: !used.has(one.answers.call) || (one.from === null && one.removed) };
  });
  return doubted({ ...state, entries, next }, key);
}

/** A call that stands, with another name and other arguments; as in the base where it says that. */
function spelled(before, { name: _n, arguments: _a, ...call }, name, text) {
  return {
    ...call,
    ...(before && before.name === name ? {} : { name }),
    ...(before && before.raw === text ? {} : { arguments: text }),
    keepInvalid: false,
    removed: false,
  };
}

/** The words and the thinking of the answer; thinking of the old one explains the old one. */
function said({ content: _c, reasoning: _r, ...entry }, base, answer) {
  const { reasoning } = answer;
  return {
    ...entry,
    ...(textOf(base, entry) === answer.text ? {} : { content: answer.text }),
    ...(reasoningOf(base, entry) === reasoning ? {} : { reasoning }),
  };
}

/** Promote a try of a message: a correction opens, at what is wrong with it or is stale by it. */
export function promote(screen, index, answer) {
  const s = screen.session;
  withOpen(screen, (c) => {
    const shown = shownOf(s);
    const entry = shown.byParent.get(index);
    if (!entry) {
      s.say("The correction that stands took this step out; z takes that correction back.");
      return;
    }
    const imported = s.view.messages[index].calls;
    const standing = callsOf(shown, index);
    const state = promoted(c.history.now, c.base.messages, entry.key, { answer, imported, standing });
    if (!c.reason.trim()) c.reason = `Promoted the answer of ${names(answer.models)}.`;
    perform(screen, state);
    c.version += 1;
    c.whenChecked = () => afterwards(screen, c, entry.key, answer);
    check(screen);
  });
}

/** The first thing to look at now: a call that breaks its schema, else a stale message. */
function afterwards(screen, c, key, answer) {
  const s = screen.session;
  const broken = verdictOf(c)?.problems.find((p) => p.call_index !== null);
  const stale = unsettled(shownOf(s));
  const said = `The answer of ${names(answer.models)} is the reference now`;
  if (broken) {
    const call = entryOf(c.history.now, key).calls.filter((one) => !one.removed)[broken.call_index];
    s.say(`${said}, but a call of it breaks its schema.`);
    if (call) openPlace(screen, { entry: key, call: call.key });
  } else if (stale.length > 0) {
    s.say(`${said}. What follows rests on the old one: rewrite, cut or attest it, then Ctrl+Enter.`);
    goToStale(screen, stale[0].key);
  } else s.say(`${said}: Ctrl+Enter saves it.`);
}
