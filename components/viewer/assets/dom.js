// Building elements. Text goes in as text; the one exception is named and says why.

import { keySign } from "./key_rules.js";

/**
 * An element. `props`: class, text, title, data (object), on (event -> handler), everything else an
 * attribute (true sets it empty, false and null leave it out). Children: nodes, strings or null.
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "on") {
      for (const [type, handler] of Object.entries(value)) node.addEventListener(type, handler);
    } else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** Append nodes and strings, skipping null. */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** Replace what an element holds. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

/** Replace what an element holds, unless it looks the same: what is not new is not announced again. */
export function renew(node, ...children) {
  const made = fill(document.createElement("div"), ...children);
  if (made.innerHTML !== node.innerHTML) node.replaceChildren(...made.childNodes);
  return node;
}

const shown = new WeakMap(); // element -> what it was filled for

/** Fill an element with what `make` returns, unless it shows the same (`what`, as JSON) already. */
export function refill(node, what, make) {
  const key = JSON.stringify(what);
  if (shown.get(node) === key) return;
  shown.set(node, key);
  fill(node, make());
}

/** Change an attribute only if it says something else: an equal one would be styled again. */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** HTML that the server rendered from Markdown and sanitised: formatting tags, no attributes. */
export function sanitised(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** A key as it is printed on a control; nothing for a command without one. */
export function keycap(key) {
  return key ? el("kbd", { class: "key", "aria-hidden": "true", text: keySign(key) }) : null;
}

/** A button: label, key printed on it, handler. A pointer leaves no focus behind on it, so that
 * Enter keeps meaning "commit". */
export function button(label, { key, onclick, ...props } = {}) {
  return el(
    "button",
    {
      type: "button",
      ...props,
      on: {
        click: (event) => {
          if (event.detail > 0) event.currentTarget.blur();
          onclick(event);
        },
      },
    },
    keycap(key),
    label,
  );
}

/** State is colour and icon and word: this is the icon (the word goes beside it or in a title). */
export const ICONS = {
  correct: "✓",
  incorrect: "✗",
  unsure: "?",
  accept: "✓",
  reject: "✗",
  error: "▲",
  warning: "◆",
  info: "●",
  unjudged: "·",
  mark: "⚑",
  root: "◎",
  effect: "↳",
  unlearnt: "⊘",
  recovery: "↻",
  corrected: "✎",
  alternative: "≈",
  rejected: "✗",
  tries: "≠",
};

export { plural } from "./words.js";
