"use strict";
// Moves over the blocks of a page and shows details of the selected one. It reads the document and writes text only:
// nothing here makes HTML out of a string, asks for an address, or runs what a page brought.
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const root = document.documentElement;
  const blocks = all(".run[id]");
  const inspector = document.getElementById("inspector");
  const filter = document.getElementById("filter");
  const found = document.getElementById("found");
  const help = document.getElementById("help");
  const only = new Set();
  let here = null;

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const runsOf = (block) => all(`.run[data-p="${block.dataset.p}"]`);
  const paneOf = (block) => block.closest(".pane") ?? document;
  const shown = (pane = document) => all(".run[id]", pane).filter((block) => !block.hidden);
  const textOf = (block) => runsOf(block).map((run) => all(".l", run).map((line) => line.textContent).join("\n")).join("\n");
  const beginning = (text) => (text.length > 60 ? text.slice(0, 59) + "…" : text) || "no text";

  function pick(block, { focus = true, show = false } = {}) {
    if (!block) return;
    all(".run.here").forEach((run) => run.classList.remove("here"));
    blocks.forEach((other) => (other.tabIndex = -1));
    here = block;
    block.tabIndex = 0;
    [block, ...twins(block)].forEach((one) => runsOf(one).forEach((run) => run.classList.add("here")));
    [...twins(block), block].forEach((one) => one.scrollIntoView({ block: "nearest", inline: "nearest" }));
    if (focus) block.focus({ preventScroll: true });
    if (show || !inspector.hidden) open(block);
  }

  // In a comparison: what the block became on the other side.
  function twins(block) {
    return block.dataset.twin ? [document.getElementById(block.dataset.twin)].filter(Boolean) : [];
  }

  function open(block) {
    const data = block.dataset;
    const swatch = make("span", { className: "swatch" });
    swatch.dataset.role = data.role;
    const close = make("button", { type: "button", textContent: "close", onclick: shut });
    const list = make("dl");
    const say = (name, value) => value && list.append(make("dt", {}, name), make("dd", {}, value));
    say("rule", data.rule);
    say("selector", data.settings);
    say("in", data.file);
    say("xpath", data.xpath);
    say("record", data.pointer ?? (data.group === "unread" ? "" : "none: no entry of its own"));
    say("heading", data.heading);
    say("items", data.items);
    say("change", data.mark);
    const order = all(".run[id]", paneOf(block));
    const at = order.indexOf(block);
    const beside = make("div", { className: "beside" }, ...[["previous", order[at - 1]], ["next", order[at + 1]]].map(neighbour));
    inspector.replaceChildren(
      make("h2", {}, swatch, data.label, make("span", { className: "num" }, `${data.n} characters`), close),
      list,
      make("div", { className: "text", tabIndex: 0 }, textOf(block) || "no text"),
      beside,
    );
    inspector.hidden = false;
    history.replaceState(null, "", `#${block.id}`);
  }

  function neighbour([way, block]) {
    if (!block) return make("span");
    const button = make("button", { type: "button" });
    button.append(
      make("span", { className: "way" }, `${way}: ${block.dataset.label}`),
      make("span", {}, beginning(textOf(block))),
    );
    button.addEventListener("click", () => pick(block, { focus: false, show: true }));
    return button;
  }

  function shut() {
    inspector.hidden = true;
    inspector.replaceChildren();
  }

  function move(step, fits = () => true) {
    const pane = here ? paneOf(here) : document;
    const order = shown(pane);
    let at = order.indexOf(here);
    if (at < 0) at = step > 0 ? -1 : order.length;
    for (at += step; at >= 0 && at < order.length; at += step) {
      if (fits(order[at])) return pick(order[at]);
    }
  }

  function sift() {
    const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    let count = 0;
    for (const run of all(".run")) {
      const { role = "", group = "", rule = "" } = (run.id ? run : document.getElementById(idOf(run)))?.dataset ?? {};
      const name = `${role} ${group} ${rule}`.toLowerCase();
      const fits = (!only.size || only.has(role)) && (!words.length || words.some((word) => name.includes(word)));
      run.hidden = !fits;
      count += fits && run.id ? 1 : 0;
    }
    found.textContent = only.size || words.length ? `${count} of ${blocks.length} blocks` : "";
    all(".role").forEach((button) => button.setAttribute("aria-pressed", String(only.has(button.dataset.only))));
  }
  const idOf = (run) => (run.dataset.p ?? "").replace(/^(\D*)(\d+)$/, "$1p$2");

  function everything() {
    only.clear();
    filter.value = "";
    sift();
  }

  const keys = {
    j: () => move(1), ArrowDown: () => move(1),
    k: () => move(-1), ArrowUp: () => move(-1),
    "]": () => move(1, (block) => block.dataset.role === here?.dataset.role),
    "[": () => move(-1, (block) => block.dataset.role === here?.dataset.role),
    n: () => move(1, (block) => (block.dataset.mark ?? "same") !== "same"),
    u: () => move(1, (block) => block.dataset.role === "unknown"),
    Enter: () => here && open(here),
    "/": () => { filter.focus(); filter.select(); },
    "?": () => help.showModal(),
    t: window.turnTheme,
    Escape: () => { if (inspector.hidden) everything(); else shut(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = event.target === filter;
    if (typing && event.key === "Escape") { everything(); filter.blur(); return; }
    if (typing && event.key === "Enter") { filter.blur(); here = null; move(1); event.preventDefault(); return; }
    if (typing) return;
    const scrolls = event.target.closest?.(".right, .left") && event.key.startsWith("Arrow");
    const presses = event.key === "Enter" && event.target.closest?.("button, summary, a");
    if (scrolls || presses || !(event.key in keys)) return;
    keys[event.key]();
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const run = event.target.closest(".run[data-p]");
    if (run) {
      if (String(getSelection())) return;
      pick(document.getElementById(idOf(run)), { show: true });
      return;
    }
    const button = event.target.closest("button");
    if (button?.dataset.goto) pick(document.getElementById(button.dataset.goto), { focus: false, show: true });
    if (button?.dataset.only) {
      const role = button.dataset.only;
      if (!only.delete(role)) only.add(role);
      sift();
    }
  });
  filter.addEventListener("input", sift);
  document.getElementById("keys").addEventListener("click", () => help.showModal());

  if (blocks[0]) blocks[0].tabIndex = 0;
  if (location.hash.length > 1) pick(blocks.find((block) => `#${block.id}` === location.hash), { show: true });
})();
