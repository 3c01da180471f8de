// One control per scalar value: text, number, choice, switch, date. Each is {node, show(field)}:
// `node` is drawn once, `show` brings it up to date and never disturbs what is being typed.
//
// A control tells the form what it means as JSON (`act.set`); it does not know the text around it.

import { button, el, fill } from "./dom.js";
import { drawCombobox } from "./form_combobox.js";
import { canonical } from "./form_hints.js";
import { asShown, fromPicker, pickerType, spellTyped, stepped, toPicker } from "./form_typing.js";
import { isComposing } from "./keymap.js";

const MOST_IN_SELECT = 12;
const LONG = 60; // characters that fit one line
const TEXTUAL = new Set(["string", "number", "date", "time", "date-time"]);

/** Whether two controls are the same while somebody types: they differ by what has been typed. */
export function isSameTyping(one, other) {
  return one === other || (TEXTUAL.has(one) && TEXTUAL.has(other));
}

/** The control for a field; `input` is what takes the focus. */
export function drawControl(act, field, id) {
  switch (field.control) {
    case "choice":
      return field.choices.length > MOST_IN_SELECT
        ? drawLongChoice(act, field, id)
        : drawChoice(act, field, id);
    case "boolean":
      return drawSwitch(act, field, id);
    case "null":
      return drawNull(field, id);
    case "number":
      return drawNumber(act, field, id);
    case "string":
      return drawString(act, field, id);
    default:
      return drawClock(act, field, id);
  }
}

/** What a field shows as text: strings bare, everything else as it is spelled. */
export function shownText(field) {
  return field.kind === "string" ? asShown(field.value) : field.raw;
}

function typing(act, id, control) {
  const state = { field: null };
  const take = (typed) => {
    const { field } = state;
    act.set(field, spellTyped(control, typed, field.value, act.text()));
  };
  const show = (input) => (field) => {
    state.field = field;
    const typed = () => spellTyped(control, input.value, field.value, act.text());
    const stands = act.isFocused(input) && typed() === field.raw; // " 7" stands for 7
    if (!stands && input.value !== shownText(field)) input.value = shownText(field);
  };
  return { state, take, show };
}

function drawString(act, field, id) {
  const { state, take, show } = typing(act, id, "string");
  const input = el("textarea", {
    id,
    rows: 1,
    class: "ftext",
    spellcheck: "false",
    on: {
      input: () => take(input.value),
      blur: () => act.settle(),
      keydown: (event) => {
        if (event.key !== "Enter" || isComposing(event)) return;
        // One line stays one line, unless a second one is asked for.
        const wanted = event.shiftKey || input.value.includes("\n");
        if (!wanted && !event.ctrlKey && !event.metaKey) event.preventDefault();
      },
    },
  });
  const showText = show(input);
  return {
    node: input,
    input,
    show: (now) => {
      showText(now);
      const isLong = input.value.length > LONG || input.value.includes("\n");
      input.rows = isLong ? Math.min(12, linesOf(input.value)) : 1; // browsers that cannot grow it
      input.placeholder = state.field.value === "" ? "empty text" : "";
    },
  };
}

function linesOf(text) {
  return text.split("\n").reduce((n, line) => n + Math.max(1, Math.ceil(line.length / LONG)), 0);
}

function drawNumber(act, field, id) {
  const { state, take, show } = typing(act, id, "number");
  const step = (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = stepped(input.value, direction, state.field.branch, event.shiftKey ? 10 : 1);
    if (next === null) return;
    input.value = next;
    take(next);
  };
  const input = el("input", {
    id,
    type: "text",
    class: "fnumber",
    autocomplete: "off",
    inputmode: field.branch.type === "integer" ? "numeric" : "decimal",
    on: { input: () => take(input.value), blur: () => act.settle(), keydown: step },
  });
  return { node: input, input, show: show(input) };
}

