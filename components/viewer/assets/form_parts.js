// The pieces every field of a form has: its name, its kind, its notes, its ways to move and go.

import { button, el, fill, refill } from "./dom.js";
import { branchLabel } from "./form_schema.js";

/** A field's name with its marks: required, undeclared. */
export function fillName(label, field) {
  const { name, where, required, declared, description } = field;
  if (label.title !== description) label.title = description;
  refill(label, [name, where, required, declared], () => [
    where === "item" ? el("span", { class: "sr", text: "item " }) : null,
    name === "" && where === "member" ? '""' : name,
    required ? sign("freq", "*", "required") : null,
    required ? el("span", { class: "sr", text: " required" }) : null,
    declared ? null : sign("fstray", "+", "not declared by the tool"),
  ]);
}

/** A sign for the eye; screen readers are told in words. */
function sign(kind, text, title) {
  return el("span", { class: kind, title, "aria-hidden": "true", text });
}

/** The type, or a picker where the value may be of several kinds (or is of a wrong one). */
export function drawKind(act, id) {
  const node = el("div", { class: "fkind" });
  let drawn = {};
  return {
    node,
    show: (field) => {
      const { branches, at, kind } = field;
      if (drawn.branches === branches && drawn.at === at && drawn.kind === kind) return;
      drawn = { branches, at, kind };
      const isPicker = branches.length > 1 || at === -1;
      if (!isPicker) {
        // What every item of a list is stands at the list.
        const text = field.where === "item" ? "" : field.typeText;
        fill(node, el("span", { class: "dim", title: text, text }));
        return;
      }
      const picker = el(
        "select",
        {
          id,
          class: at === -1 ? "off" : "",
          "aria-label": `Kind of ${field.name || "value"}`,
          on: { change: () => act.choose(act.fieldOf(node), Number(picker.value)) },
        },
        at === -1 ? el("option", { value: "-1", text: `▲ ${field.kind}` }) : null,
        branches.map((branch, i) => el("option", { value: String(i), text: branchLabel(branch) })),
      );
      picker.value = String(at);
      fill(node, picker);
    },
  };
}

/** Moving and removing, for the pointer; the keyboard has Alt+arrows and Alt+Delete. */
export function drawActions(act, fieldNow) {
  const small = (text, title, onclick) =>
    button(text, { class: "quiet fact", tabindex: "-1", title, "aria-label": title, onclick });
  const up = small("↑", "Move up (Alt+↑)", () => act.move(fieldNow(), -1));
  const down = small("↓", "Move down (Alt+↓)", () => act.move(fieldNow(), 1));
  const drop = small("✕", "Remove (Alt+Delete)", () => act.remove(fieldNow()));
  return {
    node: el("div", { class: "factions" }, up, down, drop),
    show: (field) => {
      const isItem = field.where === "item";
      up.hidden = !isItem;
      down.hidden = !isItem;
      up.disabled = field.index === 0;
      down.disabled = field.index === field.count - 1;
      drop.hidden = field.where === "root";
    },
  };
}

/** Python's problems, else the browser's hints, and what may be meant, each one key away. */
export function drawNotes(act, id) {
  const node = el("div", { id, class: "fnotes" });
  const now = {};
  let drawn = "";
  return {
    node,
    show: (field) => {
      const shown = act.notesOf(field);
      const fixes = act.fixesOf(field);
      Object.assign(now, { field, fixes });
      const keys = fixes.map((fix) => act.keyOf(fix));
      const key = JSON.stringify([shown, fixes.map((f) => f.label), keys]);
      if (key !== drawn) {
        drawn = key;
        fill(
          node,
          shown.map(noteLine),
          fixes.map((fix, i) =>
            button(fix.label, {
              key: keys[i] ? `Alt ${keys[i]}` : null,
              class: "ffix",
              "aria-keyshortcuts": keys[i] ? `Alt+${keys[i]}` : null,
              onclick: () => act.apply(now.field, now.fixes[i]),
            }),
          ),
        );
      }
      return { isInvalid: shown.length > 0, isVerdict: shown.some((note) => note.isVerdict) };
    },
  };
}

function noteLine({ message, hint, isVerdict }) {
  return el(
    "div",
    { class: isVerdict ? "fproblem" : "fhint" },
    el("span", { class: "sev", text: isVerdict ? "▲ " : "◇ " }),
    isVerdict ? null : el("span", { class: "sr", text: "hint: " }),
    message,
    hint ? el("span", { class: "dim", text: ` ${hint}` }) : null,
  );
}
