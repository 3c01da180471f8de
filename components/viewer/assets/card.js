// One message as a card; a step with its calls, their results, findings, marks and editor in it.

import { ICONS, button, el, plural, sanitised } from "./dom.js";
import { drawCall } from "./call.js";
import { correctionClass, correctionSignature, drawAtText, drawInCard } from "./corrected.js";
import { Editor } from "./editor.js";
import { folded } from "./folding.js";
import { keyOf } from "./keymap.js";
import { markChips } from "./marks.js";
import { paintSpans } from "./highlight.js";
import { pickingHere } from "./picking.js";
import { PickingView, pickingSignature } from "./picking_view.js";
import { recoveryOf } from "./recovery.js";
import { resultText } from "./result_view.js";
import { selectMessage } from "./commands.js";
import { drawTries, triesSignature } from "./tries_panel.js";

const LONG_CHARS = 2400;

/** What a card shows of the annotation, in its heading and below it; what is equal needs no redraw. */
export function signatureOf(session, message, state) {
  const { annotation } = state;
  const marks = annotation.marks.filter((m) => m.anchor.message_index === message.index);
  const verdict = annotation.step_verdicts[message.index] || "";
  const tries = triesSignature(session, message, annotation);
  const recovery = recoveryOf(annotation, message.index);
  const picking = pickingSignature(session, message);
  const inBody = marks.filter((m) => m.anchor.call_index !== null || m.anchor.span);
  return {
    heading: JSON.stringify([verdict, recovery, marks.filter(isInHeading)]),
    body: JSON.stringify([inBody, picking, correctionSignature(session, message), tries]),
  };
}

function isInHeading(mark) {
  return mark.anchor.call_index === null;
}

export function drawCard(screen, message, state, findings) {
  const { annotation } = state;
  const marks = annotation.marks.filter((m) => m.anchor.message_index === message.index);
  const verdict = annotation.step_verdicts[message.index];
  const found = findings.get(message.index) || [];
  const index = message.index;
  const picking = pickingHere(screen.session);
  const context = { screen, message, marks, found, state, picking: picking?.message === index ? picking : null };
  return el(
    "article",
    {
      class: classOf(screen.session, message, verdict),
      data: { index: String(index) },
      "aria-label": labelOf(message, verdict),
      on: { click: (event) => pick(screen.session, event, index) },
    },
    heading(context, verdict),
    stepFindings(found, message),
    body(context),
    message.calls.map((call) => drawCall(context, call)),
    drawTries(screen, message, annotation),
    drawInCard(screen, message),
  );
}

/** Draw the heading of a card anew, and what a verdict says of the card as a whole. */
export function redrawHeading(screen, card, message, state, findings) {
  const marks = state.annotation.marks.filter((m) => m.anchor.message_index === message.index);
  const verdict = state.annotation.step_verdicts[message.index];
  const here = card.classList.contains("here") ? " here" : "";
  card.className = classOf(screen.session, message, verdict) + here;
  card.setAttribute("aria-label", labelOf(message, verdict));
  card.querySelector(":scope > header").replaceWith(
    heading({ screen, message, marks, state, found: findings.get(message.index) || [] }, verdict),
  );
}

function classOf(session, message, verdict) {
  const isStep = message.step !== null;
  return `msg ${message.role} ${isStep ? "step" : ""} ${verdict || ""} ${correctionClass(session, message)}`;
}

function labelOf(message, verdict) {
  return message.step !== null ? `Step ${message.step}${verdict ? `, ${verdict}` : ""}` : message.role;
}

/** A click anywhere selects the message, but does not disturb selecting text or using controls. */
function pick(session, event, index) {
  if (event.target.closest("button, summary, input, textarea, a")) return;
  if (String(window.getSelection() || "")) return;
  const call = event.target.closest(".call");
  const row = event.target.closest("tr[data-pointer]");
  if (!call) selectMessage(session, index);
  else {
    const pointer = row ? row.dataset.pointer : null;
    session.cursor = { message: index, call: Number(call.dataset.call), pointer };
  }
}

