// One line of a form: a value with its control, or a required one that is missing.
//
// A component is {node, input, shape, show(field)}. `show` brings what is drawn up to date, so that
// the one who types keeps the caret; a field of another shape needs a component of its own.

import { button, el } from "./dom.js";
import { drawControl, isSameTyping } from "./form_controls.js";
import { drawActions, drawKind, drawNotes, fillName } from "./form_parts.js";

/** Whether a component can show this field. While somebody types, textual controls are one. */
export function isSame(act, component, field) {
  if (component.shape === shapeOf(field)) return true;
  const [control, where] = component.shape.split(" ");
  const typing = component.input && act.isFocused(component.input);
  return Boolean(typing) && where === field.where && isSameTyping(control, field.control);
}

/** What a component is made for; it can show every field of the same shape. */
export function shapeOf(field) {
  const long = field.choices && field.control === "choice" ? field.choices.length : "";
  return `${field.control} ${field.where} ${long}`;
}

/** A value that holds no others. */
export function drawLine(act, field) {
  const id = act.newId();
  const control = drawControl(act, field, id);
  const { input } = control;
  const now = { field };
  const label = el("label", { for: id, class: "fname" });
  const kind = drawKind(act, `${id}-kind`);
  const notes = drawNotes(act, `${id}-notes`);
  const actions = drawActions(act, () => now.field);
  input.setAttribute("aria-describedby", `${id}-notes ${act.aboutId}`);
  const node = el(
    "div",
    { class: "frow" },
    label,
    el("div", { class: "fvalue" }, control.node),
    kind.node,
    actions.node,
    notes.node,
  );
  act.own(node, () => now.field);
  const show = (next) => {
    now.field = next;
    input.dataset.field = next.id;
    fillName(label, next);
    control.show(next);
    kind.show(next);
    actions.show(next);
    showState(act, input, notes, next);
  };
  show(field);
  return { node, input, shape: shapeOf(field), show };
}

function showState(act, input, notes, field) {
  const { isInvalid, isVerdict } = notes.show(field);
  input.classList.toggle("sure", isVerdict);
  if (isInvalid) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (field.required) input.setAttribute("aria-required", "true");
}

/** A required argument that is not there, with the button that adds it. */
export function drawMissing(act, field) {
  const now = { field };
  const name = el("span", { class: "fname" });
  const notes = drawNotes(act, act.newId());
  const type = el("span", { class: "dim" });
  const said = el("span", { class: "fgone" });
  const add = button("add", { class: "fadd", onclick: () => act.add(now.field) });
  const node = el(
    "div",
    { class: "frow fmissing" },
    name,
    el("div", { class: "fvalue" }, said, add),
    el("div", { class: "fkind" }, type),
    el("div", { class: "factions" }),
    notes.node,
  );
  act.own(node, () => now.field);
  const show = (next) => {
    now.field = next;
    add.dataset.field = next.id;
    add.setAttribute("aria-label", `Add ${next.name}`);
    type.textContent = next.typeText;
    fillName(name, { ...next, declared: true });
    const isVerdict = next.problems.length > 0;
    said.textContent = isVerdict ? "▲ missing" : "◇ missing";
    said.classList.toggle("sure", isVerdict);
    // The line says by itself that it is missing; only what is more than that is spelled out.
    const more = next.problems.filter((p) => p.pointer !== next.pointer);
    notes.show({ ...next, hints: [], problems: more });
  };
  show(field);
  return { node, input: add, shape: shapeOf(field), show };
}
