// The tries of a step in its card: one calm line; opened, the reference and the tries in columns.
//
// The panel answers keys itself while the focus is in it (data-keys "own"); they are printed on the
// buttons of the chosen column.

import { drawHunks } from "./diff.js";
import { ICONS, button, el, keycap, plural } from "./dom.js";
import { folded } from "./folding.js";
import { isComposing, keyOf, plainKey } from "./keymap.js";
import { promote } from "./promote.js";
import { columnsFor, countOfTries, matched, names, pageOf, rulingOf, summary, triesAt } from "./tries.js";
import { callBox } from "./tries_call.js";

const RULINGS = { alternative: "alternative", rejected: "rejected" };
const LONG_TEXT = 1600;

/** What a card shows of the tries of its step; equal signatures need no redraw. */
export function triesSignature(session, message, annotation) {
  const { others } = triesAt(session.view, message.index);
  if (others.length === 0) return "";
  const at = session.triesOpen;
  const open = at?.uid === session.current && at.index === message.index ? at : null;
  return [others.map((one) => rulingOf(annotation, message.index, one.id)), open && [open.at, columnsFor(window.innerWidth)]];
}

/** The line, and the panel when it is open; null where nobody else answered. */
export function drawTries(screen, message, annotation) {
  const { session } = screen;
  const { same, others } = triesAt(session.view, message.index);
  if (same.length + others.length === 0) return null;
  const { head, rest } = summary(session.view, annotation, message.index);
  if (others.length === 0) return el("div", { class: "triesline dim", text: `≡ ${rest}` });
  const open = openAt(session, message.index);
  const line = el(
    "div",
    { class: "triesline" },
    button(`${head} ${open ? "▾" : "▸"}`, {
      key: keyOf("tries"),
      class: "quiet",
      "aria-expanded": String(Boolean(open)),
      onclick: () => toggleTries(screen, message.index),
    }),
    rest ? el("span", { class: "dim", text: rest }) : null,
  );
  return [line, open ? panel(screen, message, annotation, open.at) : null];
}

function openAt(session, index) {
  const { triesOpen: open } = session;
  return open && open.uid === session.current && open.index === index ? open : null;
}

/** Open the tries of a step (of the selected one), or close them. */
export function toggleTries(screen, index = screen.session.cursor.message) {
  const s = screen.session;
  if (index === null || triesAt(s.view, index).others.length === 0) {
    const { same } = triesAt(s.view, index);
    s.say(same.length > 0 ? "Everybody said the same here." : "No other answer for this step is on record.");
    return;
  }
  if (openAt(s, index)) close(screen);
  else show(screen, index, 0);
}

function show(screen, index, at) {
  const s = screen.session;
  const before = s.triesOpen;
  s.triesOpen = { uid: s.current, index, at };
  if (s.cursor.message !== index) s.cursor = { message: index, call: null, pointer: null };
  if (before && before.uid === s.current && before.index !== index) screen.trace.redraw(before.index);
  screen.trace.redraw(index);
  focusPanel(screen);
}

function close(screen) {
  const s = screen.session;
  const { index } = s.triesOpen;
  s.triesOpen = null;
  screen.trace.redraw(index);
  screen.trace.node.focus({ preventScroll: true });
}

/** The focus goes into the panel, drawn anew or not. */
function focusPanel(screen) {
  const node = screen.root.querySelector(".trace.shown .tries");
  node?.focus({ preventScroll: true });
  node?.scrollIntoView({ block: "nearest" });
}

// Keys ----------------------------------------------------------------------------------------

function onKey(screen, message, at, event) {
  if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const { others } = triesAt(screen.session.view, message.index);
  const one = others[at];
  const does = {
    ArrowLeft: () => show(screen, message.index, Math.max(0, at - 1)),
    ArrowRight: () => show(screen, message.index, Math.min(others.length - 1, at + 1)),
    p: () => promoteTry(screen, message, one),
    k: () => rule(screen, message, one, "alternative"),
    x: () => rule(screen, message, one, "rejected"),
    o: () => openPath(screen),
    z: () => screen.run("undo"),
    Z: () => screen.run("redo"),
    Escape: () => close(screen),
    [keyOf("tries")]: () => close(screen),
  }[plainKey(event)];
  if (!does) return;
  event.preventDefault();
  event.stopPropagation();
  does();
  if (screen.session.triesOpen) focusPanel(screen);
}

/** Say what a try is; the same again takes it back. */
function rule(screen, message, one, ruling) {
  const s = screen.session;
  const { annotation } = s.stateOf(s.current);
  const now = rulingOf(annotation, message.index, one.id);
  s.act("try", { message_index: message.index, try_id: one.id, ruling: now === ruling ? null : ruling });
}

/** Open or close what followed the chosen try. */
function openPath(screen) {
  const fold = screen.root.querySelector(".trace.shown .tries .chosen .path");
  if (fold) fold.open = !fold.open;
}

function promoteTry(screen, message, one) {
  close(screen);
  promote(screen, message.index, one);
}

// Drawing -------------------------------------------------------------------------------------

function panel(screen, message, annotation, chosen) {
  const { others, same } = triesAt(screen.session.view, message.index);
  const { from, to } = pageOf(chosen, others.length, columnsFor(window.innerWidth));
  return el(
    "section",
    {
      class: "tries",
      tabindex: "-1",
      data: { keys: "own" },
      "aria-label": `Tries of step ${message.step}: ${chosen + 1} of ${others.length} chosen`,
      on: { keydown: (event) => onKey(screen, message, chosen, event) },
    },
    bar(screen, message, others, chosen, { from, to }),
    el(
      "div",
      { class: "columns", style: `--columns:${to - from + 1}` },
      referenceColumn(message, same),
      others.slice(from, to).map((one, i) => tryColumn(screen, message, annotation, one, { at: from + i, chosen })),
    ),
  );
}

