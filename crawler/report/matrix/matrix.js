// Filters the rules by state and text. It only hides and shows elements, and writes one number.
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const rules = all(".rule");
  const filter = document.getElementById("filter");
  const found = document.getElementById("found");
  const only = new Set();

  function sift() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const rule of rules) {
      const fits = (!only.size || only.has(rule.dataset.state)) && words.every((word) => rule.dataset.find.includes(word));
      rule.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const file of all(".file")) file.hidden = !all(".rule", file).some((rule) => !rule.hidden);
    all("[data-only]").forEach((button) => button.setAttribute("aria-pressed", String(only.has(button.dataset.only))));
    found.textContent = only.size || words.length ? `${count} of ${rules.length}` : "";
  }

  function choose(state) {
    if (!only.delete(state)) only.add(state);
    sift();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-only]");
    if (button) choose(button.dataset.only);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      only.clear();
      filter.value = "";
      filter.blur();
      sift();
    } else if (event.target !== filter && event.key === "/") {
      filter.focus();
      event.preventDefault();
    } else if (event.target !== filter && event.key === "t") {
      window.turnTheme();
    }
  });
  filter.addEventListener("input", sift);
  // What asks for something is shown first; the rest is a click away.
  if (rules.some((rule) => rule.dataset.state === "unused")) choose("unused");
})();
