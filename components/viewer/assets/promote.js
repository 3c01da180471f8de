// A try becomes the reference: its text and calls in the place of the step's, as a correction.
//
// Nothing of it is special: it is edited, undone and saved like any correction.

import { openPlace, perform, withOpen } from "./editor.js";
import { entryOf } from "./revision.js";
import { promoted } from "./revision_promote.js";
import { check, verdictOf } from "./saving.js";
import { callsOf, shownOf, unsettled } from "./shown.js";
import { goToStale } from "./stale_acts.js";
import { names } from "./tries.js";

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
