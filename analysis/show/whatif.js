// The what-if panel. whatif.py hands over the models and tests, printed from Python's own functions, and the report's inputs.
// What is shown is a function of `settings`: the inputs that differ from the report, name to [low, median, high], as set by hand or link.
((models, lostTo, readSentences, data) => {
  const N = 2 ** (Object.values(data.orders)[0].length - 1);
  const quantities = new Map(Object.entries(data.quantities));
  for (const segment of data.segments) for (const metric in segment.intervals) segment.intervals[metric] = segment.intervals[metric].map((x) => x ?? NaN);
  const segments = new Map(data.segments.map((segment) => [segment.name, segment]));
  const COVERS = "covers_running_cost", REPAYS = "repays_acquisition";
  let settings = new Map();

  // --- Draws: two-piece normals on each quantity's scale; one order of the same quantiles for each quantity.
  const SCALES = {
    linear: [(x) => x, (t) => t],
    fixed: [(x) => x, (t) => t],
    log: [Math.log, Math.exp],
    logit: [(x) => Math.log(x / (1 - x)), (t) => 1 / (1 + Math.exp(-t))],
  };
  const held = (q, x) => Math.min(q.maximum, Math.max(q.minimum, x));
  const certain = ([low, , high]) => low === high;
  const SCORES = Float64Array.from({ length: N }, (_, i) => { // Abramowitz and Stegun 26.2.23, within 4.5e-4
    const p = (i + 0.5) / N, t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    const z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    return p < 0.5 ? -z : z;
  });

  function ordered(name) { // a scrambled Sobol' sequence: one number of the quantity's own flips from each draw to the next
    const z = new Float64Array(N), [first, ...flips] = data.orders[name];
    for (let i = 0, at = first; i < N; at ^= flips[31 - Math.clz32(++i & -i)]) z[i] = SCORES[at];
    return z;
  }

  const kept = new Map();
  const once = (key, make) => kept.get(key) ?? kept.set(key, make()).get(key);
  const rangeIn = (changed, name) => changed.get(name) ?? once(`range ${name}`, () => [quantities.get(name).low, quantities.get(name).value, quantities.get(name).high]);

  function drawsOf(name, changed) {
    const range = rangeIn(changed, name), widening = rangeIn(changed, "widening")[1], key = `${range} ${widening}`;
    const last = once(`draws ${name}`, () => ({ values: new Float64Array(N), z: ordered(name) }));
    const first = once(`report ${name}`, () => ({ values: new Float64Array(N), z: last.z }));
    const place = changed.has(name) || changed.has("widening") ? last : first;
    if (place.key !== key) fill(Object.assign(place, { key }), quantities.get(name), range, widening / data.z95);
    return place.values;
  }

  function fill({ values, z }, q, [low, middle, high], widening) {
    if (low === high || q.scale === "fixed") { values.fill(middle); return; }
    const [onto, back] = SCALES[q.scale], centre = onto(middle);
    const below = widening * (centre - onto(low)), above = widening * (onto(high) - centre);
    for (let i = 0; i < N; i++) values[i] = held(q, back(centre + z[i] * (z[i] < 0 ? below : above)));
  }

  const space = (segment) => Object.fromEntries([
    ...Object.keys(data.drawn).map((metric) => [metric, new Float64Array(N)]),
    ...Object.keys(segment.report).map((test) => [test, new Uint8Array(N)]),
  ]);
  const percentile = (sorted, share) => {
    const at = (sorted.length - 1) * share, below = Math.floor(at);
    return below + 1 < sorted.length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below] ?? NaN;
  };
  const ends = (values) => {
    const sorted = Number.isFinite(values.reduce((sum, x) => sum + x, 0)) ? values.slice().sort() : values.filter(Number.isFinite).sort();
    return [0.05, 0.5, 0.95].map((share) => percentile(sorted, share));
  };

  // A segment put through its model, at the report's inputs or at others, the last of which are kept.
  function drawn(segment, changed) {
    const touched = [...changed].filter(([name]) => touches(segment, name)), key = String(touched);
    const place = once(`${touched.length ? "last" : "own"} ${segment.name}`, () => ({ out: space(segment) }));
    if (place.key !== key) {
      const columns = Object.fromEntries(Object.entries(segment.inputs).map(([parameter, name]) => [parameter, drawsOf(name, changed)]));
      models[segment.model].draws(models[segment.model].point, columns, place.out);
      const intervals = Object.fromEntries(Object.keys(data.drawn).map((metric) => [metric, ends(place.out[metric])]));
      Object.assign(place, { key, intervals });
    }
    return place;
  }

  // The share of draws that pass, less of the error at the report's inputs what both have in common (a control variate).
  function share(now, own, report) {
    let passed = 0, before = 0, both = 0;
    for (let i = 0; i < N; i++) { passed += now[i]; before += own[i]; both += now[i] & own[i]; }
    const p = passed / N, p0 = before / N, variance = p0 * (1 - p0);
    const common = variance ? (both / N - p * p0) / variance : Number(p === p0);
    return Math.min(1, Math.max(0, p + common * (report - p0)));
  }
  // An interval in the browser, moved by its error at the report's inputs in proportion to its width.
  const corrected = (now, own, report) => now.map((x, i) => x + (own[2] > own[0] ? (report[i] - own[i]) * (now[2] - now[0]) / (own[2] - own[0]) : 0));
  const touches = (segment, name) => name === "widening" || once(`inputs ${segment.name}`, () => new Set(Object.values(segment.inputs))).has(name);
  const mapped = (keys, make) => Object.fromEntries(Object.keys(keys).map((key) => [key, make(key)]));

  function evaluate(changed) {
    const moved = data.segments.filter((segment) => [...changed.keys()].some((name) => touches(segment, name)));
    const results = Object.fromEntries(data.segments.map((segment) => {
      if (!moved.includes(segment)) return [segment.name, { ...segment.report, ...segment.intervals }];
      const now = drawn(segment, changed), own = drawn(segment, new Map());
      return [segment.name, {
        ...mapped(segment.report, (test) => share(now.out[test], own.out[test], segment.report[test])),
        ...mapped(segment.intervals, (metric) => corrected(now.intervals[metric], own.intervals[metric], segment.intervals[metric])),
      }];
    }));
    const named = data.named.map((name) => segments.get(name)), any = named.some((segment) => moved.includes(segment));
    const together = mapped(data.together, (subject) => mapped(data.together[subject], (test) => {
      if (!any) return data.together[subject][test];
      const joined = (inputs) => named.map((segment) => drawn(segment, inputs).out[test]).reduce((a, b) => a.map((x, i) => (subject === "named_any" ? x | b[i] : x & b[i])));
      return share(joined(changed), joined(new Map()), data.together[subject][test]);
    }));
    return { ...results, ...together };
  }

  function compute(changed) {
    return mapped(Object.fromEntries(segments), (name) => {
      const { model, inputs } = segments.get(name);
      const results = models[model].point(mapped(inputs, (parameter) => rangeIn(changed, inputs[parameter])[1]));
      return Object.fromEntries(data.points.map((metric) => [metric, results[metric]]));
    });
  }

  // --- Words and numbers, as everywhere in the report (findings/claims.py, show/numbers.py).
  const likelihood = (p) => (p >= 0.5 ? data.likelihoods.find(([, lowest]) => p >= lowest) : data.likelihoods.findLast(([, , highest]) => p <= highest))[0];
  const atLeastLikely = (p) => data.likelihoods.find(([word]) => word === likelihood(p))[1] > 0.5;
  const atMostUnlikely = (p) => data.likelihoods.find(([word]) => word === likelihood(p))[2] < 0.5;
  function size(x, places) {
    if (x === 0) return "0";
    if (x < 1e-6 || x >= 1e15) return x.toExponential(places - 1).replace(/e([+-])(\d)$/, "e$10$2");
    for (const [limit, word] of [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]]) {
      if (x >= limit * (1 - 0.5 * 10 ** -places)) return `${size(x / limit, places)} ${word}`;
    }
    const rounded = Number(x.toPrecision(places)), after = Math.max(0, places - 1 - Math.floor(Math.log10(rounded)));
    const text = after ? rounded.toFixed(after) : String(rounded).replace(/\B(?=(\d{3})+$)/g, ",");
    return after && rounded >= 1 ? text.replace(/\.?0+$/, "") : text;
  }
  const sign = (x) => (x < 0 ? "\u2212" : "");
  function money(x, places) {
    const rounded = Number(Math.abs(x).toPrecision(places));
    if (rounded > 0 && rounded < 1) {
      let cents = size(100 * Math.abs(x), places);
      if (cents.includes(".") && !cents.includes("e")) cents = cents.replace(/\.?0+$/, "");
      return `${sign(x)}${cents} ${cents === "1" ? "cent" : "cents"}`;
    }
    if (rounded >= 1 && rounded < 10 ** (places - 1) && rounded % 1) return `${sign(x)}$${rounded.toFixed(2)}`;
    return `${sign(x)}$${size(Math.abs(x), places)}`;
  }
  function percent(x, places = 2) {
    if (x > 0 && x < 0.001) return "under 0.1 %";
    if (x > 0.999 && x < 1) return "over 99.9 %";
    return `${sign(x)}${size(Math.abs(100 * x), x > 0.99 && x < 1 ? Math.max(places, 3) : places)} %`;
  }
  function probability(p) {
    if (p < 0.01) return "under 1 %";
    if (p > 0.99) return "over 99 %";
    const places = [0, 1].find((n) => likelihood(Number(p.toFixed(n + 2))) === likelihood(p)) ?? 2;
    return `${(100 * p).toFixed(places)} %`;
  }
  function said(x, unit, places = 3) {
    if (x === null || !Number.isFinite(x)) return "undefined";
    if (unit.startsWith("USD") && !unit.includes("(")) return money(x, places);
    return unit.startsWith("fraction") ? percent(x) : sign(x) + size(Math.abs(x), places);
  }
  function span([low, , high], unit, places = 2) {
    const [first, last] = [said(low, unit, places), said(high, unit, places)], word = first.slice(first.lastIndexOf(" ") + 1);
    return /^[a-z-]+$/i.test(word) && first.includes(" ") && last.endsWith(` ${word}`) ? `${first.slice(0, -word.length - 1)} to ${last}` : `${first} to ${last}`;
  }

  // --- Settings: what no input may have is told, and left out.
  const tidy = (x) => Number(x.toPrecision(12));
  const scale = (q) => (q.unit.startsWith("fraction") ? 100 : 1); // a share is set in percent
  const shown = (q, range) => (certain(range) ? range.slice(1, 2) : range).map((x) => String(tidy(x * scale(q)))).join(", ");
  const unitOf = (q) => q.unit.replace(/^fraction/, "%").replace(/^(ratio|count|index)$/, "");
  function fault(q, range) {
    const [low, value, high] = range, within = shown(q, [q.minimum, NaN, q.maximum]).replace(/,.*,/, " to");
    if (!range.every(Number.isFinite)) return "write one number, or low, median, high";
    if (Math.min(...range) < q.minimum || Math.max(...range) > q.maximum) return `no such value is possible: ${within} ${unitOf(q)}`.trim();
    if (!(low <= value && value <= high)) return "the three have to rise: low, median, high";
    if (q.scale === "fixed" && low < high) return "one number here, no range";
    if (low < high && ((["log", "logit"].includes(q.scale) && low <= 0) || (q.scale === "logit" && high >= 1))) return "a range of this may not begin or end there";
    return "";
  }
  const asRange = (given) => { const list = [given].flat().map(Number); return list.length === 1 ? [list[0], list[0], list[0]] : list.length === 3 ? list : [NaN]; };
  function put(into, name, range) { // gives what is wrong with it, if anything
    const q = quantities.get(name), wrong = fault(q, range);
    if (wrong) return wrong;
    if (shown(q, range) === shown(q, rangeIn(new Map(), name))) into.delete(name); else into.set(name, range);
    return "";
  }
  function fromObject(given = {}) { // inputs that the panel does not read have no effect on what it shows
    const into = new Map();
    for (const [name, value] of Object.entries(given)) {
      const wrong = quantities.has(name) && put(into, name, asRange(value));
      if (wrong) throw new RangeError(`${name}: ${wrong}`);
    }
    return into;
  }
  const listed = (into) => [...into].map(([name, range]) => [name, certain(range) ? `${range[1]}` : range.join(",")]);
  const publicly = (changed) => {
    const found = evaluate(changed);
    const told = [...data.claims, ...Object.keys(data.drawn)];
    return mapped(Object.fromEntries(segments), (name) => Object.fromEntries(told.filter((key) => key in found[name]).map((key) => [key, found[name][key]])));
  };
  window.whatif = Object.freeze({ compute: (given) => compute(fromObject(given)), draw: (given) => publicly(fromObject(given)), said, likelihood });

  // --- The page.
  const panel = document.querySelector("section.whatif");
  if (!panel) return;
  const find = (selector) => panel.querySelector(selector);
  const [pick, preset, search, list, template, status, command, why] = ["select.pick", "select.preset", "[type=search]", ".list", "template", "[role=status]", "textarea", ".why"].map(find);
  const chosen = () => segments.get(pick.value);
  const own = evaluate(new Map());
  const marks = [...document.querySelectorAll("[id$=fig-verdict] [data-claim] > [data-segment]")];
  const sentences = [...document.querySelectorAll("[data-live]")].map((place) => ({ place, own: [...place.childNodes], live: null }));
  const cells = [...panel.querySelectorAll("[data-test], [data-metric]")];
  const resting = { timer: 0, frame: 0 };

  function write(cell, texts, report) { // what is now and, where it differs, what the report has
    texts.forEach((text, i) => {
      const now = cell.children[2 * i], before = cell.children[2 * i + 1], old = text === report[i] ? "" : report[i];
      if (now.textContent !== text) now.textContent = text;
      if (before.textContent !== old) before.textContent = old;
      now.classList.toggle("moved", old !== "");
    });
  }
  function written(found, { dataset: { test, metric } }, name) {
    const value = found[name][test ?? metric];
    return test ? [probability(value), likelihood(value)] : [said(value[1], data.drawn[metric], 2), span(value, data.drawn[metric])];
  }

  function counts(found) {
    const of = (test) => data.segments.filter(({ name }) => atLeastLikely(found[name][test])).length;
    return [of(COVERS), of(REPAYS)];
  }

  function paint(changed) {
    const found = evaluate(changed);
    for (const cell of cells) {
      const { segment } = cell.parentElement.dataset;
      write(cell, written(found, cell, segment), once(cell, () => written(own, cell, segment)));
    }
    bar();
    for (const mark of marks) {
      const { segment } = mark.dataset, { claim, zero, one } = mark.parentElement.dataset, by = (found[segment]?.[claim] - own[segment]?.[claim]) * (one - zero);
      if (by) mark.setAttribute("transform", `translate(${by.toFixed(2)} 0)`); else mark.removeAttribute("transform");
      mark.classList.toggle("moved", Boolean(by));
    }
    for (const one of sentences) follow(one, changed, found);
    const [covers, repays] = counts(found), [covered, repaid] = counts(own);
    find(".counts").textContent = `At least likely to cover the running cost: ${covers} of ${segments.size} (report: ${covered}). To repay winning the customer: ${repays} (report: ${repaid}).`;
    find(".yours").classList.toggle("shown", changed.size > 0);
    return found;
  }

  // The chosen segment stays in sight at the foot of the panel.
  function bar() {
    const name = pick.value, row = find(`tr[data-segment="${CSS.escape(name)}"]`);
    find(".now .who").textContent = chosen().title;
    [...row.querySelectorAll("[data-test]")].forEach((cell, i) => {
      panel.querySelectorAll(".now dd")[i].replaceChildren(...[...cell.children].map((part) => part.cloneNode(true)));
    });
  }

  function follow(one, changed, found) {
    if (!changed.size) { if (one.live) { one.place.replaceChildren(...one.own); one.live = null; } return; }
    try {
      one.read ??= readSentences(JSON.parse(one.place.dataset.live), { data, quantities, likelihood, atLeastLikely, atMostUnlikely, probability, percent, said, span, sign, lostTo, certain });
      const html = one.read(found, (name) => rangeIn(changed, name));
      if (html === one.live) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = html;
      compare(fresh.content, one.own);
      one.place.replaceChildren(fresh.content);
      one.live = html;
    } catch (error) {
      if (!one.told) console.error(one.told = error); // these sentences stay the report's
    }
  }
  // What differs from the report's sentences is marked, by paragraph and by number.
  const plain = (node) => node.textContent.replace(/\s+/g, " ").trim();
  const keyOf = ({ dataset: { word, claim, result, stat } }) => [word, claim, result, stat].join(" ");
  function compare(content, own) {
    const before = document.createElement("div");
    before.append(...own.map((node) => node.cloneNode(true)));
    const told = new Set([...before.querySelectorAll("p")].map(plain));
    const numbers = new Map([...before.querySelectorAll("b, data")].map((number) => [keyOf(number), plain(number)]));
    for (const p of content.querySelectorAll("p")) p.classList.toggle("moved", !told.has(plain(p)));
    for (const number of content.querySelectorAll("b, data")) number.classList.toggle("moved", numbers.get(keyOf(number)) !== plain(number));
  }

  // A slider has 200 steps over the plausible range on the quantity's scale. It moves the range as a whole; what is certain stays so.
  function slide(q) {
    const [onto, back] = SCALES[q.scale], [low, high] = [onto(q.low), onto(q.high)];
    const round = (x) => Number(held(q, x).toPrecision(3));
    return {
      at: (x) => Math.round(200 * Math.min(1, Math.max(0, (onto(x) - low) / (high - low) || 0))),
      to(place, spread) {
        const value = round(back(low + (high - low) * place / 200)), by = onto(value) - onto(spread[1]);
        const moved = certain(spread) ? [value, value, value] : [round(back(onto(spread[0]) + by)), value, round(back(onto(spread[2]) + by))];
        return fault(q, moved) ? [Math.min(value, held(q, back(onto(spread[0]) + by))), value, Math.max(value, held(q, back(onto(spread[2]) + by)))] : moved;
      },
    };
  }

  function control(name, i) {
    const q = quantities.get(name), report = rangeIn(new Map(), name), row = template.content.firstElementChild.cloneNode(true);
    const [label, field, units, meaning, track, slider, low, middle, high, word] = row.querySelectorAll(".name, [type=text], .unit, .meaning, .track, [type=range], .ends span, .word");
    const short = (x) => tidy(x * scale(q)).toLocaleString("en-US", { maximumSignificantDigits: 4 });
    const owner = name.includes(".") ? "" : " (all segments)", hand = slide(q);
    [label.textContent, units.textContent, meaning.textContent] = [q.label, unitOf(q), q.meaning + owner];
    [low.textContent, middle.textContent, high.textContent] = [short(q.low), `report ${short(q.value)}`, short(q.high)];
    [meaning.id, word.id] = [`whatif-meaning-${i}`, `whatif-word-${i}`];
    slider.setAttribute("aria-label", `${q.label}, slider`);
    for (const input of [field, slider]) input.setAttribute("aria-describedby", `${meaning.id} ${word.id}`);
    slider.disabled = certain(report);
    track.style.setProperty("--mark", slider.disabled ? 0.5 : hand.at(q.value) / 200);
    let spread = settings.get(name) ?? report;

    function show(wrong = "") {
      const range = settings.get(name) ?? report;
      if (document.activeElement !== field && !wrong) field.value = shown(q, range);
      if (!slider.disabled && document.activeElement !== slider) slider.value = hand.at(range[1]);
      slider.setAttribute("aria-valuetext", `${shown(q, range).replace(/^(.*), (.*), (.*)$/, "$2, from $1 to $3")} ${unitOf(q)}`.trim());
      field.toggleAttribute("aria-invalid", false);
      if (wrong) field.setAttribute("aria-invalid", "true");
      word.textContent = wrong || (range[1] < q.low || range[1] > q.high ? "Outside the plausible range" : certain(range) && !certain(report) ? "Taken as certain" : "");
      row.classList.toggle("changed", settings.has(name));
    }
    slider.addEventListener("input", () => {
      const place = Number(slider.value), back = place === hand.at(spread[1]);
      put(settings, name, back ? spread : hand.to(place, spread));
      field.value = shown(q, settings.get(name) ?? report);
      show();
      changed();
    });
    field.addEventListener("input", () => {
      const parts = field.value.replace(/\u2212/g, "-").split(",").map((text) => (text.trim() ? Number(text.replace("%", "")) / scale(q) : NaN));
      const range = asRange(parts.length === 1 ? parts[0] : parts).map((x) => (Number.isFinite(x) ? tidy(x) : x)), wrong = put(settings, name, range);
      if (!wrong) { spread = range; if (!slider.disabled) slider.value = hand.at(range[1]); changed(); }
      show(wrong);
      if (wrong) status.textContent = `${q.label}: ${wrong}`;
    });
    field.addEventListener("keydown", (event) => { // by hundredths of the plausible range, as the slider
      const by = { ArrowUp: 2, ArrowDown: -2 }[event.key];
      if (!by || slider.disabled) return;
      event.preventDefault();
      slider.value = Number(slider.value) + by;
      slider.dispatchEvent(new Event("input"));
    });
    field.addEventListener("blur", () => { if (!field.hasAttribute("aria-invalid")) show(); });
    show();
    return row;
  }

  const words = (name) => `${name} ${quantities.get(name).label} ${quantities.get(name).meaning}`.toLowerCase();
  const MOST = 12;
  function choose() { // the inputs most worth knowing of a segment, and what is set beside them; or those that a search finds
    const segment = chosen(), beside = [...settings.keys()].filter((name) => touches(segment, name));
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const readable = [...Object.values(segment.inputs), "widening"];
    const all = wanted.length ? readable.filter((name) => wanted.every((word) => words(name).includes(word))) : [...new Set([...segment.offered, ...beside])];
    list.replaceChildren(...all.slice(0, MOST).map(control));
    find("output").textContent = wanted.length ? `${Math.min(all.length, MOST)} of ${readable.length} inputs` : "";
    for (const row of panel.querySelectorAll("tbody tr")) row.classList.toggle("chosen", row.dataset.segment === segment.name);
  }

  // The preset of which every setting stands, the largest first; what differs from it is set beside it.
  const equal = (a, b) => a?.length === b.length && a.every((x, i) => x === b[i]);
  const holding = () => data.scenarios.filter((s) => Object.entries(s.settings).every(([name, range]) => equal(settings.get(name), range)))
    .sort((a, b) => Object.keys(b.settings).length - Object.keys(a.settings).length)[0];

  function changed() {
    cancelAnimationFrame(resting.frame);
    resting.frame = requestAnimationFrame(() => { paint(settings); tell(); });
    clearTimeout(resting.timer);
    resting.timer = setTimeout(rest, 400);
  }

  function tell() {
    const base = holding(), { scenario, options, given } = data.command;
    preset.value = base?.name ?? "";
    why.querySelector("p").textContent = base?.reason ?? "The inputs of this report, but for what is changed below.";
    const beside = listed(settings).filter(([name]) => !base || !(name in base.settings));
    const sets = Object.entries({ ...(base ? {} : mapped(given, (name) => (certain(given[name]) ? given[name].slice(1, 2) : given[name]).map(tidy).join(","))), ...Object.fromEntries(beside) });
    const from = base?.name ?? (scenario === "base" ? "" : scenario);
    command.value = ["python -m analysis build", from, ...options, beside.length ? "--name my-case" : "", ...sets.map(([name, value]) => `--set ${name}=${value}`)].filter(Boolean).join(" ");
  }

  // What is heard and what the address holds follow when the hand rests.
  const query = () => String(new URLSearchParams(listed(settings))).replaceAll("%2C", ",");
  function rest() {
    const found = evaluate(settings), { title, name } = chosen(), text = (test, results) => `${likelihood(results[name][test])}, ${probability(results[name][test])}`;
    const told = !settings.size ? "As in the report."
      : `${title} covers its running cost: ${text(COVERS, found)}; report ${text(COVERS, own)}. Repays winning the customer: ${text(REPAYS, found)}; report ${text(REPAYS, own)}. ${find(".counts").textContent}`;
    if (status.textContent !== told) status.textContent = told;
    remember();
  }
  function remember(how = "pushState") {
    if ((history.state?.whatIf ?? "") === query() && how === "pushState") return;
    const hash = settings.size ? `#what-if?${query()}` : /^#what-if\?/.test(location.hash) ? "#what-if" : location.hash;
    try { history[how]({ whatIf: query() }, "", hash || location.href.split("#")[0]); } catch { /* a frame that may not change its address works without */ }
  }
  function restore(text) {
    let left = 0;
    settings = new Map();
    for (const [name, given] of new URLSearchParams(text)) left += !quantities.has(name) || !given.trim() || Boolean(put(settings, name, asRange(given.split(","))));
    const names = [...settings.keys()], first = names.find((name) => name.includes(".")) ?? names[0];
    if (first && !names.some((name) => name.includes(".") && touches(chosen(), name))) pick.value = data.segments.find((segment) => touches(segment, first)).name;
    search.value = "";
    choose();
    paint(settings);
    tell();
    status.textContent = left ? `${left} of the settings in the address ${left === 1 ? "is" : "are"} not possible and left out.` : settings.size ? "Settings of the address." : "As in the report.";
  }
  const inAddress = () => (/^#what-if\?/.test(location.hash) ? location.hash.slice("#what-if?".length) : null);
  const set = (given) => { settings = new Map(given); choose(); changed(); };

  pick.addEventListener("change", () => { choose(); paint(settings); });
  search.addEventListener("input", choose);
  preset.addEventListener("change", () => set(Object.entries(data.scenarios.find(({ name }) => name === preset.value)?.settings ?? {})));
  for (const button of panel.querySelectorAll(".reset")) button.addEventListener("click", () => { search.value = ""; set([]); });
  find(".copy").addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(command.value).then(() => true, () => false);
    if (!copied) command.select(); // as where a file may not reach the clipboard
    status.textContent = `The command is ${copied ? "copied" : "selected, ready to copy"}.`;
  });
  addEventListener("popstate", ({ state }) => { // a step back or forth, a new address, or a link within the page, which leaves the settings
    if (state?.whatIf !== undefined) restore(state.whatIf);
    else { if (inAddress() !== null) restore(inAddress()); remember("replaceState"); }
  });
  addEventListener("beforeprint", () => paint(new Map())); // on paper stand the report's own numbers
  addEventListener("afterprint", () => paint(settings));
  new IntersectionObserver(([entry]) => find(".yours").classList.toggle("away", !entry.isIntersecting)).observe(panel);

  panel.hidden = false;
  const start = inAddress() ?? history.state?.whatIf ?? "";
  restore(start);
  remember("replaceState");
  if (inAddress() !== null) panel.scrollIntoView();
})
