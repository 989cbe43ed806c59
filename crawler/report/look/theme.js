"use strict";
// Light, dark, or as the system: kept where the browser keeps something for a file, and forgotten where it does not.
window.turnTheme = (() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  const memory = {
    get: () => { try { return localStorage.getItem("explain-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("explain-theme", value); } catch { /* a file may have no storage */ } },
  };
  function theme(name) {
    root.dataset.theme = name;
    button.textContent = `theme: ${name}`;
  }
  function turn() {
    const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    theme(next);
    memory.set(next);
  }

  button.addEventListener("click", turn);
  theme(themes.includes(memory.get()) ? memory.get() : "auto");
  return turn;
})();
