"use strict";
// Draws every element with data-chart from the JSON block it names, with uPlot. It asks nobody for
// anything; the numbers it draws stand in the page's tables too.
(() => {
  const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
  const built = [];

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const two = (n) => String(n).padStart(2, "0");
  const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

  function periodName(period, seconds) {
    const d = new Date(seconds * 1000);
    const month = d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1);
    if (period === "week") return month + "-" + two(d.getUTCDate());
    if (period === "quarter") return d.getUTCFullYear() + " Q" + (Math.floor(d.getUTCMonth() / 3) + 1);
    return month;
  }

  function shown(data, series, i) {
    const y = i == null ? null : series.y[i];
    if (y == null) return "–";
    if (data.unit !== "share") return count.format(y);
    return (100 * y).toFixed(1) + " %" + (series.n ? " of " + count.format(series.n[i]) : "");
  }

  function options(data, width) {
    const share = data.unit === "share";
    const axis = { stroke: css("--muted"), grid: { stroke: css("--rule"), width: 1 }, ticks: { stroke: css("--rule"), width: 1 }, font: "12px system-ui, sans-serif" };
    return {
      width: width,
      height: Math.max(200, Math.min(320, Math.round(width * 0.42))),
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      legend: {
        live: true,
        markers: {
          width: 2,
          stroke: (u, i) => (i ? css("--c" + data.series[i - 1].colour) : "transparent"),
          fill: (u, i) => (i && !data.series[i - 1].dash ? css("--c" + data.series[i - 1].colour) : "transparent"),
          dash: (u, i) => (i ? ["solid", "dashed", "dotted", "double"][data.series[i - 1].dash] : "solid"),
        },
      },
      scales: { x: { time: true }, y: { range: (u, lo, hi) => [0, hi > 0 ? hi * 1.05 : 1] } },
      axes: [
        Object.assign({}, axis, { space: 64 }),
        Object.assign({}, axis, { size: 52, values: (u, ticks) => ticks.map((v) => (share ? +(100 * v).toFixed(1) + " %" : Number.isInteger(v) ? count.format(v) : "")) }),
      ],
      series: [{ label: data.period, value: (u, v) => (v == null ? "–" : periodName(data.period, v)) }].concat(
        data.series.map((s) => ({
          label: s.label,
          stroke: css("--c" + s.colour),
          dash: dashes[s.dash] || [],
          width: 2,
          points: { show: data.x.length < 3, size: 5 },
          spanGaps: false,
          value: (u, v, k, i) => shown(data, s, i),
        })),
      ),
    };
  }

  // The legend's rows switch lines on and off: by keyboard too.
  function reachable(element) {
    for (const th of element.querySelectorAll(".u-legend .u-series:not(:first-child) th")) {
      th.tabIndex = 0;
      th.setAttribute("role", "button");
      const pressed = () => th.setAttribute("aria-pressed", String(!th.closest(".u-series").classList.contains("u-off")));
      th.addEventListener("click", () => setTimeout(pressed));
      pressed();
      th.addEventListener("keydown", (e) => {
        if (e.key === "Enter" || e.key === " ") {
          e.preventDefault();
          th.click();
        }
      });
    }
  }

  function draw(chart) {
    if (chart.plot) chart.plot.destroy();
    const lines = [chart.data.x].concat(chart.data.series.map((s) => s.y));
    chart.width = chart.element.clientWidth;
    chart.plot = new uPlot(options(chart.data, chart.width), lines, chart.element);
    chart.element.removeAttribute("role"); // its legend can be read and used now
    reachable(chart.element);
  }

  for (const element of document.querySelectorAll("[data-chart]")) {
    const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    const chart = { element: element, data: data, plot: null, width: 0 };
    built.push(chart);
    draw(chart);
    new ResizeObserver(() => {
      if (element.clientWidth !== chart.width) {
        chart.width = element.clientWidth;
        chart.plot.setSize({ width: chart.width, height: chart.plot.height });
      }
    }).observe(element);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => built.forEach(draw));
})();