function heading({ screen, message, marks, found, state }, verdict) {
  const recovery = recoveryOf(state.annotation, message.index);
  const isStep = message.step !== null;
  const own = marks.filter(isInHeading);
  return el(
    "header",
    {},
    isStep ? el("span", { class: "no num", text: String(message.step) }) : null,
    el("span", {
      class: "role",
      role: "heading",
      "aria-level": "3",
      "aria-label": isStep ? `Step ${message.step}, ${roleText(message)}` : null,
      text: roleText(message),
    }),
    verdict
      ? el("span", { class: `verdict ${verdict}`, text: `${ICONS[verdict]} ${verdict}` })
      : null,
    recovery.map((label) =>
      el("span", { class: `recovered ${label}`, title: "How this step deals with an earlier error", text: `${ICONS.recovery} ${label}` }),
    ),
    repeatedSigns(found, message),
    markChips(screen, own),
    el("span", { class: "grow" }),
    editable(message)
      ? button("Edit text", {
          key: keyOf("edit"),
          class: "quiet onhere",
          onclick: () => Editor.open(screen, { message: message.index, call: null, pointer: null }),
        })
      : null,
  );
}

function roleText(message) {
  if (message.orphan) return `tool result that answers no call${nameOf(message)}`;
  return message.role + nameOf(message);
}

function nameOf(message) {
  return message.name ? ` · ${message.name}` : "";
}

function editable(message) {
  return message.role === "assistant";
}

function ofStep(found, message) {
  return found.filter((f) => f.call === null || !message.calls[f.call]);
}

/** What was read in full at an earlier step already: a sign in the heading. */
function repeatedSigns(found, message) {
  return ofStep(found, message)
    .filter((f) => f.isRepeated)
    .map((f) =>
      el("span", {
        class: `sev again ${f.severity}`,
        title: `${f.message} ${f.hint || ""}`.trim(),
        text: `${ICONS[f.severity]} ${f.check.split("/").at(-1)}`,
      }),
    );
}

function stepFindings(found, message) {
  return ofStep(found, message).filter((f) => !f.isRepeated).map((f) => findingLine(f));
}

/** A finding in one line: icon, word, sentence, remedy. */
export function findingLine(finding) {
  return el(
    "div",
    { class: `finding ${finding.severity}`, title: finding.check },
    el("span", { class: "sev", text: `${ICONS[finding.severity]} ${finding.severity}` }),
    ` ${finding.message}`,
    finding.hint ? el("span", { class: "dim", text: ` ${finding.hint}` }) : null,
  );
}

function body(context) {
  const { screen, message, marks, picking } = context;
  return [
    message.reasoning ? reasoning(context) : null,
    el("div", { class: "said" }, picking?.field === "content" ? picked(screen, picking) : words(screen.session, message, marks)),
    (message.parts || []).map((part) => el("pre", { class: "plain part", text: part })),
    drawAtText(screen, message),
  ];
}

function reasoning({ screen, message, marks, picking }) {
  if (picking?.field === "reasoning") return el("div", { class: "reasoning" }, picked(screen, picking));
  return folded(screen.session, `reasoning:${message.index}`, {
    className: "reasoning",
    summary: [el("span", { class: "dim", text: "reasoning " }), message.reasoning.slice(0, 140)],
    make: () => painted(el("div", { class: "text", text: message.reasoning }), message, "reasoning", marks),
  });
}

function picked(screen, picking) {
  const view = new PickingView(screen.session, picking);
  view.node.pickingView = view;
  return view.node;
}

/** A box that shows a text of the message, with the marked words in it lit. */
function painted(box, message, field, marks) {
  box.dataset.field = field;
  paintSpans(box, message, field, marks);
  return box;
}

function words(session, message, marks) {
  const { text, role, index } = message;
  if (!text) return message.calls.length === 0 ? el("div", { class: "dim", text: "(empty)" }) : null;
  if (!text.trim()) return el("div", { class: "dim", text: `(blank: ${plural(text.length, "space")} or line break)` });
  if (role === "tool") return resultText(session, index, text);
  const isFrame = role === "system" || role === "developer";
  if (!isFrame && text.length <= LONG_CHARS) return speech(message, marks);
  return folded(session, `text:${index}`, {
    className: "holds",
    summary: [
      el("span", { class: "preview", text: text.slice(0, 200) }),
      el("span", { class: "dim", text: ` ${text.length.toLocaleString("en")} characters` }),
    ],
    make: () => speech(message, marks),
  });
}

function speech(message, marks) {
  const node = el("div", { class: message.html ? "text words md" : "text words" });
  if (message.html) node.append(sanitised(message.html));
  else node.textContent = message.text;
  return painted(node, message, "content", marks);
}
