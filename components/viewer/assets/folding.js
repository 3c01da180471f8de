// Long text, folded: the first lines, and how much there is. What was opened stays open.

import { el, plural } from "./dom.js";
import { prettyJson } from "./json_text.js";

const SHORT_CHARS = 360;
const SHORT_LINES = 6;
const PREVIEW_CHARS = 180;

/** Result text: JSON laid out, the rest as it is; folded when long, and then laid out on opening. */
export function longText(session, id, text) {
  const isJson = /^\s*[[{]/.test(text);
  if (text.length <= SHORT_CHARS) {
    const laidOut = (isJson && prettyJson(text)) || text;
    const lines = laidOut.split("\n").length;
    if (lines <= SHORT_LINES || text.length <= SHORT_CHARS / 3) {
      const shown = lines <= SHORT_LINES ? laidOut : text;
      return el("pre", { class: "plain", text: shown || "(empty)" });
    }
  }
  const size = `${isJson ? "JSON, " : ""}${plural(text.length, "character")}`;
  return folded(session, id, {
    summary: [
      el("span", { class: "preview", text: preview(text) }),
      el("span", { class: "dim", text: ` ${size}` }),
    ],
    make: () => el("pre", { class: "plain", text: (isJson && prettyJson(text)) || text }),
  });
}

/** A fold whose inside is made when it is first opened. */
export function folded(session, id, { summary, make, open = false, className = "" }) {
  const node = el(
    "details",
    { class: `fold ${className}`, open: open || session.isOpen(id) },
    el("summary", {}, summary),
  );
  const uid = session.current; // "toggle" comes later, perhaps after the next one is on screen
  const unfold = () => {
    if (node.open && node.childElementCount === 1) node.append(make());
  };
  unfold();
  node.addEventListener("toggle", () => {
    session.setOpen(uid, id, node.open);
    unfold();
  });
  return node;
}

function preview(text) {
  return text.slice(0, PREVIEW_CHARS).replace(/\s+/g, " ");
}
