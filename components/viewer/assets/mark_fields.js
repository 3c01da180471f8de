// The texts of a mark, typed in place: a note, and what the assistant should have asked.

import { el } from "./dom.js";
import { isComposing } from "./keymap.js";
import { changeMark } from "./marking.js";

const FIELDS = {
  note: { label: "Note on this mark", hint: "A note; Enter keeps it, Esc drops it", most: "500" },
  expected_clarification: {
    label: "What should the assistant have asked?",
    hint: "What should the assistant have asked? Enter keeps it, Esc drops it",
    most: "2000",
  },
};

/** Type a text of a mark inside its chip; afterwards the trace has the focus again. */
export function editField(screen, chip, mark, name) {
  const open = chip.querySelector("input");
  if (open) {
    open.focus();
    return;
  }
  const { session } = screen;
  const uid = session.current;
  const { label, hint, most } = FIELDS[name];
  const input = el("input", {
    type: "text",
    class: name === "note" ? "" : "wide",
    value: mark[name],
    maxlength: most,
    "aria-label": label,
    placeholder: hint,
  });
  const done = (keep, isKey) => {
    input.onblur = null;
    const typed = input.value.trim();
    input.remove();
    if (isKey) screen.trace.node.focus({ preventScroll: true });
    const now = session.current === uid && session.stateOf(uid).annotation.marks.find((m) => m.mark_id === mark.mark_id);
    if (keep && now && typed !== now[name]) changeMark(session, now, { [name]: typed });
  };
  input.onkeydown = (event) => {
    if (isComposing(event)) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    done(event.key === "Enter", true);
  };
  input.onblur = () => done(true, false);
  chip.append(input);
  input.focus({ preventScroll: true });
  input.scrollIntoView({ block: "nearest" });
}
