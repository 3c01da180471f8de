// A fold whose inside is made when it is opened. What was opened stays open.

import { el } from "./dom.js";

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
  node.openNow = () => {
    node.open = true; // "toggle" comes later; whoever asks wants to see the inside now
    unfold();
  };
  node.addEventListener("toggle", () => {
    session.setOpen(uid, id, node.open);
    unfold();
  });
  return node;
}
