// One case of the label court: the request, the tools, two answers side by side, the votes.
//
// Only draws what `components/court_case.py` sends. The keys and buttons are the page's.

import { el, fill, ICONS, plural } from "./dom.js";
import { originsOfRows, originWords } from "./grounding.js";
import { styled } from "./sheets.js";

// A judge speaks of Response 1 and 2 in its reply.
const FIRST = { "reference-first": "Response 1 is the reference", "prediction-first": "Response 1 is the prediction" };

/** Draw the case into `parent`, in place of the one before it. */
export function mount(parent, view) {
  const root = parent.querySelector(".court") || el("section", { class: "lw court", "aria-label": "Case", data: { testid: "court" } });
  fill(root, request(view), el("div", { class: "courtbody" }, answers(view), tools(view)), opinions(view), votes(view));
  if (!root.isConnected) styled(parent, view.assets).then(() => parent.isConnected && !parent.querySelector(".court") && parent.append(root));
  return () => {}; // What is drawn stays until the next case is: taking it away first would jump.
}

function request({ earlier, turn }) {
  return el(
    "div",
    { class: "courtturn" },
    earlier.length > 0
      ? fold([el("b", { text: "Earlier" }), el("span", { class: "dim", text: ` ${plural(earlier.length, "message")}` })], () => earlier.map(message))
      : null,
    turn.map(message),
  );
}

function message({ role, name, text, calls }) {
  return el(
    "div",
    { class: `courtmessage ${role}` },
    el("span", { class: "who", text: name ? `${role} ${name}` : role }),
    el(
      "div",
      { class: "said" },
      text ? el("div", { class: "pre", tabindex: text.length > 600 ? "0" : null, text }) : null,
      calls.map((call) => el("code", { class: "pre", text: call })),
    ),
  );
}

function answers({ titles, texts, thinking, calls, findings }) {
  const anything = (parts) => parts.some((part) => part && part.length > 0);
  return el(
    "table",
    { class: "courtanswers" },
    el("caption", { class: "unseen", text: `The two answers, ${titles.join(" and ")}` }),
    el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "" }), titles.map((title) => el("th", { scope: "col", text: title })))),
    calls.map(callRows),
    el(
      "tbody",
      {},
      anything(texts) ? line("text", texts.map((pieces) => (pieces.length > 0 ? piecesOf(pieces, "pre") : dim("no text")))) : null,
      anything(thinking) ? line("thinking", thinking.map((text) => (text ? fold(["thinking"], () => el("div", { class: "pre", text })) : dim("none")))) : null,
      line("checks", findings.map(findingList)),
    ),
  );
}

function line(name, cells) {
  return el("tr", {}, el("th", { scope: "row", text: name }), cells.map((cell) => el("td", {}, cell)));
}

/** A call on both sides: its name, then an argument a row. */
function callRows({ names, raw, rows, origins }) {
  const said = origins.map((of) => originsOfRows({ rows, origins: of }));
  const differs = names[0] !== names[1];
  return el(
    "tbody",
    {},
    el(
      "tr",
      { class: differs ? "callname differs" : "callname" },
      el("th", { scope: "row" }, differs ? unequal() : null, "calls"),
      names.map((name, side) =>
        el("td", {}, name === null ? dim("no such call") : el("code", { text: name }), raw[side] === null ? null : unreadable(raw[side])),
      ),
    ),
    rows.map((row) =>
      el(
        "tr",
        { class: row.differs ? "differs" : "" },
        el(
          "th",
          { scope: "row", style: `padding-left: ${14 + 12 * row.depth}px` },
          row.differs ? unequal() : null,
          el("code", { text: row.name }),
          row.is_required ? null : el("span", { class: "dim", text: " optional" }),
        ),
        row.cells.map((cell, side) => el("td", {}, names[side] === null || raw[side] !== null ? null : value(cell, said[side].get(row.pointer)?.found))),
      ),
    ),
  );
}

function unreadable(raw) {
  return el("div", {}, el("div", { class: "found error", text: `${ICONS.error} these arguments are not a JSON object` }), el("code", { class: "pre", text: raw || "(nothing)" }));
}

function unequal() {
  return el("span", { class: "unequal", title: "differs" }, el("span", { "aria-hidden": "true", text: `${ICONS.tries} ` }), el("span", { class: "unseen", text: "differs: " }));
}

