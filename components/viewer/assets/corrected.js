// What a correction makes of the trace, drawn in the cards it concerns: what is different, what is
// taken out or added, what is stale, and the open place. See shown.js for what there is to show.
//
// Added messages have no card of their own (marks and verdicts are about imported messages): they
// stand at the end of the card they come after.

import { drawCallChange, drawFieldChanges } from "./diff.js";
import { button, el } from "./dom.js";
import { Editor } from "./editor.js";
import { keyOf } from "./keymap.js";
import { drawPlace, live } from "./place.js";
import { argumentsOf, entryOf, isReordered, nameOf, resultsOf, standingCalls, textOf } from "./revision.js";
import { addedCalls, callsOf, changeOf, openOf, shownOf } from "./shown.js";
import { drawSimulation, simulationSignature } from "./simulate.js";
import { drawStaleBadge } from "./stale.js";

const TEXT_SHOWN = 1200; // characters of an added message

// What a card depends on ----------------------------------------------------------------------

/** What a card shows of corrections; equal signatures need no redraw. */
export function correctionSignature(session, message) {
  const shown = shownOf(session);
  if (!shown) return "";
  const extras = shown.extras.get(message.index) || [];
  const own = [message.index, ...message.calls.map((call) => call.result)].filter((i) => i !== null);
  const entries = [...own.map((i) => shown.byParent.get(i) || null), ...extras];
  const parts = entries.map((e) => e && [e.key, e.removed, e.calls.map((c) => [c.key, c.removed]), e.answers, e.role]);
  const place = placeIn(shown, entries);
  if (place) return ["open", shown.open.id, shown.open.version, shown.open.raw, place, parts];
  const changes = own.map((i) => changeOf(shown, i));
  const texts = extras.map((e) => [e.content, e.calls]);
  const stale = entries.map((e) => e && shown.stale.get(e.key));
  const simulated = entries.map((e) => e && simulationSignature(shown, e));
  return [Boolean(shown.open), parts, changes, texts, stale, simulated, session.view.correction?.uid];
}

/** The open place, when it is in one of these entries. */
function placeIn(shown, entries) {
  const place = shown.open?.place;
  return place && entries.some((entry) => entry?.key === place.entry) ? place : null;
}

export function correctionClass(session, message) {
  const shown = shownOf(session);
  if (!shown) return "";
  const entry = shown.byParent.get(message.index);
  return !entry || entry.removed ? "gone" : "";
}

export function callClass(session, message, call) {
  const shown = shownOf(session);
  if (!shown || !shown.byParent.has(message.index)) return "";
  const now = callsOf(shown, message.index)[call.index];
  return !now || now.removed ? "gone" : "";
}

// Drawing -------------------------------------------------------------------------------------

/** Below a message's text. */
export function drawAtText(screen, message) {
  const shown = shownOf(screen.session);
  if (!shown) return null;
  const entry = shown.byParent.get(message.index);
  if (!entry || entry.removed) return takenOut(screen, shown, entry);
  return [
    changedFields(screen, shown, message.index, entry),
    staleOf(screen, shown, entry, message),
    drawPlace(screen, shown, entry),
  ];
}

/** Below a call and its result. */
export function drawAtCall(screen, message, call) {
  const shown = shownOf(screen.session);
  const entry = shown?.byParent.get(message.index);
  if (!entry || entry.removed) return null;
  const now = callsOf(shown, message.index)[call.index];
  const result = call.result === null ? null : shown.byParent.get(call.result);
  const calls = [
    !now || now.removed ? callTakenOut(screen, shown, entry, now) : changedCall(screen, shown, message, call, now),
    now && !now.removed && isReordered(entry) ? movedNote(entry, now) : null,
    now ? drawPlace(screen, shown, entry, now) : null,
  ];
  if (call.result === null) return calls;
  const isGone = !result || result.removed;
  return [
    ...calls,
    isGone && now && !now.removed ? takenOut(screen, shown, result, "result") : null,
    isGone ? null : changedFields(screen, shown, call.result, result, "result"),
    isGone ? null : staleOf(screen, shown, result, message),
    isGone ? null : drawPlace(screen, shown, result),
  ];
}

