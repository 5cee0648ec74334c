"use strict";
(() => {
  const root = document.documentElement, key = "ssot-migrate-report-theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = {
    get() { try { return localStorage.getItem(key); } catch { return null; } },
    set(value) { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* not allowed */ } },
  };
  const theme = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const own = kept.get();
  if (own === "dark" || own === "light") root.dataset.theme = own;

  addEventListener("DOMContentLoaded", () => {
    const $ = (selector, from = document) => [...from.querySelectorAll(selector)];
    for (const part of $(".js")) part.hidden = false;

    const toggle = document.getElementById("theme");
    const name = () => { toggle.textContent = theme() === "dark" ? "Light theme" : "Dark theme"; };
    toggle.addEventListener("click", () => {
      const next = theme() === "dark" ? "light" : "dark";
      if (next === (dark.matches ? "dark" : "light")) delete root.dataset.theme; else root.dataset.theme = next;
      kept.set(root.dataset.theme);
      name();
    });
    dark.addEventListener("change", name);
    name();

    for (const button of $("button[data-open], button[data-close]")) {
      const section = document.getElementById(button.dataset.open || button.dataset.close);
      const open = "open" in button.dataset;
      button.addEventListener("click", () => {
        for (const each of $("details.g, details.q", section)) if (!each.hidden) each.open = open;
      });
    }

    const search = document.getElementById("search"), told = document.getElementById("told");
    const groups = $("details.g"), messages = $(".saying");
    let items = null, was = null;
    const index = () => $(".q").map((node) => {
      const shown = node.matches("details") ? node.querySelector("summary") : node;
      const said = node.closest(".saying");
      const text = `${node.dataset.q} ${shown.textContent} ${said ? said.firstElementChild.textContent : ""}`;
      return { node, text: text.toLowerCase(), file: node.matches("details") };
    });
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      items ||= index();
      if (!words.length) {
        for (const { node } of items) node.closest("li").hidden = false;
        for (const message of messages) message.hidden = false;
        for (const group of groups) { group.hidden = false; if (was) group.open = was.get(group); }
        was = null;
        told.textContent = "";
        return;
      }
      was ||= new Map(groups.map((group) => [group, group.open]));
      const found = { true: 0, false: 0 }, all = { true: 0, false: 0 };
      for (const { node, text, file } of items) {
        const is = words.every((word) => text.includes(word));
        node.closest("li").hidden = !is;
        all[file] += 1;
        found[file] += is;
      }
      for (const message of messages) message.hidden = !message.querySelector("li:not([hidden])");
      for (const group of groups) {
        const any = group.querySelector("li:not([hidden]) > .q, li.q:not([hidden])") !== null;
        group.hidden = !any;
        group.open = any;
      }
      told.textContent = found.true + found.false
        ? `${found.true} of ${all.true} files, ${found.false} of ${all.false} findings`
        : "Nothing found";
    };
    search.addEventListener("input", filter);
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select")) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape" && event.target === search && search.value) {
        search.value = "";
        filter();
      }
    });

    const reveal = () => {
      let name = location.hash.slice(1);
      try { name = decodeURIComponent(name); } catch { /* as it is */ }
      const target = name && document.getElementById(name);
      if (!target) return;
      if (target.closest("[hidden]")) { search.value = ""; filter(); }
      for (let at = target; at; at = at.parentElement) if (at.matches("details")) at.open = true;
      target.scrollIntoView({ block: "start" });
      const focus = target.matches("details") ? target.querySelector("summary") : target;
      if (!focus.matches("summary, a, button, input")) focus.tabIndex = -1;
      focus.focus({ preventScroll: true });
    };
    addEventListener("hashchange", reveal);
    addEventListener("click", (event) => {
      const link = event.target.closest && event.target.closest("a[href^='#']");
      if (link && link.hash === location.hash) reveal();
    });
    if (location.hash) reveal();

    let closed = [];
    addEventListener("beforeprint", () => {
      closed = $("details.p, details.folder, details.ahead").filter((each) => !each.open);
      for (const each of closed) each.open = true;
    });
    addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  });
})();
