// The tools a trajectory was offered: the folded catalogue, and the schema of the selected call.

import { el, plural } from "./dom.js";
import { folded } from "./folding.js";

/** The whole catalogue, folded, on top of the trace. */
export function toolCatalogue(screen, view) {
  const { tools } = view;
  if (tools.length === 0) {
    return el("div", { class: "notice", text: "This trajectory carries no tool definitions." });
  }
  const names = tools.map((t) => t.name).join(", ");
  return folded(screen.session, "tools", {
    className: "catalogue",
    summary: [
      el("b", { text: plural(tools.length, "tool") }),
      el("span", { class: "dim preview", text: ` ${names}` }),
    ],
    make: () =>
      el(
        "div",
        { class: "toollist" },
        tools.map((tool) =>
          folded(screen.session, `tool:${tool.name}`, {
            summary: [el("b", { text: tool.name }), ` ${tool.description.slice(0, 160)}`],
            make: () => toolSchema(screen, tool),
          }),
        ),
      ),
  });
}

/** One tool: what it is for and its arguments; the raw schema folded below. */
export function toolSchema(screen, tool) {
  return el(
    "div",
    { class: "tool" },
    el("p", { class: "tooltext", text: tool.description || "(no description)" }),
    tool.properties.length > 0
      ? tool.properties.map(property)
      : el("p", { class: "dim", text: "No arguments declared." }),
    folded(screen.session, `schema:${tool.name}`, {
      summary: [el("span", { class: "dim", text: "JSON schema" })],
      make: () => el("pre", { class: "plain", text: tool.schema }),
    }),
  );
}

function property(p) {
  const values = p.enum && p.enum.length > 0 ? ` one of ${p.enum.join(", ")}.` : "";
  const kind = `${p.type}${p.required ? "" : ", optional"}`;
  return el(
    "div",
    { class: "property" },
    el("code", { text: p.name }),
    el("span", { class: "dim", text: ` ${kind}${values} ${p.description}` }),
  );
}