function bar(screen, message, others, chosen, { from, to }) {
  const shown = to - from < others.length ? `${to - from > 1 ? `${from + 1}–${to}` : to} of ${others.length}` : countOfTries(others.length);
  const go = (delta) => () => {
    show(screen, message.index, Math.max(0, Math.min(others.length - 1, chosen + delta)));
  };
  return el(
    "header",
    {},
    button("previous", { key: "←", class: "quiet", disabled: chosen === 0, onclick: go(-1) }),
    button("next", { key: "→", class: "quiet", disabled: chosen === others.length - 1, onclick: go(1) }),
    el("span", { class: "dim num", text: shown }),
    el("span", { class: "grow" }),
    button("close", { key: "Esc", class: "quiet", onclick: () => close(screen) }),
  );
}

function referenceColumn(message, same) {
  const calls = message.calls.map((call) => ({ state: "same", call, before: call, change: null }));
  return el(
    "article",
    { class: "column reference", "aria-label": "The reference" },
    el("header", {}, el("b", { text: "Reference" }), same.length > 0 ? el("span", { class: "dim", text: `≡ ${names(same)} said the same` }) : null),
    textOf(message.text, message.calls.length),
    calls.map((row) => callBox(row)),
  );
}

function tryColumn(screen, message, annotation, one, { at, chosen }) {
  const isChosen = at === chosen;
  const ruling = rulingOf(annotation, message.index, one.id);
  const choose = (event) => {
    if (isChosen || event.target.closest("button, summary") || String(window.getSelection() || "")) return;
    show(screen, message.index, at);
  };
  return el(
    "article",
    {
      class: `column ${isChosen ? "chosen" : ""} ${ruling || ""}`,
      "aria-label": `Try ${at + 1}${ruling ? `, ${RULINGS[ruling]}` : ""}`,
      "aria-current": isChosen ? "true" : null,
      on: { click: choose },
    },
    el(
      "header",
      {},
      el("b", { class: "num", text: `Try ${at + 1}` }),
      ruling ? el("span", { class: `ruling ${ruling}`, text: `${ICONS[ruling]} ${ruling}` }) : null,
      el("span", { class: "dim by", text: saidBy(one) }),
    ),
    one.facts.length > 0 ? el("div", { class: "dim facts", text: one.facts.join(" · ") }) : null,
    one.problems.map((problem) => problemLine(problem)),
    changedText(message, one),
    matched(message, one).map((row) => callBox(row)),
    whatFollowed(screen.session, message, one, isChosen),
    actions(screen, message, one, ruling, isChosen),
  );
}

/** The rest of the branch that a search took with this try. */
function whatFollowed(session, message, one, isChosen) {
  if (one.path.length === 0) return null;
  return folded(session, `path:${message.index}:${one.id}`, {
    className: "path",
    summary: [
      isChosen ? keycap("o") : null,
      el("span", { class: "dim", text: ` what followed, ${plural(one.path.length, "message")}` }),
    ],
    make: () =>
      el(
        "ol",
        {},
        one.path.map(({ role, text, calls }) =>
          el(
            "li",
            { class: role },
            el("span", { class: "dim", text: `${role} ` }),
            text.trim() ? el("span", { class: "text", text }) : null,
            calls.map((call) => el("code", { text: call })),
          ),
        ),
      ),
  });
}

function saidBy({ models, n }) {
  const by = models.map(({ model, perplexity }) => (perplexity === null ? model : `${model} (perplexity ${perplexity.toFixed(2)})`));
  return `${by.join(", ")}${n > models.length ? ` · said ${n} times` : ""}`;
}

function actions(screen, message, one, ruling, isChosen) {
  const act = (label, key, pressed, onclick, title) =>
    button(label, {
      key: isChosen ? key : undefined,
      "aria-pressed": pressed === null ? null : String(pressed),
      title,
      onclick: () => {
        onclick();
        if (screen.session.triesOpen) focusPanel(screen);
      },
    });
  return el(
    "footer",
    {},
    act("⇧ Promote", "p", null, () => promoteTry(screen, message, one), "Make it the reference: a correction"),
    act(`${ICONS.alternative} Keep`, "k", ruling === "alternative", () => rule(screen, message, one, "alternative"), "Keep it as an alternative: as good as the reference"),
    act(`${ICONS.rejected} Reject`, "x", ruling === "rejected", () => rule(screen, message, one, "rejected"), "Worse than the reference: the other side of a preference pair"),
  );
}

function problemLine({ severity, message, hint }) {
  return el(
    "div",
    { class: `finding ${severity}`, title: hint || null },
    el("span", { class: "sev", text: `${ICONS[severity]} ${severity}` }),
    ` ${message}`,
  );
}

function textOf(text, nCalls) {
  if (!text.trim()) return nCalls === 0 ? el("div", { class: "dim", text: "(empty)" }) : null;
  const cut = text.length > LONG_TEXT ? `${text.slice(0, LONG_TEXT)} …` : text;
  return el("div", { class: "text", text: cut });
}

/** The words of a try against those of the reference. */
function changedText(message, one) {
  const field = one.change?.fields.find((f) => f.field === "content");
  if (!field || (field.before || "") === (field.after || "")) {
    return message.text.trim() ? el("div", { class: "dim", text: "= the same words" }) : null;
  }
  if (!message.text.trim()) return textOf(one.text, one.calls.length);
  if (!one.text.trim()) return el("div", { class: "dim", text: "− no words" });
  return el("div", { class: "change text" }, drawHunks(field.hunks));
}
