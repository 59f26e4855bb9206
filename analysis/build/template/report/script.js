"use strict";
// What the page does beyond being read: theme, contents that follow, notes on inputs, tables to sort, search and take away, print.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const named = (link) => { try { return document.getElementById(decodeURIComponent(link.hash.slice(1))); } catch { return null; } };
  const made = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const remembered = { // a browser without storage forgets
    get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("theme", theme); } catch {} },
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
    const heading = (target) => (target.matches("section") && target.querySelector("h2, h3")) || target;
    const headings = [...new Set(links.map((link) => heading(named(link))))];
    const passed = new Set();
    const nav = document.querySelector(".contents.wide");
    const mark = () => {
      const here = headings.findLast((h) => passed.has(h)) || headings[0];
      for (const link of links) {
        if (heading(named(link)) === here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
      for (const item of all(":scope > ol > li", nav)) item.classList.toggle("here", !!item.querySelector("[aria-current]"));
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

  // What a link points at may lie in a fold or be left out by a search.
  function reveal(target) {
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.hidden = false;
    target.scrollIntoView();
  }

  const content = (cell) => [...cell.childNodes].map((node) => (node.nodeName === "BR" ? " " : node.getAttribute?.("alttext") ?? node.textContent)).join("").trim();
  const label = (head) => {
    const unit = head.querySelector(".unit");
    return unit ? `${head.textContent.slice(0, -unit.textContent.length).trim()} (${unit.textContent})` : head.textContent.trim();
  };
  const exact = (cell) => {
    const numbers = all("data", cell);
    return cell.dataset.value ?? (numbers.length === 1 && content(cell) === numbers[0].textContent ? numbers[0].value : undefined);
  };

  // A column as CSV: exact values where each cell is one number, else its words, then every number in them by what it is.
  function column(head, cells) {
    const texts = [label(head), ...cells.map((cell) => exact(cell) ?? content(cell).replace(/^undefined$/, ""))];
    const inside = [...new Set(cells.flatMap((cell) => all("data", cell).map((n) => n.dataset.stat)))];
    if (cells.every((cell) => exact(cell) !== undefined || !cell.querySelector("data"))) return [texts];
    return [texts, ...inside.map((stat) => [`${label(head)}, ${stat}`,
      ...cells.map((cell) => all("data", cell).filter((n) => n.dataset.stat === stat).map((n) => n.value).join(" "))])];
  }

  function csv(table) {
    const rows = all("tbody tr", table);
    const columns = all("thead th", table).flatMap((head, i) => column(head, rows.map((row) => row.cells[i])));
    const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return columns[0].map((_, i) => columns.map((c) => field(c[i])).join(",")).join("\n") + "\n";
  }

  function download(figure) {
    const button = made("button", { type: "button", textContent: "Data (CSV)" });
    button.addEventListener("click", () => {
      const data = new Blob([csv(figure.querySelector("table"))], { type: "text/csv" });
      const link = made("a", { download: `${figure.id}.csv`, href: URL.createObjectURL(data) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    figure.append(made("p", { className: "download" }, button));
  }

  // A button in each head sorts: up, down, as it was. What is no number comes last among numbers.
  function sortable(table) {
    const body = table.tBodies[0], before = [...body.rows], heads = all("thead th", table);
    const compared = new Intl.Collator("en", { numeric: true }).compare;
    heads.forEach((head, i) => {
      const key = new Map(before.map((row) => [row, row.cells[i].dataset.value ?? row.cells[i].querySelector("data")?.value]));
      const numbers = [...key.values()].some((value) => value !== undefined);
      const compare = (a, b) => (numbers ? key.get(a) - key.get(b) : compared(a.cells[i].textContent, b.cells[i].textContent));
      const button = made("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { null: "ascending", ascending: "descending" }[head.getAttribute("aria-sort")];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const none = before.filter((row) => numbers && key.get(row) === undefined);
        const some = before.filter((row) => !none.includes(row)).sort((a, b) => (next === "ascending" ? compare(a, b) : compare(b, a)));
        body.append(...(next ? [...some, ...none] : before));
      });
    });
  }

  function searchable(figure) {
    const rows = all("tbody tr", figure), words = rows.map((row) => row.textContent.toLowerCase());
    const field = made("input", { type: "search", autocomplete: "off" }), told = made("output");
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/);
      rows.forEach((row, i) => { row.hidden = !wanted.every((word) => words[i].includes(word)); });
      told.textContent = field.value.trim() ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
    });
    figure.prepend(made("p", { className: "search" }, made("label", {}, "Search these rows ", field), " ", told));
  }

  // One note for all numbers. What it says of an input is read from the rows of its assumption and of the sources that this cites;
  // what it says of a result, from the list at the end of the page, the glossary and the customer worked line by line.
  function notes() {
    const note = made("div", { className: "source", popover: "auto", role: "dialog", tabIndex: -1 });
    const copy = (cell) => [...cell.cloneNode(true).childNodes];
    const pair = ([what, ...told]) => [made("dt", { textContent: what }), made("dd", {}, ...told)];
    const listed = (pairs) => made("dl", {}, ...pairs.flatMap(pair));

    const link = (target, text) => (target ? [made("a", { href: `#${target.id}`, textContent: text })] : []);

    function show(at, title, parts) {
      const close = made("button", { type: "button", textContent: "Close", onclick: () => note.hidePopover() });
      note.ariaLabel = `About ${title}`;
      note.replaceChildren(made("p", { className: "name" }, made("span", { textContent: title }), close), ...parts);
      note.showPopover();
      const box = at.getBoundingClientRect(), room = note.getBoundingClientRect();
      note.style.left = `${Math.max(8, Math.min(box.left, innerWidth - room.width - 8))}px`;
      note.style.top = `${box.bottom + room.height + 8 < innerHeight ? box.bottom + 4 : Math.max(8, box.top - room.height - 4)}px`;
      note.focus();
    }

    function input(row) {
      const facts = (r) => all("thead th", r.closest("table")).map((head, i) => [label(head), r.cells[i]]);
      const [name, ...rest] = facts(row);
      const sources = all("a[href^='#']", row).map(named).filter((target) => target?.matches("tr"));
      const cited = sources.map((source) => made("li", {}, ...facts(source).flatMap(([what, cell], i) => (
        !content(cell) || what === "Cited by" ? [] : [made("span", { className: what === "Value" ? "" : "part" },
          ...(i ? copy(cell) : [made("a", { href: `#${source.id}`, textContent: content(cell) })])), " "]))));
      for (const back of cited.flatMap((item) => all(".shown", item))) back.remove();
      const said = rest.map(([what, cell]) => [what, ...(what === "Evidence" ? [made("ul", {}, ...cited)] : copy(cell))]);
      return [content(name[1]), [listed(said), made("p", {}, ...link(row, "Its row among the assumptions"))]];
    }

    // A row of a reference table by its first cell, with an id to be pointed at.
    function row(table, name) {
      const found = table && all("tbody tr", table).find((r) => content(r.cells[0]) === name);
      if (found && !found.id) found.id = `${table.id}-${name}`;
      return found;
    }

    const facts = JSON.parse(document.getElementById("results")?.textContent ?? "null");
    const models = new Map(all("[data-model]").map((r) => [r.dataset.segment, r.dataset.model]));
    const worked = all("figure[id*='tab-worked-']");
    const reads = (table, segment) => models.has(segment) && models.get(table.id.split("tab-worked-")[1]) === models.get(segment);

    function result(key, stat) {
      const [segment, metric, ...detail] = key.split("/"), [unit, value, low, median, high] = facts[key] ?? [];
      const meaning = row(document.querySelector("figure[id$='tab-glossary']"), metric);
      const formula = row(worked.find((table) => reads(table, segment)), metric);
      return listed([
        ...(meaning ? [["What it is", `${content(meaning.cells[1])} `, ...link(meaning, "(glossary)")]] : []),
        ...(low && low !== "undefined" ? [["Median of the draws", median], ["5th to 95th percentile", `${low} to ${high}`]] : []),
        ...(value ? [["With every input at its median", value], ["Unit", unit]] : []),
        ...(formula ? [["Formula", `${content(formula.cells[1])} `, ...link(formula, "(line by line)")]] : []),
        ["In results.csv", `segment ${segment}, metric ${metric}, ${detail[0] ? `detail ${detail.join("/")}, ` : ""}column ${stat}`]]);
    }
    function claim(key, stat) {
      const [name, subject] = key.split("/"), wide = stat === "probability_wide" ? ", with ranges half as wide again" : "";
      return listed([["What it is", `share of draws in which it holds${wide}`],
        ["In claims.csv", `claim ${name}, subject ${subject}, column ${stat}`]]);
    }
    const about = ({ dataset: { result: key, claim: test, stat } }) => (key ? result(key, stat) : claim(test, stat));
    const title = ({ dataset: { result: key, claim: test } }) => (key ?? test).split("/").filter(Boolean).join(" / ").replaceAll("_", " ");
    const NUMBERS = "data[data-result], data[data-claim]";

    document.body.append(note);
    note.addEventListener("click", (event) => { if (event.target.closest("a[href^='#']")) note.hidePopover(); });
    for (const link of all("a.input")) link.setAttribute("aria-haspopup", "dialog");
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
      const given = event.target.closest("a.input"), number = event.target.closest(NUMBERS);
      if (given) {
        event.preventDefault();
        show(given, ...input(named(given)));
      } else if (facts && number && getSelection().isCollapsed && !number.closest("a, button, summary")) {
        show(number, title(number), [about(number)]);
      }
    });

    if (!facts) return; // a page without computed numbers

    // By keyboard: one button for all the numbers of a paragraph or a table, seen when it is reached.
    const explain = (block) => {
      const button = made("button", { type: "button", className: "numbers", textContent: "About these numbers" });
      button.setAttribute("aria-haspopup", "dialog");
      button.addEventListener("click", () => {
        const some = new Map(all(NUMBERS, block).map((number) => [title(number), number]));
        show(button, "these numbers", [...some].flatMap(([name, number]) => [made("p", { className: "name" }, name), about(number)]));
      });
      return button;
    };
    for (const block of all("main :is(p, dl):not(figure p, .whatif p), figure.table tbody")) {
      if (block.querySelector(NUMBERS)) {
        const buttons = block.closest("figure")?.querySelector(".download");
        if (buttons) buttons.append(explain(block)); else block.after(explain(block));
      }
    }
  }

  function appendix(controls) {
    const [unfold, whole] = all("button", controls);
    controls.hidden = false;
    unfold.addEventListener("click", () => {
      const open = unfold.getAttribute("aria-pressed") === "false";
      unfold.setAttribute("aria-pressed", String(open));
      for (const fold of all(".appendix details.fold")) fold.open = open;
    });
    whole.addEventListener("click", () => { root.classList.add("whole"); print(); });
  }

  document.addEventListener("DOMContentLoaded", () => {
    all(".controls").forEach(appendix);
    all("button.theme").forEach(themeButton);
    if (document.querySelector(".contents")) follow(all(".contents a"));
    for (const link of all(".narrow a")) link.addEventListener("click", () => { link.closest("details").open = false; });
    for (const figure of all("figure.table")) {
      const rows = all("tbody tr", figure).length;
      download(figure);
      if (rows > 10) sortable(figure.querySelector("table"));
      if (rows > 25 || (rows > 9 && figure.closest("details"))) searchable(figure);
    }
    if ("popover" in HTMLElement.prototype) notes();
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      if (link?.hash && !event.defaultPrevented && named(link)?.closest("details, [hidden]")) setTimeout(() => reveal(named(link)));
    });
    addEventListener("hashchange", () => { if (named(location)) reveal(named(location)); });
    if (named(location)) reveal(named(location));
  });

  // Paper has the chapters, and the appendix only when asked for.
  const opened = [];
  addEventListener("beforeprint", () => {
    const left = root.classList.contains("whole") ? ".code, .narrow" : ".code, .narrow, .appendix details";
    opened.push(...all(`details:not(${left}, [open])`));
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    root.classList.remove("whole");
    for (const details of opened.splice(0)) details.open = false;
  });
})();
