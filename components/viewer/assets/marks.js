// Marks as chips: in the card they are about, with what can be done to them.

import { ICONS, button, el } from "./dom.js";
import { askAlike, sourceOfMark } from "./alike_asking.js";
import { keysHint } from "./keymap.js";
import { editField } from "./mark_fields.js";
import { causeOf } from "./mark_links.js";
import { changeMark } from "./marking.js";
import { unitSpan } from "./grounding.js";
import { fieldText, shortQuote } from "./spans.js";

const SEVERITY_SIGNS = { minor: "▽", major: "▼", critical: "▼▼" };
const NEXT = { minor: "major", major: "critical", critical: "minor" };

/** Chips of these marks; each opens to severity, cause, learning, note and removal. */
export function markChips(screen, marks) {
  return marks.map((mark) => chip(screen, mark));
}

function chip(screen, mark) {
  const s = screen.session;
  const title = titleOf(s, mark);
  const toggle = (label, isOn, command, about, changes) =>
    button(label, {
      class: isOn ? "inchip on" : "inchip",
      title: `${about}${keysHint(command)}`,
      "aria-label": `${about}: ${title}`,
      "aria-pressed": String(isOn),
      onclick: () => changeMark(s, mark, changes),
    });
  const chipNode = el(
    "span",
    {
      class: `mark ${mark.severity}${mark.train ? "" : " unlearnt"}`,
      data: { mark: mark.mark_id },
      title: `${title} (${mark.taxonomy})\n${categoryOf(s, mark)?.definition || ""}\n${mark.note}`,
    },
    el("span", { "aria-hidden": "true", text: `${SEVERITY_SIGNS[mark.severity]} ` }),
    el("b", { text: title }),
    quote(screen, mark),
    button(mark.severity, {
      class: "inchip",
      title: `Change severity${keysHint("severity")}`,
      onclick: () => changeMark(s, mark, { severity: NEXT[mark.severity] }),
    }),
    toggle(mark.root_cause ? `${ICONS.root} root cause` : ICONS.root, mark.root_cause, "root-cause",
      "Root cause of the failure", { root_cause: !mark.root_cause }),
    canBeUnlearnt(s, mark)
      ? toggle(mark.train ? ICONS.unlearnt : `${ICONS.unlearnt} do not learn`, !mark.train, "do-not-learn",
          "Error, do not learn", { train: !mark.train })
      : null,
    cause(screen, mark),
    button("others", {
      class: "inchip",
      title: `The others like this: mark them as well${keysHint("alike")}`,
      onclick: () => askAlike(s, sourceOfMark(mark)),
    }),
    button("✎", {
      class: "inchip",
      title: "Note on this mark",
      "aria-label": `Note on ${title}`,
      onclick: () => editField(screen, chipNode, mark, "note"),
    }),
    button("×", {
      class: "inchip",
      title: `Remove${keysHint("unmark")}`,
      "aria-label": `Remove ${title}`,
      onclick: () => s.act("unmark", { mark_id: mark.mark_id }),
    }),
    mark.note ? el("span", { class: "marknote", text: mark.note }) : null,
    clarification(screen, mark, () => chipNode),
  );
  return chipNode;
}

/** The words a mark is on; a click shows where they stand. */
function quote(screen, mark) {
  const { span, field, message_index: index } = mark.anchor;
  const message = screen.session.view.messages[index];
  if (!span || !message) return null;
  const text = fieldText(message, field);
  const words = text.slice(...unitSpan(text, span));
  return button(`${field === "reasoning" ? "reasoning " : ""}“${shortQuote(words)}”`, {
    class: "inchip quoted",
    title: `Show these words\n${words.slice(0, 600)}`,
    onclick: () => screen.trace.showSpan(mark),
  });
}

/** The error this one follows from, and the way there. */
function cause(screen, mark) {
  const s = screen.session;
  const from = causeOf(s.stateOf(s.current).annotation.marks, mark);
  if (!from) return null;
  const message = s.view.messages[from.anchor.message_index];
  const place = !message ? "the whole" : message.step !== null ? `step ${message.step}` : message.role;
  return button(`${ICONS.effect} from ${place} · ${titleOf(s, from)}`, {
    class: "inchip on caused",
    title: `Follows from this error: go there. The link is set and taken away by a key${keysHint("caused-by")}`,
    onclick: () => s.select(from.anchor),
  });
}

/** What should have been asked: on marks of the user's turns always, on others once it was said. */
function clarification(screen, mark, chipNode) {
  const asked = mark.expected_clarification;
  const isUsers = screen.session.view.messages[mark.anchor.message_index]?.role === "user";
  if (!asked && !isUsers) return null;
  return button(asked ? `should have asked: “${asked}”` : "? what should have been asked", {
    class: asked ? "inchip asked on" : "inchip asked",
    title: `What the assistant should have asked${keysHint("clarification")}`,
    onclick: () => editField(screen, chipNode(), mark, "expected_clarification"),
  });
}

function canBeUnlearnt(session, mark) {
  return session.view.messages[mark.anchor.message_index]?.role === "assistant";
}

function titleOf(session, mark) {
  return categoryOf(session, mark)?.title || mark.category;
}

/** The category of a mark, whichever taxonomy it is from. */
export function categoryOf(session, mark) {
  const taxonomy = session.boot.taxonomies.find((t) => t.name === mark.taxonomy);
  const name = taxonomy?.renamed?.[mark.category] ?? mark.category;
  return taxonomy?.categories.find((c) => c.name === name);
}
