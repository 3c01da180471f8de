// A row as the model sees it. What carries loss is coloured and underlined, and says so to a screen
// reader. Only draws what `components/rendered_text.py` sends.

import { el, fill } from "./dom.js";
import { styled } from "./sheets.js";

/** Draw the texts into `parent`, in place of those before. */
export function mount(parent, view) {
  const root = parent.querySelector(".rendered") || el("section", { class: "lw rendered", "aria-label": "The row as the model sees it", data: { testid: "rendered" } });
  fill(root, legend(), view.texts.map(one));
  if (!root.isConnected) styled(parent, view.assets).then(() => parent.isConnected && !parent.querySelector(".rendered") && parent.append(root));
  return () => {}; // What is drawn stays until the next row is.
}

function legend() {
  return el("p", { class: "dim" }, el("mark", { class: "learnt", text: "Underlined" }), " is learnt (carries loss); the rest is context.");
}

function one({ title, pieces, left }) {
  return el(
    "div",
    { class: "renderedtext" },
    title ? el("b", { text: title }) : null,
    el(
      "div",
      { class: "pre", tabindex: "0", role: "group", "aria-label": title || "Rendered text" },
      pieces.map(({ text, learnt }) => (learnt ? el("mark", { class: "learnt" }, el("span", { class: "unseen", text: "[learnt: " }), text, el("span", { class: "unseen", text: "]" })) : text)),
    ),
    left > 0 ? el("p", { class: "dim", text: `${left.toLocaleString("en")} more characters are not shown.` }) : null,
  );
}
