// Opens pages in headless Chromium and fails when one of them does what no page of ours may: show a
// dialog, log an error, break its own policy, ask another host, scroll sideways or cut a list off at 360 px.
// docs/proof/README.md says how it is run. Usage: node check.mjs BASE_URL < paths, one a line
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { chromium } = createRequire(process.env.ROLESCOPE_PLAYWRIGHT + "/")("playwright-core");
const base = process.argv[2];
const paths = readFileSync(0, "utf8").split("\n").filter(Boolean);
const browser = await chromium.launch({
  executablePath: process.env.ROLESCOPE_BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 360, height: 800 } });
let failures = 0;
let now = "";
const fail = (what) => {
  failures++;
  console.log(`FAIL ${now}: ${what}`);
};

await context.exposeBinding("rolescopeViolation", (_, text) => fail(`policy violation: ${text}`));
await context.addInitScript(() =>
  document.addEventListener("securitypolicyviolation", (e) => globalThis.rolescopeViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`)),
);
const page = await context.newPage();
page.on("dialog", (d) => {
  fail(`dialog: ${d.message()}`);
  void d.dismiss();
});
page.on("console", (m) => m.type() === "error" && fail(`console: ${m.text()}`));
page.on("pageerror", (e) => fail(`error: ${e.message}`));
context.on("request", (r) => r.url().startsWith(base + "/") || fail(`request: ${r.url().slice(0, 200)}`));
context.on("page", (p) => p !== page && fail("another page was opened"));

for (const path of paths) {
  now = path.slice(0, 120);
  const response = await page.goto(base + path, { waitUntil: "load" });
  if (response.status() !== 200) fail(`status ${response.status()}`);
  // What waits for a reader to touch it: open, point at, focus and press everything that leads nowhere else.
  await page.evaluate(() => {
    for (const d of document.querySelectorAll("details")) d.open = true;
    for (const e of document.querySelectorAll("body *")) {
      for (const type of ["mouseover", "mouseenter", "pointerdown", "focus", "animationstart"]) e.dispatchEvent(new Event(type, { bubbles: true }));
      if (e.matches("a, input, select, button, [tabindex]")) e.focus();
    }
    for (const e of document.querySelectorAll(".u-legend th, summary, mark")) e.click();
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
  const { sideways, cut, undrawn } = await page.evaluate(() => ({
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cut: [...document.querySelectorAll(".list")].filter((l) => l.scrollWidth > l.parentElement.clientWidth).length,
    undrawn: [...document.querySelectorAll("[data-chart]")].filter((c) => !c.querySelector("canvas")).length,
  }));
  if (sideways > 0) fail(`scrolls sideways by ${sideways} px`);
  if (cut > 0) fail("a list is cut off");
  if (undrawn > 0) fail(`${undrawn} charts are not drawn`);
}
await browser.close();
console.log(`${paths.length} pages, ${failures} failures`);
process.exitCode = failures ? 1 : 0;
