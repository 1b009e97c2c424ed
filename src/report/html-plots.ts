/**
 * The plots of the HTML report, drawn by uPlot from the JSON in `#data`. Plain script for the page; it follows `tableScript` and
 * hands it `redraw`.
 */
export const plotScript = String.raw`
const data = JSON.parse(document.getElementById("data").textContent);
const plots = [];
const PAGE = 4096;
const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

function digits(value) {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function unitOf(bytes) {
  const names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let index = 0;
  while (bytes / 1024 ** index >= 1000 && index < 5) index += 1;
  return { name: names[index], size: 1024 ** index };
}

function bytesText(bytes) {
  const unit = unitOf(bytes);
  return bytes === 0 ? "0" : digits(bytes / unit.size) + " " + unit.name;
}

const countText = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");

function timeUnit(seconds) {
  if (seconds > 0 && seconds < 0.5) return { name: "milliseconds", size: 0.001 };
  if (seconds <= 300) return { name: "seconds", size: 1 };
  if (seconds <= 180 * 60) return { name: "minutes", size: 60 };
  if (seconds <= 72 * 3600) return { name: "hours", size: 3600 };
  return { name: "days", size: 86400 };
}

function timeText(seconds) {
  if (seconds < 60) return digits(Math.round(seconds * 1000) / 1000) + " s";
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const clock = two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
  return whole < 3600 ? clock.replace(/^0/, "") + " min" : Math.floor(whole / 3600) + ":" + clock + " h";
}

const last = data.at.length - 1;
const span = data.at.length > 0 ? data.at[last] : 0;
const time = timeUnit(span);
const x = data.at.map((seconds) => seconds / time.size);
const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
const clockSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60];
const hourSteps = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 12, 24];
const xSteps = time.size === 60 || time.size === 1 ? clockSteps.concat(120, 180, 300) : time.size === 3600 ? hourSteps : steps;

const countSteps = Array.from({ length: 13 }, (_, zeroes) => [1, 2, 5].map((k) => k * 10 ** zeroes)).flat();

/* As many decimals as the step between two ticks has, so that all have the same. */
function tickTexts(u, ticks, axisIndex, space, step) {
  const decimals = (String(Number(step.toFixed(6))).split(".")[1] ?? "").length;
  return ticks.map((tick) => (tick === 0 ? "0" : tick.toFixed(decimals)));
}

function axis(values, extra) {
  return {
    stroke: colour("muted"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("rule"), width: 1 },
    ticks: { show: false },
    values,
    gap: 6,
    ...extra,
  };
}

function yWidth(u, values) {
  const longest = Math.max(3, ...(values ?? []).map((text) => text.length));
  return Math.ceil(longest * 7.2 + 14);
}

/* Where something happened: a hairline, named once a kind. */
function drawMarks(marks) {
  return (u) => {
    const { ctx, bbox } = u;
    const named = new Set();
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("muted");
    ctx.lineWidth = devicePixelRatio;
    ctx.font = 11 * devicePixelRatio + "px system-ui, sans-serif";
    for (const mark of marks) {
      const at = Math.round(u.valToPos(mark.at / time.size, "x", true));
      if (at < bbox.left || at > bbox.left + bbox.width) continue;
      ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      if (named.has(mark.kind)) continue;
      named.add(mark.kind);
      const label = mark.kind.replaceAll("-", " ").slice(0, 40);
      const right = at + ctx.measureText(label).width + 8 * devicePixelRatio > bbox.left + bbox.width;
      ctx.textAlign = right ? "right" : "left";
      ctx.fillText(label, at + (right ? -4 : 4) * devicePixelRatio, bbox.top + (11 + 13 * (named.size - 1)) * devicePixelRatio);
    }
    ctx.restore();
  };
}

function seriesOptions(lines, text) {
  const time_ = { label: "at", value: (u, v) => (v == null ? "–" : timeText(v * time.size)) };
  return [
    time_,
    ...lines.map((line, index) => ({
      label: line.name,
      stroke: line.colour,
      width: line.width ?? 1.5,
      ...(line.dash ? { dash: line.dash } : {}),
      value: (u, v) => (v == null ? "–" : text(v)),
      points: { show: data.at.length === 1 },
    })),
  ];
}

/* How values of a plot are drawn: divided by what, called what, written how. */
function scaleOf(plot) {
  if (plot.unit === "percent") return { size: 1e4, name: "%", text: (v) => digits(Math.round(v * 10) / 10) + " %" };
  if (plot.unit === "watts") return { size: 1e3, name: "W", text: (v) => digits(Math.round(v * 10) / 10) + " W" };
  if (plot.unit === "rate") {
    const most = Math.max(0, ...plot.lines.map((line) => line.values.reduce((a, b) => Math.max(a, b), 0)));
    const unit = unitOf(most * PAGE);
    return { size: unit.size / PAGE, name: unit.name + "/s", text: (v) => bytesText(v * unit.size) + "/s" };
  }
  if (plot.unit === "count") return { size: 1, name: "", text: countText };
  const top = Math.max(0, ...plot.lines.map((line) => line.values.reduce((a, b) => Math.max(a, b), 0)));
  const unit = unitOf(top * PAGE);
  return { size: unit.size / PAGE, name: top > 0 ? unit.name : "bytes", text: (v) => bytesText(v * unit.size) };
}

function options(plot, width, scale) {
  const counts = plot.unit === "count";
  const idle = (u) => u.setLegend({ idx: last }, false);
  return {
    width,
    height: 260,
    series: seriesOptions(plot.lines, scale.text),
    scales: {
      x: { time: false, range: (u, min, max) => (min === max ? [min, min + 1] : [min, max]) },
      y: { range: (u, min, max) => [0, max > 0 ? max * 1.06 : 1] },
    },
    axes: [
      axis(tickTexts, { incrs: xSteps, space: 48, size: 30 }),
      axis(counts ? (u, ticks) => ticks.map(countText) : tickTexts, {
        size: yWidth,
        space: 40,
        ...(counts ? { incrs: countSteps } : {}),
      }),
    ],
    padding: [12, 12, 0, 0],
    cursor: { y: false, sync: { key: "time", scales: ["x", null] }, drag: { x: true, y: false } },
    legend: { markers: { stroke: (u, i) => u.series[i].stroke(u, i), fill: "transparent", dash: (u, i) => (u.series[i].dash ? "dashed" : "solid") } },
    hooks: { ready: [idle], setCursor: [(u) => { if (u.cursor.idx == null) idle(u); }], drawClear: plot.states ? [drawStates(plot.states)] : [], draw: [drawMarks(plot.marks)] },
  };
}

function describe(plot, text) {
  const ends = plot.lines.map((line) => line.name + " " + text(line.values[last] ?? 0));
  return plot.title + " over " + timeText(span) + " of simulated time. At the end: " + ends.join(", ") + ".";
}

/* Arrow keys walk the samples, Escape undoes a zoom; a legend entry answers to Enter. */
function keyboard(u, box) {
  let index = last;
  box.onkeydown = (event) => {
    if (event.target !== box) return;
    const step = event.shiftKey ? Math.ceil(x.length / 100) : 1;
    const to = { ArrowLeft: index - step, ArrowRight: index + step, Home: 0, End: last }[event.key];
    if (event.key === "Escape") u.setScale("x", { min: x[0], max: x[last] });
    if (to === undefined) return;
    event.preventDefault();
    index = Math.max(0, Math.min(last, to));
    u.setCursor({ left: u.valToPos(x[index], "x"), top: 1 });
  };
  u.root.querySelectorAll(".u-legend .u-series").forEach((row, i) => {
    const title = row.querySelector("th");
    title.title = title.textContent;
    if (i === 0) return;
    title.tabIndex = 0;
    title.setAttribute("role", "button");
    title.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      title.click();
    };
  });
}

function draw(figure, plot) {
  const box = figure.querySelector(".plot");
  const scale = scaleOf(plot);
  const scaled = plot.lines.map((line) => line.values.map((v) => v / scale.size));
  figure.hidden = plot.lines.length === 0;
  figure.querySelector("h3").firstChild.data = plot.title;
  figure.querySelector("h3 span").textContent = (scale.name ? ", " + scale.name : "") + (plot.note ?? "");
  if (plot.lines.length === 0) return;
  box.setAttribute("aria-label", describe(plot, (v) => scale.text(v / scale.size)));
  const u = new uPlot(options(plot, box.clientWidth, scale), [x, ...scaled], box);
  keyboard(u, box);
  plots.push({ u, box });
}

const coloured = (name, values, index, more) => ({ name, values, colour: () => colour("line-" + index), ...more });
const dashed = (index) => (index >= 4 ? [7, 4] : undefined);

function memoryPlots(view) {
  const line = (name, key, index, more) => coloured(name, view.host[key], index, more);
  const vm = (key) => view.vms.map((each, index) => coloured(each.name, each[key], index, { dash: dashed(index) }));
  const note = view.more > 0 ? " · the " + view.vms.length + " VMs that saved most, " + countText(view.more) + " not drawn" : "";
  return [
    { title: "Memory of " + view.name, unit: "bytes", marks: view.marks, lines: [
      line("granted", "grantedPages", 0), line("used", "usedPages", 1), line("shared", "sharedPages", 3),
      line("saved", "savedPages", 2, { width: 2.5 }), line("hints", "hintPages", 7, { dash: [5, 4] }),
    ] },
    { title: "Copy-on-write breaks", unit: "count", marks: view.marks, lines: [line("cow breaks", "cowBreaks", 4)], note: " since the beginning" },
    { title: "Saved by VM", unit: "bytes", marks: [], lines: vm("saved"), note },
    { title: "Consumed by VM", unit: "bytes", marks: [], lines: vm("consumed"), note },
  ];
}

function cpuPlots(view) {
  const { host, vms, more } = view.cpu;
  const line = (name, key, index, extra) => (host[key] ? [coloured(name, host[key], index, extra)] : []);
  const vm = (key) => vms.flatMap((each, index) => (each[key].length > 0 ? [coloured(each.name, each[key], index, { dash: dashed(index) })] : []));
  const note = " of one pCPU" + (more > 0 ? " · the " + vms.length + " VMs that waited most, " + countText(more) + " not drawn" : "");
  return [
    { title: "Processors of " + view.name, unit: "percent", marks: view.marks, lines: [...line("busy", "busyPpm", 0, { width: 2 }), ...line("clock", "frequencyPpm", 7, { dash: [5, 4] })] },
    { title: "Power of " + view.name, unit: "watts", marks: view.marks, lines: line("power", "powerMilliW", 1) },
    { title: "Used by VM", unit: "percent", marks: [], lines: vm("used"), note },
    { title: "Ready by VM", unit: "percent", marks: [], lines: vm("ready"), note },
    { title: "Co-stopped by VM", unit: "percent", marks: [], lines: vm("costop"), note },
  ];
}

function movePlots(view) {
  const { running, left, more } = view.moves;
  const note = " · what rounds of pre-copy have left" + (more > 0 ? "; " + countText(more) + " migrations not drawn" : "");
  return [
    { title: "Migrations of " + view.name, unit: "count", marks: view.marks, lines: [coloured("under way", running, 0, { width: 2 })] },
    { title: "Left to send", unit: "bytes", marks: [], lines: left.map(({ name, pages }, index) => coloured(name, pages, index, { dash: dashed(index) })), note },
  ];
}

const plotsOf = (view) => [...(data.memory ? memoryPlots(view) : []), ...(view.reclaim ? reclaimPlots(view) : []), ...(view.cpu ? cpuPlots(view) : []), ...(view.moves ? movePlots(view) : [])];

function show(index) {
  for (const { u } of plots.splice(0)) u.destroy();
  const figures = document.querySelectorAll(".plots figure");
  const shown = plotsOf(data.views[index]);
  figures.forEach((figure, i) => (i < shown.length ? draw(figure, shown[i]) : (figure.hidden = true)));
}

if (data.at.length > 0 && data.views.length > 0) {
  const pick = document.querySelector(".pick select");
  let shown = 0;
  pick?.addEventListener("change", () => show((shown = Number(pick.value))));
  redraw = () => show(shown);
  show(0);
  for (const unit of document.querySelectorAll(".time-unit")) unit.textContent = time.name;
  new ResizeObserver(() => {
    for (const { u, box } of plots) if (box.clientWidth !== u.width) u.setSize({ width: box.clientWidth, height: 260 });
  }).observe(document.querySelector(".plots"));
}
`;
