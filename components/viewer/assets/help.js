// The overlay with every key, made from the key table itself.

import { button, el, fill, keycap } from "./dom.js";
import { GROUPS } from "./keymap.js";

export function drawHelp(screen) {
  const close = () => screen.run("help");
  fill(
    screen.help,
    el(
      "div",
      { class: "sheet" },
      el("header", {}, el("h2", { text: "Keys" }), button("Close", { key: "?", onclick: close })),
      el("div", { class: "groups" }, GROUPS.map(group)),
      el("p", {
        class: "dim",
        text:
          "A category is m and then its two keys; it is put on what is selected: an argument, a " +
          "call, a step or the whole trajectory. Keys pressed while the next trajectory is on " +
          "its way wait for it. While you type in a field, keys are just letters: Esc leaves it. " +
          "In a correction, Ctrl+Enter saves, Ctrl+Z and Ctrl+Shift+Z undo and redo, and Esc leaves " +
          "the field, then the correction (the draft is kept); keys with Alt are printed where they " +
          "work. Any key closes this.",
      }),
    ),
  );
  screen.help.onclick = (event) => {
    if (event.target === screen.help) close();
  };
}

function group({ title, keys }) {
  return el(
    "section",
    {},
    el("h3", { text: title }),
    el(
      "dl",
      {},
      keys.map(([key, , text]) => [el("dt", {}, keycap(key)), el("dd", { text })]),
    ),
  );
}
