// Going to stale messages and settling them; and what the viewer's plain keys do to corrections.

import { cut, insert, openPlace, perform, redo, remove, restore, restoreFrom, undo, withOpen } from "./editor.js";
import { keysHint } from "./keymap.js";
import * as r from "./revision.js";
import { cursorOf, shownOf, unsettled } from "./shown.js";
import { simulateHere, useHere } from "./simulate_acts.js";

/** The stale message that was gone to last, while nothing else was selected since. */
export function gone(s) {
  const at = s.staleAt;
  return at && at.uid === s.current && at.cursor === s.cursor ? at.key : null;
}

export function attest(screen, key) {
  withOpen(screen, (c) => {
    const { now } = c.history;
    perform(screen, r.attest(now, key, !now.attested[key]));
  });
}

export function rewrite(screen, key) {
  goToStale(screen, key);
  withOpen(screen, () => openPlace(screen, { entry: key, call: null }));
}

/** Put the recorded result of an equal call in the place of a stale one. */
export function replay(screen, key, text) {
  withOpen(screen, (c) => perform(screen, r.setResult(c.history.now, c.base.messages, key, text)));
}

/** The stale message that the keys mean: gone to last, else the selected message or its result. */
export function staleHere(screen) {
  const s = screen.session;
  const shown = shownOf(s);
  if (!shown || shown.stale.size === 0) return null;
  const last = shown.stale.get(gone(s));
  if (last) return last;
  const message = s.view.messages[s.cursor.message];
  if (!message) return null;
  const result = message.calls[s.cursor.call]?.result ?? null;
  const keys = [shown.byParent.get(message.index)?.key, shown.byParent.get(result)?.key];
  return keys.map((key) => shown.stale.get(key)).find(Boolean) || null;
}

export function goToStale(screen, key) {
  const s = screen.session;
  const cursor = cursorOf(shownOf(s), key);
  if (!cursor) return;
  screen.leaveCalls();
  s.staleAt = { uid: s.current, key, cursor };
  s.cursor = cursor;
}

export function nextStale(screen) {
  const s = screen.session;
  const shown = shownOf(s);
  const left = unsettled(shown);
  if (left.length === 0) {
    s.say(shown?.stale.size ? "Every stale message is settled." : "No message is stale.");
    return;
  }
  const last = shown.stale.get(gone(s));
  const isAfter = (one) =>
    last ? one.message_index > last.message_index : cursorOf(shown, one.key)?.message >= s.cursor.message;
  const next = left.find(isAfter) || left[0];
  goToStale(screen, next.key);
}

/** What the viewer's keys do to corrections (see commands.js). */
export function revise(screen, command) {
  const s = screen.session;
  screen.leaveCalls();
  if (command === "undo") return undo(screen);
  if (command === "redo") return redo(screen);
  if (command === "nextStale") return nextStale(screen);
  if (command === "simulate") return simulateHere(screen);
  if (command === "useSimulated") return useHere(screen);
  const stale = staleHere(screen);
  if (command === "attest") return stale ? attest(screen, stale.key) : s.say(`Nothing is stale here. Next stale message${keysHint("stale-next")}.`);
  if (command === "cut" && stale && gone(s) === stale.key) return cut(screen, stale.key);
  const { message } = s.cursor;
  if (!s.view?.messages[message]) return s.say(`Select a message first${keysHint("step-next", "step-previous")}.`);
  return withOpen(screen, () => reviseEntry(screen, command, shownOf(s).byParent.get(message)));
}

function reviseEntry(screen, command, entry) {
  if (!entry) return screen.session.say(`The correction that stands took this out; undo${keysHint("undo")} takes that correction back.`);
  if (command === "insert") return insert(screen, entry.key);
  if (command === "remove") return entry.removed ? restore(screen, entry.key) : remove(screen, entry.key);
  return entry.removed ? restoreFrom(screen, entry.key) : cut(screen, entry.key);
}


/** Whether it was the last one gone to, so that editing and cutting mean it. */
export function isGoneTo(screen, key) {
  return gone(screen.session) === key;
}
