// Changing the items of a tool's checklist: stored at once, for everybody, as a further version.

/**
 * Append a version of an item (`item` null: a new one, under `changes.item_id`); the view shows what
 * the server answers. Resolves to whether it is stored.
 */
export async function changeOfItem(session, toolName, tool, item, changes) {
  const uid = session.current;
  const body = {
    item_id: item?.item_id ?? changes.item_id,
    tool: toolName,
    text: changes.text ?? item.text,
    category: changes.category ?? item?.category ?? "",
    tool_hash: tool.fingerprint ?? "",
    retired: changes.retired ?? false,
  };
  try {
    const { items } = await session.api.checklistItem(body);
    for (const view of session.views.values()) {
      if (view.uid === uid || view.tools.some((t) => t.name === toolName)) {
        view.checklists = { ...view.checklists, [toolName]: items };
      }
    }
    return true;
  } catch (problem) {
    session.say(`Not saved: ${problem.message} ${problem.hint || ""}`.trim(), { bad: true });
    return false;
  }
}

/** An id no other page makes. */
export function newItemId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `i${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}