/** At the end of a card: calls and messages that the correction added. */
export function drawInCard(screen, message) {
  const shown = shownOf(screen.session);
  if (!shown) return null;
  const entry = shown.byParent.get(message.index);
  const calls = entry && !entry.removed ? addedCalls(shown, message.index) : [];
  const extras = shown.extras.get(message.index) || [];
  return [calls.map((call) => addedCall(screen, shown, entry, call)), extras.map((e) => addedMessage(screen, shown, e))];
}

/** The mark of a stale message; in the card of the open place it comes and goes by itself. */
function staleOf(screen, shown, entry, message) {
  const draw = (now) => {
    const one = now?.stale.get(entry.key);
    const isTyped = now && isOpenHere(now, entry); // an open place shows it among its own
    return [one ? drawStaleBadge(screen, now, one) : null, isTyped ? null : drawSimulation(screen, now, entry.key)];
  };
  const place = shown.open?.place;
  const isNear = place && message && shown.hosts.get(place.entry) === message.index;
  return isNear ? live(shown.open, () => draw(shownOf(screen.session))) : draw(shown);
}

function isOpenHere(shown, entry, call = null) {
  const place = shown.open?.place;
  return Boolean(place && place.entry === entry.key && place.call === (call?.key ?? null));
}

function changedFields(screen, shown, index, entry, label = "") {
  const fields = (changeOf(shown, index)?.fields || []).filter((f) => ["content", "reasoning"].includes(f.field));
  if (fields.length === 0 || isOpenHere(shown, entry)) return null;
  return drawFieldChanges(screen.session, shown, fields, label);
}

function changedCall(screen, shown, message, call, now) {
  const change = changeOf(shown, message.index)?.calls?.find((c) => c.before_index === call.index);
  if (!change || change.kind !== "changed" || isOpenHere(shown, shown.byParent.get(message.index), now)) return null;
  return drawCallChange(screen.session, shown, change);
}

function movedNote(entry, call) {
  const at = standingCalls(entry).indexOf(call);
  return el("div", { class: "dim moved", text: `now call ${at + 1} of ${standingCalls(entry).length}` });
}

/** Struck through; with the way back while a correction is open. */
function takenOut(screen, shown, entry, what = "") {
  const isEarlier = !entry;
  const text = `${what ? "The result is" : "This is"} taken out${isEarlier && shown.open ? " by the correction that stands" : ""}.`;
  const isLastOfMany = entry && nextIsGone(shown, entry);
  return el(
    "div",
    { class: "takenout" },
    el("span", { text: `✂ ${text}` }),
    shown.open && entry && entry.from !== null
      ? [
          button("Put it back", {
            class: "quiet",
            data: { focus: `back:${entry.key}` },
            onclick: () => Editor.restore(screen, entry.key),
          }),
          isLastOfMany
            ? button("Put back this and all after it", {
                class: "quiet",
                data: { focus: `backall:${entry.key}` },
                onclick: () => Editor.restoreFrom(screen, entry.key),
              })
            : null,
        ]
      : null,
  );
}

function nextIsGone(shown, entry) {
  const { entries } = shown.state;
  const after = entries.slice(entries.indexOf(entry) + 1).filter((e) => e.answers?.entry !== entry.key);
  return Boolean(after.find((e) => e.from !== null)?.removed);
}

function callTakenOut(screen, shown, entry, call) {
  return el(
    "div",
    { class: "takenout" },
    el("span", { text: "✂ The correction takes this call out, with its result." }),
    shown.open && call
      ? button("Put it back", {
          class: "quiet",
          data: { focus: `back:${call.key}` },
          onclick: () => Editor.restore(screen, entry.key, call.key),
        })
      : null,
  );
}

