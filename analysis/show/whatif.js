// The what-if panel. whatif.py hands over the models, printed from the model's formulas, and the report's inputs.
// What is shown is a function of `settings`: the inputs that differ from the report, by name, as a reader or a link has set them.
((models, data) => {
  const quantities = new Map(Object.entries(data.quantities));
  const settings = new Map();

  function compute(changed) {
    const value = (name) => changed.get(name) ?? quantities.get(name).value;
    return new Map(data.segments.map((segment) => {
      const inputs = Object.fromEntries(Object.entries(segment.inputs).map(([parameter, name]) => [parameter, value(name)]));
      const { has_market: market, ...results } = models[segment.model](inputs);
      for (const metric in results) if (!market || !Number.isFinite(results[metric])) results[metric] = NaN;
      return [segment.name, results];
    }));
  }

  function set(name, value) {
    const q = quantities.get(name), bounded = Math.min(q.maximum, Math.max(q.minimum, value));
    if (bounded.toPrecision(12) === q.value.toPrecision(12)) settings.delete(name); else settings.set(name, bounded);
  }

  // Numbers read as everywhere in the report (prose.py): three digits, a true minus sign, words for what is large.
  function digits(x) {
    const sign = x < 0 ? "\u2212" : "", size = Math.abs(x);
    const power = () => sign + size.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
    if (!Number.isFinite(x)) return "undefined";
    if (size === 0) return "0";
    for (const [limit, word] of [[1e12, " trillion"], [1e9, " billion"], [1e6, " million"]]) {
      if (size >= limit * 0.9995) return size < 1e15 ? sign + digits(size / limit) + word : power();
    }
    if (size < 1e-6) return power();
    const rounded = Number(size.toPrecision(3));
    const text = rounded.toFixed(Math.max(0, 2 - Math.floor(Math.log10(rounded)))).replace(/\B(?=(\d{3})+$)/g, (_, __, at, all) => (all.includes(".") ? "" : ","));
    return sign + (text.includes(".") && rounded >= 1 ? text.replace(/\.?0+$/, "") : text);
  }
  const said = (x, unit) => (unit.startsWith("USD") && Number.isFinite(x) ? digits(x).replace(/^\u2212?/, "$&USD ") : digits(x));

  window.whatif = Object.freeze({ compute: (changed = {}) => Object.fromEntries(compute(new Map(Object.entries(changed)))), said });
  const panel = document.querySelector("section.whatif");
  if (!panel) return;
  const [pick, list, template, status, command, copy, reset] = panel.querySelectorAll("select, .list, template, .status, textarea, .copy, .reset");
  const own = compute(new Map());
  const chosen = () => data.segments.find((segment) => segment.name === pick.value);
  const touches = (segment, name) => Object.values(segment.inputs).includes(name);

  // A slider has 200 steps over the plausible range, on the logarithm where the range is one of factors.
  const share = (q, v) => (q.logarithmic ? Math.log(v / q.low) / Math.log(q.high / q.low) : (v - q.low) / (q.high - q.low));
  const at = (q, v) => Math.round(200 * Math.min(1, Math.max(0, share(q, v))));
  function from(q, place) {
    const v = q.logarithmic ? q.low * (q.high / q.low) ** (place / 200) : q.low + (q.high - q.low) * place / 200;
    return place === at(q, q.value) ? q.value : Math.min(q.high, Math.max(q.low, Number(v.toPrecision(3))));
  }
  const scale = (q) => (q.unit.startsWith("fraction") ? 100 : 1); // a share is set in percent
  const tidy = (x) => Number(x.toPrecision(12));
  const step = (q) => 10 ** Math.floor(Math.log10(Math.abs(q.value || q.high || 1) / 4)); // of the arrow keys in a field

  function control(name, i) {
    const q = quantities.get(name), unit = q.unit.replace("fraction", "%").replace(/^(ratio|count|index)$/, "");
    const row = template.content.firstElementChild.cloneNode(true);
    const [label, number, units, meaning, slider, low, middle, high] = row.querySelectorAll(".name, input, .unit, .meaning, .ends span");
    const text = (x) => tidy(x * scale(q)).toLocaleString("en-US", { maximumSignificantDigits: 4 });
    [label.textContent, units.textContent, meaning.textContent, low.textContent, high.textContent] = [q.label, unit, q.meaning, text(q.low), text(q.high)];
    [meaning.id, middle.id] = [`whatif-meaning-${i}`, `whatif-report-${i}`];
    Object.assign(number, { step: "any", min: tidy(q.minimum * scale(q)), max: tidy(q.maximum * scale(q)) });
    slider.setAttribute("aria-label", `${q.label}, slider`);
    for (const input of [number, slider]) input.setAttribute("aria-describedby", `${meaning.id} ${middle.id}`);
    row.querySelector(".track").style.setProperty("--mark", at(q, q.value) / 200);
    slider.disabled = q.low === q.high;

    function show(typing) {
      const v = settings.get(name) ?? q.value, outside = v < q.low || v > q.high;
      if (!typing) number.value = tidy(v * scale(q));
      number.removeAttribute("aria-invalid");
      if (!slider.disabled) slider.value = at(q, v);
      slider.setAttribute("aria-valuetext", `${tidy(v * scale(q))} ${unit}`);
      middle.textContent = `report ${text(q.value)}${outside ? ", now beyond the plausible range" : ""}`;
      row.classList.toggle("changed", settings.has(name));
    }
    const put = (v, typing) => { set(name, v); show(typing); changed(); };
    slider.addEventListener("input", () => put(from(q, Number(slider.value))));
    number.addEventListener("input", () => {
      const v = tidy(number.valueAsNumber / scale(q));
      if (v >= q.minimum && v <= q.maximum) put(v, true); else number.setAttribute("aria-invalid", "true");
    });
    number.addEventListener("change", () => put(number.value === "" ? settings.get(name) ?? q.value : tidy(number.valueAsNumber / scale(q))));
    number.addEventListener("keydown", (event) => {
      if (!["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      put(tidy((settings.get(name) ?? q.value) + (event.key === "ArrowUp" ? step(q) : -step(q))));
    });
    show();
    return row;
  }

  function choose(settle) { // the inputs of a segment: those that matter most, and what a link has set beside them
    const segment = chosen(), beside = [...settings.keys()].filter((name) => touches(segment, name));
    list.replaceChildren(...[...new Set([...segment.offered, ...beside])].map(control));
    for (const row of panel.querySelectorAll("tbody tr")) row.classList.toggle("chosen", row.dataset.segment === segment.name);
    changed(settle);
  }

  let waiting;
  function changed(settle = 300) {
    const now = compute(settings);
    for (const row of panel.querySelectorAll("tbody tr")) {
      const result = now.get(row.dataset.segment), segment = data.segments.find((s) => s.name === row.dataset.segment);
      const touched = [...settings.keys()].some((name) => touches(segment, name));
      for (const cell of row.querySelectorAll("[data-metric]")) {
        const report = cell.parentElement.querySelector("[data-result]").textContent;
        cell.textContent = touched ? said(result[cell.dataset.metric], data.units[cell.dataset.metric]) : report;
        cell.classList.toggle("moved", cell.textContent !== report);
      }
    }
    const sets = Object.entries({ ...data.command.given, ...Object.fromEntries(settings) }).map(([name, value]) => ` --set ${name}=${value}`).join("");
    command.value = data.command.start + (sets && " --name my-case") + sets;
    clearTimeout(waiting);
    waiting = setTimeout(() => { // what is heard and what the address holds follow when the hand rests
      const covering = (results) => [...results.values()].filter((result) => result.contribution > 0).length;
      const text = !settings.size ? "As in the report."
        : `${chosen().title}: headroom ${digits(now.get(pick.value).headroom)} (report ${digits(own.get(pick.value).headroom)}). `
          + `Segments that cover their running cost: ${covering(now)} of ${now.size} (report ${covering(own)}).`;
      if (status.textContent !== text) status.textContent = text;
      if (settings.size || location.hash.startsWith("#what-if?")) {
        const state = settings.size ? `?${new URLSearchParams([...settings])}` : "";
        try { history.replaceState(null, "", `#what-if${state}`); } catch { /* a frame that may not change its address works without */ }
      }
    }, settle);
  }

  function restore() {
    if (!/^#what-if(\?|$)/.test(location.hash)) return;
    settings.clear();
    for (const [name, text] of new URLSearchParams(location.hash.slice("#what-if?".length))) {
      if (quantities.has(name) && text.trim() && Number.isFinite(Number(text))) set(name, Number(text));
    }
    const names = [...settings.keys()], first = names.find((name) => name.includes(".")) ?? names[0];
    if (first) pick.value = data.segments.find((segment) => touches(segment, first)).name;
    choose(0);
    panel.scrollIntoView();
  }

  pick.addEventListener("change", () => choose());
  reset.addEventListener("click", () => { settings.clear(); choose(0); });
  copy.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(command.value).then(() => true, () => false);
    if (!copied) command.select(); // as where a file may not reach the clipboard
    status.textContent = `The command is ${copied ? "copied" : "selected, ready to copy"}.`;
  });
  addEventListener("hashchange", restore);
  panel.hidden = false;
  choose(0);
  restore();
})
