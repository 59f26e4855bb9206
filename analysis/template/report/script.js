"use strict";
// Restores the reader's theme before anything is drawn, follows the reader in the contents, opens what print needs.
(() => {
  const root = document.documentElement;
  const remembered = {
    get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("theme", theme); } catch { /* a browser without storage forgets */ } },
  };
  if (["light", "dark"].includes(remembered.get())) root.dataset.theme = remembered.get();

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function themeButton(button) {
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remembered.set(root.dataset.theme);
      show();
    });
    system.addEventListener("change", show);
    show();
  }

  // A heading counts as read once it is above the line at 30 % of the window; the root reaches far up,
  // so that a jump down the page passes every heading on the way.
  function follow(links) {
    const named = (link) => document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const heading = (target) => (target.matches("section") && target.querySelector("h2, h3")) || target;
    const headings = [...new Set([...links].map((link) => heading(named(link))))];
    const passed = new Set();
    const nav = document.querySelector(".contents.wide");
    const mark = () => {
      const here = headings.findLast((h) => passed.has(h)) || headings[0];
      for (const link of links) {
        if (heading(named(link)) === here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
      for (const item of nav.querySelectorAll(":scope > ol > li")) item.classList.toggle("here", !!item.querySelector("[aria-current]"));
      const shown = nav.querySelector("[aria-current]").getBoundingClientRect(), room = nav.getBoundingClientRect();
      if (shown.top < room.top) nav.scrollTop -= room.top - shown.top + 40;
      if (shown.bottom > room.bottom) nav.scrollTop += shown.bottom - room.bottom + 40;
    };
    const observer = new IntersectionObserver((entries) => {
      for (const e of entries) if (e.isIntersecting) passed.add(e.target); else passed.delete(e.target);
      mark();
    }, { rootMargin: "1000000px 0px -70% 0px" });
    for (const h of headings) observer.observe(h);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("button.theme")) themeButton(button);
    const links = document.querySelectorAll(".contents a");
    if (links.length) follow(links);
    const narrow = document.querySelector("details.narrow");
    if (narrow) narrow.addEventListener("click", (event) => { if (event.target.closest("a")) narrow.open = false; });
  });

  const opened = [];
  addEventListener("beforeprint", () => {
    opened.push(...document.querySelectorAll("details:not(.code, .narrow, [open])"));
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened.splice(0)) details.open = false; });
})();
