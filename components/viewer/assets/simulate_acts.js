// Asking a model for the result of a changed call, and taking what it proposes. What is proposed is
// part of the correction only once it is taken; the correction remembers the model (revision.js).
//
// A simulation, kept in `simulations` of the open correction under the key of its result:
//   {state: "asking"|"proposed"|"failed", of: identity of the call, began: ms, abort,
//    text, model, warning, error}

import { callAnswered } from "./replay.js";
import { openPlace, perform, withOpen } from "./editor.js";
import * as r from "./revision.js";
import { indexOf, toWire } from "./revision_wire.js";
import { callsOf, openOf, shownOf } from "./shown.js";
import { attest, staleHere } from "./stale_acts.js";

/** The simulation of a result, as long as it is about the call as it is now; null for none. */
export function simulationOf(shown, key) {
  const one = shown.open?.simulations.get(key);
  return one && one.of === callAnswered(shown, { key })?.id ? one : null;
}

/** Why nothing can be asked; "" when it can. */
export function cannotSimulate(session) {
  const { missing = [] } = session.boot.simulator || {};
  return missing.length > 0 ? `No simulator is set up: set ${missing.join(" and ")} before the studio starts (see Settings).` : "";
}

/** Ask for a result, given by its key; asked again, the last answer is forgotten. */
export function simulate(screen, key) {
  const s = screen.session;
  const why = cannotSimulate(s);
  if (why) return s.say(why);
  return withOpen(screen, (c) => {
    const shown = shownOf(s);
    const asked = callAnswered(shown, { key });
    if (!asked) return s.say("The arguments of the call are no JSON: mend them first.");
    if (simulationOf(shown, key)?.state === "asking") return null;
    stop(c.simulations.get(key));
    const one = { state: "asking", of: asked.id, began: Date.now(), abort: new AbortController(), model: s.boot.simulator.model };
    c.simulations.set(key, one);
    one.clock = setInterval(() => tick(screen, one), 1000);
    s.emit("correction", "status");
    return answered(screen, c, key, one);
  });
}

async function answered(screen, c, key, one) {
  const s = screen.session;
  const state = c.history.now;
  try {
    const { proposal } = await s.api.simulate(c.uid, toWire(state, c.base.messages), indexOf(state, key), one.abort.signal);
    Object.assign(one, proposal, { state: "proposed" });
  } catch (problem) {
    Object.assign(one, { state: "failed", error: `${problem.message} ${problem.hint || ""}`.trim() });
  }
  clearInterval(one.clock);
  const isWanted = openOf(s) === c && c.simulations.get(key) === one;
  if (!isWanted) return;
  s.emit("correction", "status");
  screen.root.querySelector(".trace.shown .msg.here .simulation")?.scrollIntoView({ block: "nearest" });
}

function tick(screen, one) {
  for (const node of screen.root.querySelectorAll("[data-simulating]")) {
    node.textContent = secondsOf(one);
  }
}

/** How long it has been asked. */
export function secondsOf(one) {
  return `${Math.round((Date.now() - one.began) / 1000)} s`;
}

function stop(one) {
  if (!one) return;
  clearInterval(one.clock);
  one.abort.abort();
}

/** Nothing is asked any more: the correction is closed. */
export function stopAll(c) {
  for (const one of c.simulations.values()) stop(one);
  c.simulations.clear();
}

/** Forget a proposal or a failure, or stop asking. */
export function dropSimulation(screen, key) {
  const { session } = screen;
  const c = openOf(session);
  stop(c?.simulations.get(key));
  c?.simulations.delete(key);
  session.emit("correction", "status");
}

/** Put the proposed result in the place of the stale one. */
export function useProposal(screen, key) {
  const s = screen.session;
  const one = proposalOf(screen, key);
  if (!one) return;
  withOpen(screen, (c) => {
    const before = r.textOf(c.base.messages, r.entryOf(c.history.now, key));
    c.simulations.delete(key);
    c.version += 1; // an open place has the text as well
    if (before === one.text && shownOf(s).stale.has(key)) {
      attest(screen, key);
      s.say(`${one.model} says the same as what stands: it is still true.`);
      return;
    }
    perform(screen, r.setResult(c.history.now, c.base.messages, key, one.text, one.model));
    if (c.place?.entry === key) screen.focusPlace();
    s.emit("correction");
  });
}

/** Take the proposal and go on typing in it. */
export function editProposal(screen, key) {
  useProposal(screen, key);
  openPlace(screen, { entry: key, call: null });
}

function proposalOf(screen, key) {
  const shown = shownOf(screen.session);
  const one = shown && key && simulationOf(shown, key);
  return one?.state === "proposed" ? one : null;
}

// What the keys mean ----------------------------------------------------------------------------

/** The result that the keys mean: the open one, the stale one here, or that of the selected call. */
function hereKey(screen) {
  const s = screen.session;
  const shown = shownOf(s);
  if (!shown) return null;
  const { place } = shown.open || {};
  if (place) return isResult(shown, place.entry) ? place.entry : null;
  const stale = staleHere(screen);
  if (stale?.why === "result") return stale.key;
  const call = s.view.messages[s.cursor.message]?.calls[s.cursor.call];
  const key = call && shown.byParent.get(call.result)?.key;
  return key && (simulationOf(shown, key) || isMadeUp(shown, key)) ? key : resultOfChanged(shown, s.cursor);
}

/** The result of the selected call, when it is another call than it was. */
function resultOfChanged(shown, { message, call }) {
  if (call === null || !shown.view.messages[message]) return null;
  const now = callsOf(shown, message)[call];
  if (!now || now.removed || !r.isCallChanged(now)) return null;
  return r.resultsOf(shown.state, now.key).find((entry) => !entry.removed)?.key ?? null;
}

function isResult(shown, key) {
  return Boolean(r.entryOf(shown.state, key)?.answers);
}

function isMadeUp(shown, key) {
  return Boolean(r.simulatedOf(shown.base, r.entryOf(shown.state, key)));
}

export function simulateHere(screen) {
  const key = hereKey(screen);
  if (key) simulate(screen, key);
  else screen.session.say("Only the result of a changed call is simulated. ( . goes to the next stale message)");
}

export function useHere(screen) {
  const key = hereKey(screen);
  if (proposalOf(screen, key)) useProposal(screen, key);
  else screen.session.say("No simulated result is proposed here.");
}

/** Whether there was a proposal here, which is open for typing now. */
export function editHere(screen) {
  const key = hereKey(screen);
  if (!proposalOf(screen, key)) return false;
  editProposal(screen, key);
  return true;
}

/** Whether there was something here to stop or to throw away. */
export function dropHere(screen) {
  const key = hereKey(screen);
  if (!key || !openOf(screen.session)?.simulations.has(key)) return false;
  dropSimulation(screen, key);
  return true;
}
