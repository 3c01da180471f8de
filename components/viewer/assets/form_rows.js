// The fields of a form as elements: a line per value, a group per object or list.
//
// A component is {node, shape, show(field)}. `show` brings what is drawn up to date; a field of
// another shape is drawn anew, its neighbours stay, so the one who types keeps the caret.

import { button, el, fill, keycap } from "./dom.js";
import { drawCombobox } from "./form_combobox.js";
import { drawControl, isSameTyping } from "./form_controls.js";
import { troubles } from "./form_fields.js";
import { branchLabel } from "./form_schema.js";

const MOST_PREVIEW = 90;
const PAGE = 40; // items of one list that are drawn before somebody asks for more

/** Draw a field: the component fits it until `isSame` says otherwise. */
export function drawField(act, field) {
  if (field.where === "missing") return drawMissing(act, field);
  const isGroup = field.control === "object" || field.control === "array";
  return isGroup ? drawGroup(act, field) : drawLine(act, field);
}

/** Whether a component can show this field. While somebody types, textual controls are one. */
function isSame(act, component, field) {
  if (component.shape === shapeOf(field)) return true;
  const [control, where] = component.shape.split(" ");
  const typing = component.input && act.isFocused(component.input);
  return Boolean(typing) && where === field.where && isSameTyping(control, field.control);
}

function shapeOf(field) {
  const long = field.choices && field.control === "choice" ? field.choices.length : "";
  return `${field.control} ${field.where} ${long}`;
}

function drawLine(act, field) {
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
    node.classList.toggle("wide", input.tagName === "TEXTAREA" && next.raw.length > 60);
    fillName(label, next);
    control.show(next);
    kind.show(next);
    actions.show(next);
    showState(act, input, notes, next);
  };
  show(field);
  return { node, input, shape: shapeOf(field), show };
}

function fillName(label, field) {
  label.title = field.description;
  fill(
    label,
    field.where === "item" ? el("span", { class: "sr", text: "item " }) : null,
    field.name === "" && field.where === "member" ? '""' : field.name,
    field.required ? el("span", { class: "freq", title: "required", text: "*" }) : null,
    field.required ? el("span", { class: "sr", text: " required" }) : null,
    field.declared ? null : el("span", { class: "fstray", title: "not declared by the tool", text: "+" }),
  );
}

function showState(act, input, notes, field) {
  const { isInvalid } = notes.show(field);
  if (isInvalid) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (field.required) input.setAttribute("aria-required", "true");
}

/** The type, or a picker where the value may be of several kinds (or is of a wrong one). */
function drawKind(act, id) {
  const node = el("div", { class: "fkind" });
  let drawn = "";
  return {
    node,
    show: (field) => {
      const { branches, at } = field;
      const isPicker = branches.length > 1 || at === -1;
      const key = JSON.stringify([isPicker, at, field.kind, branches.map(branchLabel), field.typeText]);
      if (key === drawn) return;
      drawn = key;
      if (!isPicker) {
        fill(node, el("span", { class: "dim", title: field.typeText, text: field.typeText }));
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
function drawActions(act, fieldNow) {
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
function drawNotes(act, id) {
  const node = el("div", { id, class: "fnotes" });
  let drawn = "";
  return {
    node,
    show: (field) => {
      const shown = act.notesOf(field);
      const fixes = shown.length > 0 || field.fixes.length > 0 ? field.fixes : [];
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
              onclick: () => act.apply(act.fieldOf(node), i),
            }),
          ),
        );
      }
      return { isInvalid: shown.length > 0 };
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

function drawMissing(act, field) {
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
    notes.show({ ...next, hints: [], problems: next.problems.filter((p) => p.pointer !== next.pointer) });
  };
  show(field);
  return { node, input: add, shape: shapeOf(field), show };
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
    { class: "fgroup", role: "group", "aria-labelledby": isRoot ? null : `${id}-name` },
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
    node: el("div", { class: "fhead" }, fold, size, worst, el("span", { class: "grow" }), kind.node, actions.node),
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

function drawAddMember(act, id, group) {
  const now = { group };
  const optionOf = (field) => ({
    label: field.name,
    detail: field.typeText,
    about: field.description,
    value: field,
  });
  const isNamed = () => now.group.takesNames;
  const combo = drawCombobox({
    id: `${id}-add`,
    class: "faddname",
    label: group.where === "root" ? "Add an argument" : `Add to ${group.name}`,
    placeholder: "",
    options: () => now.group.absent.map(optionOf),
    onPick: (field) => act.add(field),
    onFree: (name) => (isNamed() ? act.addNamed(now.group, name) : act.refuse(name)),
  });
  return {
    kind: group.kind,
    node: el("div", { class: "ftail" }, combo.node),
    show: (next) => {
      now.group = next;
      combo.input.dataset.field = `${next.id}/+`;
      const n = next.absent.length;
      combo.node.parentElement.hidden = n === 0 && !next.invitesNames;
      const noun = next.where === "root" ? "argument" : "field";
      combo.input.placeholder = n > 0 ? `+ add ${noun} (${n} declared)` : `+ add a ${noun} by name`;
    },
  };
}