function value(cell, found) {
  if (cell === null) return dim("not given");
  if (cell.is_missing) return el("span", { class: "found error", text: `${ICONS.error} missing` });
  const isDoubtful = found?.origin === "nowhere";
  return [
    cell.pieces.length > 0 ? piecesOf(cell.pieces) : dim(cell.type === "string" ? "(empty)" : ""),
    el("span", { class: "dim courttype", text: cell.type }),
    found ? el("span", { class: isDoubtful ? "origin found warning" : "origin dim", text: `${isDoubtful ? `${ICONS.warning} ` : ""}${originWords(found)}` }) : null,
  ];
}

function piecesOf(pieces, className = "pre value") {
  return el("span", { class: className }, pieces.map((piece) => (piece.is_own ? el("mark", { text: piece.text }) : piece.text)));
}

function findingList(found) {
  if (found.length === 0) return el("span", { class: "found sound", text: "✓ nothing found" });
  return found.map((one) => el("div", { class: `found ${one.severity}`, text: `${ICONS[one.severity]} ${one.severity}: ${one.message}` }));
}

function dim(text) {
  return el("span", { class: "dim", text });
}

function tools({ tools: offered }) {
  const called = offered.filter((tool) => tool.is_called);
  const others = offered.filter((tool) => !tool.is_called);
  return el(
    "div",
    { class: "courttools", tabindex: "0", role: "group", "aria-label": "Tools" },
    called.map((tool) => el("div", { class: "tool" }, el("b", { text: tool.name }), description(tool), tool.properties.map(property))),
    called.length === 0 ? dim("Neither answer calls a tool that was offered.") : null,
    others.length > 0
      ? fold([el("span", { text: `${plural(others.length, "other tool")}` })], () =>
          others.map((tool) => el("div", { class: "tool" }, el("b", { text: tool.name }), description(tool), tool.properties.map(property))),
        )
      : null,
  );
}

function description(tool) {
  return el("p", { class: "tooltext", text: tool.description || "(no description)" });
}

function property(p) {
  const values = p.enum && p.enum.length > 0 ? ` one of ${p.enum.join(", ")}.` : "";
  return el(
    "div",
    { class: "property" },
    el("code", { text: p.name }),
    el("span", { class: "dim", text: ` ${p.type}${p.required ? "" : ", optional"}${values} ${p.description}` }),
  );
}

function opinions({ opinions: all }) {
  if (all.length === 0) return null;
  return el(
    "ul",
    { class: "courtopinions", "aria-label": "What was said of it" },
    all.map((one) =>
      el(
        "li",
        { class: one.is_taken_back ? "takenback" : "" },
        el("b", { text: one.says }),
        el("span", { class: "dim", text: ` · ${one.who} · ${one.when}${one.is_taken_back ? " · taken back" : ""}` }),
        one.texts.map((text) => el("div", { class: "pre", text })),
      ),
    ),
  );
}

function votes({ votes: all }) {
  if (all.length === 0) return null;
  return el(
    "table",
    { class: "courtvotes" },
    el("caption", { text: "Votes" }),
    el("thead", {}, el("tr", {}, ["vote", "order", "verdict", "why"].map((text) => el("th", { scope: "col", text })))),
    el(
      "tbody",
      {},
      all.map((vote) =>
        el(
          "tr",
          {},
          el("td", { text: `${vote.number} · ${vote.judge}${vote.model && vote.model !== vote.judge ? ` · ${vote.model}` : ""}` }),
          el("td", { text: FIRST[vote.order] || vote.order }),
          el("td", {}, vote.verdict ? el("b", { text: vote.verdict }) : el("span", { class: "found warning", text: `? unscored: ${vote.unscored}` })),
          el(
            "td",
            {},
            [vote.detail, vote.analysis, vote.approach].filter(Boolean).map((text) => el("div", { class: "pre", text })),
            vote.omitted.length > 0 ? el("div", { class: "found warning", text: `${ICONS.warning} not shown to the judge: ${vote.omitted.join("; ")}` }) : null,
            vote.reply === null ? null : fold(["the reply as it came"], () => el("div", { class: "pre", text: vote.reply })),
          ),
        ),
      ),
    ),
  );
}

/** A fold whose content is made when it is first opened. */
function fold(summary, make) {
  let isMade = false;
  const node = el("details", {
    on: {
      toggle: () => {
        if (isMade || !node.open) return;
        isMade = true;
        node.append(el("div", { class: "foldbody" }, make()));
      },
    },
  }, el("summary", {}, summary));
  return node;
}