function drawClock(act, field, id) {
  const { control } = field;
  const { state, take, show } = typing(act, id, "string");
  const input = el("input", {
    id,
    type: "text",
    class: "fclock",
    autocomplete: "off",
    placeholder: { date: "YYYY-MM-DD", time: "HH:MM:SSZ" }[control] || "YYYY-MM-DDTHH:MM:SSZ",
    on: {
      input: () => take(input.value),
      blur: () => act.settle(),
      keydown: (event) => onKey(event),
    },
  });
  const picker = el("input", {
    type: pickerType(control),
    class: "fnative",
    tabindex: "-1",
    "aria-hidden": "true",
    on: {
      input: () => {
        if (picker.value === "") return;
        input.value = fromPicker(control, picker.value, input.value);
        take(input.value);
      },
    },
  });
  const pick = () => {
    picker.value = toPicker(control, input.value);
    picker.showPicker?.();
  };
  const onKey = (event) => {
    if (event.key !== "ArrowDown" || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    pick();
  };
  const opener = button(control === "time" ? "◷" : "▦", {
    class: "quiet fpick",
    tabindex: "-1",
    title: "Pick (arrow down in the field)",
    "aria-label": `Pick ${field.name}`,
    onclick: pick,
  });
  const showText = show(input);
  return {
    node: el("div", { class: "fpicked" }, input, opener, picker),
    input,
    show: (now) => {
      state.field = now;
      showText(now);
    },
  };
}

function drawSwitch(act, field, id) {
  const state = { field };
  const said = el("span", { class: "fsaid", "aria-hidden": "true" });
  const input = el("input", {
    id,
    type: "checkbox",
    class: "fswitch",
    on: { change: () => act.set(state.field, String(input.checked)) },
  });
  return {
    node: el("label", { class: "fbool" }, input, said),
    input,
    show: (now) => {
      state.field = now;
      input.checked = now.raw === "true";
      said.textContent = now.raw;
    },
  };
}

function drawNull(field, id) {
  const input = el("input", { id, type: "text", class: "fnull", readonly: true, value: "null" });
  return { node: input, input, show: () => {} };
}

/** How a choice is written: strings bare, unless a number or a word is spelled the same. */
function choiceText(value, choices) {
  if (typeof value !== "string") return canonical(value);
  const isUnclear =
    value === "" ||
    value !== value.trim() ||
    choices.some((other) => typeof other !== "string" && canonical(other) === value);
  return isUnclear ? JSON.stringify(value) : value;
}

function placeOf(field) {
  const own = canonical(JSON.parse(field.raw));
  return field.choices.findIndex((choice) => canonical(choice) === own);
}

function unlisted(field) {
  const shown = field.kind === "string" && field.value === "" ? "(empty)" : shownText(field);
  return `▲ ${shown} — not listed`;
}

function drawChoice(act, field, id) {
  const state = { field };
  const input = el("select", {
    id,
    class: "fchoice",
    on: {
      change: () => {
        const choice = state.field.choices[Number(input.value)];
        if (choice !== undefined) act.set(state.field, act.spell(choice));
      },
    },
  });
  return {
    node: input,
    input,
    show: (now) => {
      state.field = now;
      const at = placeOf(now);
      const texts = now.choices.map((choice) => choiceText(choice, now.choices));
      fill(
        input,
        at === -1 ? el("option", { value: "-1", text: unlisted(now) }) : null,
        texts.map((text, i) => el("option", { value: String(i), text })),
      );
      input.value = String(at);
      input.classList.toggle("off", at === -1);
    },
  };
}

function drawLongChoice(act, field, id) {
  const state = { field };
  const combo = drawCombobox({
    id,
    label: field.name,
    placeholder: `one of ${field.choices.length}: type to filter`,
    options: () => {
      const { choices } = state.field;
      return choices.map((value) => ({ label: choiceText(value, choices), value }));
    },
    picksTyped: true,
    onPick: (value) => act.set(state.field, act.spell(value)),
  });
  return {
    node: combo.node,
    input: combo.input,
    show: (now) => {
      state.field = now;
      const at = placeOf(now);
      combo.show(at === -1 ? unlisted(now) : choiceText(now.choices[at], now.choices));
      combo.input.classList.toggle("off", at === -1);
    },
  };
}
