// Objects and lists of a form: a head that folds, the fields inside, and a way to add one.
//
// Fields are kept by their id: only what is new, gone or of another shape touches the document.

import { button, el } from "./dom.js";
import { drawCombobox } from "./form_combobox.js";
import { troubles } from "./form_fields.js";
import { drawActions, drawKind, drawNotes, fillName } from "./form_parts.js";
import { drawLine, drawMissing, isSame, shapeOf } from "./form_rows.js";

const MOST_PREVIEW = 90;
const PAGE = 40; // fields of one group that are drawn before somebody asks for more

/** Draw a field: the component fits it until `isSame` says otherwise. */
export function drawField(act, field) {
  if (field.where === "missing") return drawMissing(act, field);
  const isGroup = field.control === "object" || field.control === "array";
  return isGroup ? drawGroup(act, field) : drawLine(act, field);
}

function drawGroup(act, field) {
  const id = act.newId();
  const now = { field };
  const isRoot = field.where === "root";
  const body = el("div", { id: `${id}-body`, class: isRoot ? "fbody" : "fbody inner" });
  const inside = drawInside(act, id, body);
  const notes = drawNotes(act, `${id}-notes`);
  const head = isRoot ? null : drawHead(act, id, now);
  const node = el(
    "div",
    { class: "fgroup", ...(isRoot ? {} : { role: "group", "aria-labelledby": `${id}-name` }) },
    head?.node,
    notes.node,
    body,
  );
  act.own(node, () => now.field);
  const show = (next) => {
    now.field = next;
    const open = act.isOpen(next);
    head?.show(next, open);
    notes.show(next);
    body.hidden = !open;
    if (open) inside.show(next); // what nobody sees is drawn when it is opened
  };
  show(field);
  return { node, input: head?.input ?? null, shape: shapeOf(field), show };
}

function drawHead(act, id, now) {
  const name = el("span", { class: "fname", id: `${id}-name` });
  const arrow = el("span", { class: "farrow", "aria-hidden": "true" });
  const fold = el(
    "button",
    {
      type: "button",
      class: "ffold",
      "aria-controls": `${id}-body`,
      "aria-describedby": `${id}-notes ${act.aboutId}`,
      on: { click: () => act.fold(now.field), keydown: (event) => act.onFoldKey(event, now.field) },
    },
    arrow,
    name,
  );
  const size = el("span", { class: "dim fsize" });
  const worst = el("span", { class: "fworst" });
  const kind = drawKind(act, `${id}-kind`);
  const actions = drawActions(act, () => now.field);
  return {
    node: el(
      "div",
      { class: "fhead" },
      [fold, size, worst, el("span", { class: "grow" }), kind.node, actions.node],
    ),
    input: fold,
    show: (field, open) => {
      fold.dataset.field = field.id;
      fold.setAttribute("aria-expanded", String(open));
      arrow.textContent = open ? "▾" : "▸";
      fillName(name, field);
      const count = troubles(field, act.notesOf);
      worst.textContent = count > 0 && !open ? `▲ ${count}` : "";
      size.textContent = open ? sizeOf(field) : previewOf(field);
      kind.show(field);
      actions.show(field);
    },
  };
}

function sizeOf(field) {
  const n = field.children.length;
  if (field.kind === "array") return n === 1 ? "1 item" : `${n} items`;
  return n === 0 ? "empty" : "";
}

function previewOf(field) {
  const raw = field.raw.replace(/\s+/g, " ");
  return raw.length > MOST_PREVIEW ? `${raw.slice(0, MOST_PREVIEW)}…` : raw;
}

/** What a group holds: fields by their id, and the ways to add one. */
function drawInside(act, id, body) {
  const drawn = new Map();
  let tail = null;
  let page = PAGE;
  const more = button("", {
    class: "quiet",
    onclick: () => {
      page *= 5;
      act.settle();
    },
  });
  const componentOf = (field) => {
    const known = drawn.get(field.id);
    if (known && isSame(act, known, field)) known.show(field);
    else drawn.set(field.id, drawField(act, field));
    return drawn.get(field.id);
  };
  return {
    show: (group) => {
      const missing = group.absent.filter((f) => f.required);
      const fields = [...group.children.slice(0, page), ...missing];
      const components = fields.map(componentOf);
      const ids = new Set(fields.map((f) => f.id));
      for (const key of drawn.keys()) if (!ids.has(key)) drawn.delete(key);
      const rest = group.children.length - page;
      more.textContent = `${rest} more …`;
      tail = tail?.kind === group.kind ? tail : drawTail(act, id, group);
      tail.show(group);
      const nodes = [...components.map((c) => c.node), rest > 0 ? more : null, tail.node];
      arrange(body, nodes.filter(Boolean));
    },
  };
}

/** Put nodes in order, moving as few as possible: moving a node takes the focus off it. */
function arrange(body, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...body.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, i) => {
    if (body.children[i] !== node) body.insertBefore(node, body.children[i] || null);
  });
}

function drawTail(act, id, group) {
  return group.kind === "array" ? drawAddItem(act, group) : drawAddMember(act, id, group);
}

function drawAddItem(act, group) {
  const now = { group };
  const add = button("+ item", { class: "quiet fadditem", onclick: () => act.addItem(now.group) });
  return {
    kind: group.kind,
    node: el("div", { class: "ftail" }, add),
    show: (next) => {
      now.group = next;
      add.dataset.field = `${next.id}/+`;
      add.setAttribute("aria-label", `Add an item to ${next.name}`);
    },
  };
}

/** Declared members that may be left out, and are; required ones have a line of their own. */
function optionalOf(group) {
  return group.absent.filter((f) => !f.required);
}

function drawAddMember(act, id, group) {
  const now = { group };
  const optionOf = (field) => ({
    label: field.name,
    detail: field.typeText,
    about: field.description,
    value: field,
  });
  const combo = drawCombobox({
    id: `${id}-add`,
    class: "faddname",
    label: group.where === "root" ? "Add an argument" : `Add to ${group.name}`,
    placeholder: "",
    options: () => optionalOf(now.group).map(optionOf),
    onPick: (field) => act.add(field),
    isFree: () => now.group.takesNames,
    onFree: (name) => act.addNamed(now.group, name),
  });
  return {
    kind: group.kind,
    node: el("div", { class: "ftail" }, combo.node),
    show: (next) => {
      now.group = next;
      combo.input.dataset.field = `${next.id}/+`;
      const n = optionalOf(next).length;
      combo.node.parentElement.hidden = n === 0 && !next.invitesNames;
      const noun = next.where === "root" ? "argument" : "field";
      combo.input.placeholder = n > 0 ? `+ add ${noun} (${n} declared)` : `+ add ${noun} by name`;
    },
  };
}