function addedCall(screen, shown, entry, call) {
  const isGone = call.removed;
  return el(
    "section",
    { class: `call added ${isGone ? "gone" : ""}`, "aria-label": `Added call of ${nameOf(shown.base, entry, call)}` },
    el(
      "header",
      {},
      el("span", { class: "plus", text: `+ added call, ${standingCalls(entry).indexOf(call) + 1} of ${standingCalls(entry).length} ` }),
      el("b", { class: "name", text: nameOf(shown.base, entry, call) || "(no tool)" }),
      el("span", { class: "grow" }),
      editButton(screen, entry, call),
    ),
    isOpenHere(shown, entry, call) ? null : el("pre", { class: "plain", text: argumentsOf(shown.base, entry, call) }),
    isGone ? callTakenOut(screen, shown, entry, call) : drawPlace(screen, shown, entry, call),
    hasResult(shown, call) ? null : el("div", { class: "dim", text: "No result: insert one (i) or cut from the next message on." }),
  );
}

function hasResult(shown, call) {
  return call.removed || resultsOf(shown.state, call.key).some((result) => !result.removed);
}

function editButton(screen, entry, call = null) {
  return button("Edit", {
    class: "quiet",
    data: { focus: `edit:${call?.key ?? entry.key}` },
    "aria-label": call ? "Edit the added call" : `Edit the added ${entry.role} message`,
    onclick: () => Editor.openEntry(screen, entry.key, call?.key ?? null),
  });
}

function addedMessage(screen, shown, entry) {
  const text = textOf(shown.base, entry);
  const isOpen = isOpenHere(shown, entry);
  return el(
    "section",
    { class: `addedmessage ${entry.role} ${entry.removed ? "gone" : ""}`, "aria-label": `Added ${entry.role} message` },
    el(
      "header",
      {},
      el("span", { class: "plus", text: `+ added ${roleOf(shown, entry)}` }),
      el("span", { class: "grow" }),
      editButton(screen, entry),
      button("Remove", { class: "quiet", data: { focus: `remove:${entry.key}` }, onclick: () => Editor.remove(screen, entry.key) }),
      button("Insert after", { class: "quiet", data: { focus: `insert:${entry.key}` }, onclick: () => Editor.insert(screen, entry.key) }),
    ),
    isOpen ? null : el("div", { class: "text", text: text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)} …` : text || "(empty)" }),
    entry.removed ? takenOut(screen, shown, entry) : [staleOf(screen, shown, entry), drawPlace(screen, shown, entry)],
    entry.removed ? null : entry.calls.filter((c) => !(c.removed && c.from === null)).map((call) => addedCall(screen, shown, entry, call)),
  );
}

function roleOf(shown, entry) {
  if (!entry.answers) return `${entry.role} message`;
  const step = entryOf(shown.state, entry.answers.entry);
  const call = step.calls.find((c) => c.key === entry.answers.call);
  return `result of ${nameOf(shown.base, step, call)}`;
}

/** What can be done with the selected message while a correction is open, in its card. */
export function placeTools(screen, card) {
  const { session } = screen;
  screen.tools?.remove();
  const shown = openOf(session) && shownOf(session);
  const entry = shown && shown.byParent.get(session.cursor.message);
  if (!entry || entry.removed) return;
  const tool = (label, command, title, onclick = () => screen.run(command)) =>
    button(label, {
      key: command ? keyOf(command) : undefined,
      class: "quiet",
      title,
      data: { focus: `tool:${label}` },
      onclick,
    });
  screen.tools = el(
    "div",
    { class: "cardtools", role: "group", "aria-label": "Change the messages here" },
    tool("Insert after", "insert", "A new message after this one"),
    tool("Delete", "remove", "This message; a step with its results"),
    tool("Cut from here", "cut", "This message and everything after it"),
    tool("Keep this, cut the rest", null, "Everything after this message", () => Editor.cutAfter(screen, entry.key)),
  );
  card.append(screen.tools);
}
