// Pick one of many by typing a part of it: a text field with a list of what fits below it.
//
// The list is drawn in the flow, not over it: cards of the trace clip what leaves them.

import { el, fill } from "./dom.js";
import { isComposing } from "./keymap.js";

const MOST_SHOWN = 60;

/**
 * A combobox. `options()` returns [{label, detail, flag, value}]; `onPick(value)` is called with
 * the value of the picked one; with `onFree`, what is typed may be taken as it is.
 * With `picksTyped`, an option typed out in full is picked by leaving the field.
 * Returns {node, input, show(text)}: `show` is what the field says while nobody types in it.
 */
export function drawCombobox({
  id,
  label,
  options,
  onPick,
  isFree = () => false,
  onFree,
  picksTyped = false,
  ...props
}) {
  const state = { shown: "", found: [], active: 0, open: false };
  const listId = `${id}-list`;
  const list = el("ul", { id: listId, role: "listbox", class: "fpicklist", "aria-label": label });
  const input = el("input", {
    id,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": label,
    "aria-expanded": "false",
    "aria-controls": listId,
    "aria-autocomplete": "list",
    ...props,
    on: {
      input: () => open(input.value),
      keydown: (event) => onKey(event),
      click: () => open(""),
      blur: () => leave(),
    },
  });
  list.hidden = true;

  function open(typed) {
    const wanted = typed.trim().toLowerCase();
    state.found = ranked(options(), wanted).slice(0, MOST_SHOWN);
    const name = typed.trim();
    if (isFree() && name && !state.found.some((o) => o.label === name)) {
      state.found.push({ label: name, detail: "a name of your own", free: true });
    }
    state.active = 0;
    state.open = true;
    draw();
  }

  function draw() {
    list.hidden = !state.open;
    input.setAttribute("aria-expanded", String(state.open));
    fill(list, state.found.length > 0 ? state.found.map(drawOption) : drawNone());
    const active = state.open && state.found.length > 0 ? `${id}-${state.active}` : "";
    if (active) input.setAttribute("aria-activedescendant", active);
    else input.removeAttribute("aria-activedescendant");
    if (active) list.children[state.active].scrollIntoView({ block: "nearest" });
  }

  function drawNone() {
    const props = { class: "dim", role: "option", "aria-disabled": "true" };
    return el("li", { ...props, text: "nothing fits" });
  }

  function drawOption(option, i) {
    return el(
      "li",
      {
        id: `${id}-${i}`,
        role: "option",
        class: i === state.active ? "on" : "",
        "aria-selected": String(i === state.active),
        title: option.about,
        on: {
          mousedown: (event) => {
            event.preventDefault(); // the field keeps the focus
            pick(option);
          },
        },
      },
      el("span", { class: "fpickname", text: option.label }),
      option.detail ? el("span", { class: "dim", text: ` ${option.detail}` }) : null,
    );
  }

  function pick(option) {
    close();
    if (option.free) onFree(option.label);
    else onPick(option.value);
  }

  function leave() {
    const typed = input.value.trim().toLowerCase();
    const whole = state.open && typed && state.found.find((o) => o.label.toLowerCase() === typed);
    if (picksTyped && whole) pick(whole);
    else close();
  }

  function close() {
    state.open = false;
    input.value = state.shown;
    draw();
  }

  function onKey(event) {
    if (isComposing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (!state.open) open("");
      else {
        const n = state.found.length || 1;
        state.active = (state.active + (key === "ArrowDown" ? 1 : n - 1)) % n;
        draw();
      }
    } else if (key === "Enter") {
      if (!state.open) open("");
      else if (state.found[state.active]) pick(state.found[state.active]);
    } else if (key === "Escape" && state.open) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return {
    node: el("div", { class: "fcombo" }, input, list),
    input,
    show: (text) => {
      state.shown = text;
      if (!state.open) input.value = text;
    },
  };
}

/** Options that hold the wanted text, those that begin with it first. */
export function ranked(options, wanted) {
  if (wanted === "") return options;
  const rank = ({ label, detail = "", about = "" }) => {
    const name = label.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return `${detail} ${about}`.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return options
    .map((option) => ({ option, at: rank(option) }))
    .filter(({ at }) => at < 3)
    .sort((a, b) => a.at - b.at)
    .map(({ option }) => option);
}
