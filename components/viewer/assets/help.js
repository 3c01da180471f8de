// The overlay with every key, where each can be moved (key_list.js). A modal dialog: nothing behind
// it is reached by Tab or read out while it is open.

import { button, el, fill } from "./dom.js";
import { KeyList } from "./key_list.js";
import { keySign } from "./key_rules.js";
import { keyOf, useKeys } from "./keymap.js";

/** The dialog itself; it stays, empty, while it is closed. */
export function makeHelp(screen) {
  const close = () => screen.session.help && screen.run("help");
  const dialog = el("dialog", {
    class: "help",
    "aria-label": "Keys",
    hidden: true,
    on: {
      click: (event) => event.target === dialog && close(),
      cancel: (event) => (event.preventDefault(), close()),
    },
  });
  return dialog;
}

/** Open or close it, as the session says. */
export function drawHelp(screen) {
  const { help, session } = screen;
  if (session.help === help.open || !help.isConnected) return;
  help.hidden = !session.help;
  if (!session.help) {
    help.close();
    screen.keyList = null;
    return;
  }
  screen.keyList = new KeyList({
    save: async (changes, afresh) => (await session.api.keys(changes, afresh)).keys,
    onMoved: (moved, command) => useMoved(session, moved, command),
  });
  fill(
    help,
    el(
      "div",
      { class: "sheet" },
      el("header", {}, el("h2", { text: "Keys" }),
        button("Close", { key: keyOf("help"), onclick: () => screen.run("help") })),
      screen.keyList.node,
      el("p", { class: "dim", text: explained() }),
    ),
  );
  help.showModal();
}

function explained() {
  const leader = keySign(keyOf("leader") || "the leader");
  return (
    `A category is ${leader} and then its two keys; it is put on what is selected: an argument, a ` +
    "call, a step, words of a message or the whole trajectory. Keys pressed while the next trajectory is on " +
    "its way wait for it. While you type in a field, keys are just letters: Esc leaves it. " +
    "In a correction, Ctrl+Enter saves, Ctrl+Z and Ctrl+Shift+Z undo and redo, and Esc leaves " +
    "the field, then the correction (the draft is kept); keys with Alt are printed where they " +
    "work. Any key closes this. A screen reader that keeps letters for itself (browse mode) must let " +
    "them through: Insert+Space in NVDA, Insert+Z in JAWS."
  );
}

/** Other keys hold: everything that prints one is drawn anew, and the list is where it was. */
function useMoved(session, moved, command) {
  session.boot = { ...session.boot, keys: moved };
  useKeys(moved);
  const screen = session.redraw();
  screen?.keyList?.focus(command);
  screen?.keyList?.sayMoved(command);
}
