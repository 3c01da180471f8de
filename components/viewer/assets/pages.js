// Leaving for another page of the studio without loading it anew, which would end the sitting.

/** Streamlit follows the browser's own Back and Forward; the page keeps who one is. */
export function goToPage(address) {
  const here = new URL(window.location.href);
  const url = new URL(address, here);
  const name = here.searchParams.get("as");
  if (name !== null) url.searchParams.set("as", name);
  window.history.pushState(null, "", url);
  window.dispatchEvent(new PopStateEvent("popstate"));
}
