// Marks as chips: in the card they are about, with what can be done to them.

import { button, el } from "./dom.js";
import { askAlike, sourceOfMark } from "./alike_asking.js";
import { changeMark } from "./commands.js";
import { isComposing, keysHint } from "./keymap.js";

const SEVERITY_SIGNS = { minor: "▽", major: "▼", critical: "▼▼" };
const NEXT = { minor: "major", major: "critical", critical: "minor" };

/** Chips of these marks; each opens to severity, root cause, note and removal. */
export function markChips(screen, marks) {
  return marks.map((mark) => chip(screen, mark));
}

function chip(screen, mark) {
  const s = screen.session;
  const category = categoryOf(s, mark);
  const title = category ? category.title : mark.category;
  const chipNode = el(
    "span",
    {
      class: `mark ${mark.severity}`,
      data: { mark: mark.mark_id },
      title: `${title} (${mark.taxonomy})\n${category?.definition || ""}\n${mark.note}`,
    },
    el("span", { "aria-hidden": "true", text: `${SEVERITY_SIGNS[mark.severity]} ` }),
    el("b", { text: title }),
    button(mark.severity, {
      class: "inchip",
      title: "Change severity (s)",
      onclick: () => changeMark(s, mark, { severity: NEXT[mark.severity] }),
    }),
    button(mark.root_cause ? "root cause" : "◎", {
      class: mark.root_cause ? "inchip on" : "inchip",
      title: "Root cause of the failure (b)",
      "aria-pressed": String(mark.root_cause),
      onclick: () => changeMark(s, mark, { root_cause: !mark.root_cause }),
    }),
    button("others", {
      class: "inchip",
      title: `The others like this: mark them as well${keysHint("alike")}`,
      onclick: () => askAlike(s, sourceOfMark(mark)),
    }),
    button("✎", {
      class: "inchip",
      title: "Note on this mark",
      "aria-label": `Note on ${title}`,
      onclick: () => writeNote(screen, chipNode, mark),
    }),
    button("×", {
      class: "inchip",
      title: "Remove (d)",
      "aria-label": `Remove ${title}`,
      onclick: () => s.act("unmark", { mark_id: mark.mark_id }),
    }),
    mark.note ? el("span", { class: "marknote", text: mark.note }) : null,
  );
  return chipNode;
}

function writeNote(screen, chipNode, mark) {
  const input = el("input", {
    type: "text",
    value: mark.note,
    maxlength: "500",
    "aria-label": "Note on this mark",
    placeholder: "Enter keeps it, Esc drops it",
  });
  const done = (keep) => {
    input.onblur = null;
    input.remove();
    if (keep && input.value !== mark.note) changeMark(screen.session, mark, { note: input.value });
  };
  input.onkeydown = (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter") done(true);
    if (event.key === "Escape") done(false);
  };
  input.onblur = () => done(true);
  chipNode.append(input);
  input.focus();
}

/** The category of a mark, whichever taxonomy it is from. */
export function categoryOf(session, mark) {
  const taxonomy = session.boot.taxonomies.find((t) => t.name === mark.taxonomy);
  const name = taxonomy?.renamed?.[mark.category] ?? mark.category;
  return taxonomy?.categories.find((c) => c.name === name);
}
