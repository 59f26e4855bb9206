// Sentences that follow the panel: the tree of a cell's Jinja (live.py) read with other numbers. What it does not know it throws.
(given, { data, quantities, likelihood, atLeastLikely, atMostUnlikely, probability, percent, said, span, sign, lostTo, certain }) => {
  const { tree, rows, markdown } = given;
  const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  let found, rangeOf, held;

  const fail = (what) => { throw new Error(`a sentence names ${what}, which this page does not follow`); };
  const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const markup = (html) => ({ html, toString: () => html });
  const word = (n) => WORDS[n] ?? n.toLocaleString("en-US");
  const joined = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0] ?? "none");
  const howMany = (some, of) => {
    if (of === 1) return some ? "the only one" : "none";
    if (some === of) return of === 2 ? "both" : `all ${word(of)}`;
    return `${some ? word(some) : "none"} of the ${word(of)}`;
  };
  const marked = (value, text, kind, key, stat) => (Number.isFinite(value) ? `<data value="${Number(value.toPrecision(12))}" data-${kind}="${escaped(key)}" data-stat="${stat}">${escaped(text)}</data>`
    : `<span data-${kind}="${escaped(key)}" data-stat="${stat}">${escaped(text)}</span>`);

  // A result: what the panel draws anew, else as the report has it.
  function valuesOf(segment, metric, row) {
    const drawn = found[segment]?.[metric], lost = /^lost_to_(.+)$/.exec(metric);
    if (Array.isArray(drawn)) return { p05: drawn[0], p50: drawn[1], p95: drawn[2] };
    if (lost && found[segment]) return { value: lostTo(found[segment])[lost[1]] };
    return metric === "widening" ? { value: rangeOf("widening")[1] } : row.values;
  }
  function result(segment, metric, detail = "", stat = "") {
    const key = `${segment}/${metric}/${detail}`, row = () => rows[key] ?? fail(key), values = () => valuesOf(segment, metric, row());
    const column = () => stat || (Number.isFinite(values().p50) ? "p50" : "value"), value = () => values()[column()] ?? NaN;
    const shown = (text) => marked(value(), text, "result", key, column());
    return { numeric: true, valueOf: value, at: (of) => result(segment, metric, of, stat),
      get html() { return shown(said(value(), row().unit, 2)); },
      attribute(name) {
        if (name === "percent") return markup(shown(percent(value())));
        if (name === "range") return markup(marked(values().p05, span([values().p05, 0, values().p95], row().unit), "result", key, "p05"));
        return result(segment, metric, detail, name === "point" ? "value" : name);
      } };
  }
  function input(name) {
    const q = quantities.get(name) ?? fail(name), [low, value, high] = rangeOf(name);
    const number = (x, stat) => ({ numeric: true, valueOf: () => x, html: marked(x, said(x, q.unit, 2), "input", name, stat) });
    const range = low === high ? `set to ${said(value, q.unit)}` : span([low, value, high], q.unit, 3);
    return { ...number(value, "value"), attribute: (stat) => ({ low: number(low, "low"), high: number(high, "high"), range, meaning: q.meaning })[stat] ?? fail(stat) };
  }
  const view = (name, about = {}) => ({ name, toString: () => name, attribute: (of) => about[of] ?? result(name, of) });
  const views = Object.fromEntries(data.segments.map((segment) => [segment.name, view(segment.name, segment)]));
  const listed = (wanted) => data.segments.filter(wanted).map(({ name }) => views[name]);
  const claimed = (claim, subject) => found[subject]?.[claim] ?? fail(`${claim} of ${subject}`);
  const answer = (p) => (atLeastLikely(p) ? "yes" : atMostUnlikely(p) ? "no" : "open");
  function claims(name, subjects) {
    const by = (wanted) => subjects.filter((subject) => answer(claimed(name, subject)) === wanted);
    const answers = () => [...new Set(subjects.map((subject) => answer(claimed(name, subject))))];
    return { attribute: (of) => (of === "answer" ? (answers().length === 1 ? answers()[0] : "mixed")
      : of === "ranked" ? [...subjects].sort((a, b) => claimed(name, b) - claimed(name, a)) : ["yes", "no", "open"].includes(of) ? by(of) : fail(of)) };
  }
  const NAMES = {
    ...views,
    shared: view("all"),
    segments: listed(() => true),
    apps: listed(({ app }) => app),
    app: listed(({ app }) => app)[0],
    paying: listed(({ app }) => !app),
    verticals: listed(({ model }) => model !== "subscription"),
    named: listed(({ name }) => data.named.includes(name)),
    draws: data.draws,
    answer: (name, subject) => answer(claimed(name, subject)),
    mean_chance: (name, subjects) => subjects.reduce((sum, s) => sum + claimed(name, s), 0) / subjects.length,
    claim: (name, subject) => markup(`<b data-word="${escaped(`${name}/${subject}`)}">${likelihood(claimed(name, subject))}</b> (${marked(claimed(name, subject), probability(claimed(name, subject)), "claim", `${name}/${subject}`, "probability")})`),
    claims,
    input: (name, segment = "") => input(segment ? `${segment}.${name}` : name),
    how_many: howMany,
    number_of: (some, of) => (some === 0 ? "none" : some === of ? (of === 2 ? "both" : "all") : word(some)),
  };
  const attribute = (value, name) => (value?.attribute ?? fail(name))(name);
  const same = (a, b) => (Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((x, i) => x === b[i]) : a === b || (a?.numeric && +a === +b));
  const TESTS = { in: (x, list) => list.includes(x), eq: same, ne: (a, b) => !same(a, b), lt: (a, b) => a < b, lteq: (a, b) => a <= b, gt: (a, b) => a > b, gteq: (a, b) => a >= b, notin: (x, list) => !list.includes(x) };
  const FILTERS = {
    capital: (text) => String(text).slice(0, 1).toUpperCase() + String(text).slice(1),
    join_and: joined,
    phrases: (list) => joined(list.map((segment) => attribute(segment, "phrase"))),
    titles: (list) => joined(list.map((segment) => attribute(segment, "title"))),
    number_word: word,
    percent: (x) => percent(+x),
    abs: (x) => markup(x.html.replace(">\u2212", ">")),
    length: (list) => list.length,
    list: (list) => [...list],
    first: (list) => list[0],
    sum: (list) => list.reduce((sum, x) => sum + Number(x), 0),
    float: Number,
    map: (list, filter, named) => list.map((x) => (named.attribute ? attribute(x, named.attribute) : FILTERS[filter](x))),
    select: (list, test, named, arg) => list.filter((x) => TESTS[test](x, arg)),
    reject: (list, test, named, arg) => list.filter((x) => !TESTS[test](x, arg)),
  };
  const truth = (x) => (Array.isArray(x) ? x.length > 0 : x?.numeric ? true : Boolean(x?.html ?? x));

  // Jinja's nodes by their names, each with its fields in Jinja's order.
  const VALUES = {
    Const: (_, value) => value,
    TemplateData: (_, text) => markup(text),
    Name: (scope, name) => (name in scope ? scope[name] : name in NAMES ? NAMES[name] : fail(name)),
    Getattr: (scope, node, name) => attribute(read(scope, node), name),
    Getitem: (scope, node, arg) => read(scope, node).at(read(scope, arg)),
    List: (scope, nodes) => nodes.map((node) => read(scope, node)),
    Tuple: (scope, nodes) => nodes.map((node) => read(scope, node)),
    Concat: (scope, nodes) => nodes.map((node) => String(read(scope, node))).join(""),
    Call: (scope, node, args) => read(scope, node)(...args.map((arg) => read(scope, arg))),
    Filter(scope, node, name, args, named) {
      const [first, ...rest] = args.map((arg) => read(scope, arg));
      return (FILTERS[name] ?? fail(name))(read(scope, node), first, Object.fromEntries(named.map(([, key, value]) => [key, read(scope, value)])), ...rest);
    },
    Compare: (scope, left, [[, test, right], ...more]) => (more.length ? fail("a chain of comparisons") : TESTS[test](read(scope, left), read(scope, right))),
    And: (scope, a, b) => { const left = read(scope, a); return truth(left) ? read(scope, b) : left; },
    Or: (scope, a, b) => { const left = read(scope, a); return truth(left) ? left : read(scope, b); },
    Not: (scope, node) => !truth(read(scope, node)),
    CondExpr: (scope, test, yes, no) => (truth(read(scope, test)) ? read(scope, yes) : no ? read(scope, no) : ""),
    Add: (scope, a, b) => read(scope, a) + read(scope, b),
    Sub: (scope, a, b) => read(scope, a) - read(scope, b),
    Mul: (scope, a, b) => read(scope, a) * read(scope, b),
    Div: (scope, a, b) => read(scope, a) / read(scope, b),
  };
  const STATEMENTS = {
    Template: (scope, body) => write(scope, body),
    Output: (scope, nodes) => nodes.map((node) => (node[0] === "TemplateData" ? node[1] : hold(read(scope, node)))).join(""),
    If(scope, test, body, others, otherwise) {
      if (truth(read(scope, test))) return write(scope, body);
      const other = others.find(([, condition]) => truth(read(scope, condition)));
      return write(scope, other ? other[2] : otherwise);
    },
    For: (scope, target, items, body) => read(scope, items).map((item) => write(bind(Object.create(scope), target, item), body)).join(""),
    Assign: (scope, target, value) => { bind(scope, target, read(scope, value)); return ""; },
  };
  const bind = (scope, [kind, target], value) => {
    if (kind === "Name") scope[target] = value; else target.forEach((one, i) => bind(scope, one, value[i]));
    return scope;
  };
  const read = (scope, [kind, ...fields]) => (VALUES[kind] ?? fail(kind))(scope, ...fields);
  const write = (scope, nodes) => nodes.map(([kind, ...fields]) => (STATEMENTS[kind] ?? fail(kind))(scope, ...fields)).join("");
  function hold(value) { // no text of the tables is Markdown
    held.push(value?.html ?? (value?.numeric ? value.html : escaped(value)));
    return `\ue000${held.length - 1}\ue001`;
  }
  function paragraph(text) {
    if (/^(#|\||[-*+] |\d+\. )/.test(text)) fail("more than paragraphs");
    return text.startsWith("<") ? text : `<p>${text.trim().replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")}</p>`;
  }

  return (results, range) => {
    [found, rangeOf, held] = [results, range, []];
    const text = write({}, tree[1]).trim();
    const html = markdown ? text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => paragraph(part.trimStart())).join("\n") : text;
    return html.replace(/\ue000(\d+)\ue001/g, (_, i) => held[i]);
  };
}
