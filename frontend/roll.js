// The roll works without script: every pupil has a list of kinds. Script makes it one tap, the keyboard and a live count.
const form = document.querySelector("#roll");
document.documentElement.classList.add("js");

const cells = [...form.querySelectorAll(".kc-pupil")];
const buttons = cells.map((cell) => cell.querySelector("button"));
const KEYS = { k: "truant", w: "unverified", b: "sick", s: "personal", c: "late", z: "early_leave", g: "official" };
const AWAY = new Set(["truant", "unverified", "sick", "personal"]);
const bar = form.querySelector("#counts");
const notes = form.querySelector("#notes");
const names = Object.fromEntries(JSON.parse(document.querySelector("#kinds").textContent));

const select = (cell) => cell.querySelector("select");
const kindOf = (cell) => cell.dataset.slip || select(cell)?.value || "";

function show(cell) {
  const kind = kindOf(cell);
  for (const name of Object.keys(names)) cell.classList.toggle(name, name === kind);
  cell.classList.toggle("marked", Boolean(kind));
  const button = cell.querySelector("button");
  button.setAttribute("aria-pressed", String(Boolean(kind)));
  button.setAttribute("aria-label", `${cell.dataset.name}${cell.dataset.apart ? ` ${cell.dataset.apart}` : ""},${kind ? names[kind] : "到校"}`);
  const note = notes.querySelector(`[name="note_${cell.dataset.number}"]`);
  if (kind && !cell.dataset.slip && !note) notes.append(noteField(cell));
  if (note) note.closest("label").hidden = !kind;
}

function noteField(cell) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  name.textContent = `${cell.dataset.name}${cell.dataset.apart ? ` ${cell.dataset.apart}` : ""} 备注`;
  const input = document.createElement("input");
  Object.assign(input, { name: `note_${cell.dataset.number}`, value: cell.dataset.note || "", maxLength: 200, className: "form-control" });
  label.append(name, input);
  return label;
}

function count() {
  const tally = {};
  for (const cell of cells) {
    const kind = kindOf(cell);
    if (kind) tally[kind] = (tally[kind] || 0) + 1;
  }
  const away = Object.entries(tally).reduce((sum, [kind, n]) => sum + (AWAY.has(kind) ? n : 0), 0);
  const parts = [["应到", cells.length], ["实到", cells.length - away], ...Object.keys(names).filter((k) => tally[k]).map((k) => [names[k], tally[k]])];
  bar.replaceChildren(...parts.flatMap(([label, n]) => {
    const span = document.createElement("span");
    const number = document.createElement("b");
    number.textContent = n;
    span.append(`${label} `, number);
    return [span, " "];
  }));
}

function mark(cell, kind) {
  if (!select(cell) || cell.dataset.slip || form.dataset.closed) return;
  select(cell).value = kind;
  show(cell);
  count();
}

form.addEventListener("click", (event) => {
  const button = event.target.closest(".kc-pupil button");
  if (button) mark(button.parentElement, kindOf(button.parentElement) ? "" : "truant");
});
form.addEventListener("change", (event) => {
  if (event.target.matches(".kc-pupil select")) mark(event.target.parentElement, event.target.value);
});

function columns() {
  const top = cells[0]?.offsetTop;
  return Math.max(1, cells.filter((cell) => cell.offsetTop === top).length);
}

form.addEventListener("keydown", (event) => {
  const at = buttons.indexOf(event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[event.key];
  const kind = KEYS[event.key.toLowerCase()];
  if (step) buttons[at + step]?.focus();
  else if (kind) mark(cells[at], kindOf(cells[at]) === kind ? "" : kind);
  else if (event.key === "Enter") form.requestSubmit();
  else if (event.key === "Backspace" || event.key === "Delete") mark(cells[at], "");
  else return;
  event.preventDefault();
});

const search = document.querySelector("#find");
search?.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  for (const cell of cells) {
    const hit = wanted && (cell.dataset.name.includes(wanted) || cell.dataset.initials.split(" ").some((i) => i.startsWith(wanted)));
    cell.classList.toggle("found", Boolean(hit));
    cell.classList.toggle("off", Boolean(wanted) && !hit);
  }
});
search?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  form.querySelector(".kc-pupil.found button")?.focus();
  search.value = "";
  search.dispatchEvent(new Event("input"));
});

// The same submission sent twice is one: the button rests while it is under way.
form.addEventListener("submit", () => form.querySelector("#submit")?.setAttribute("disabled", ""));
window.addEventListener("pageshow", () => form.querySelector("#submit")?.removeAttribute("disabled"));

cells.forEach(show);
count();
if (window.matchMedia("(min-width: 901px)").matches && !form.dataset.submitted) buttons[0]?.focus({ preventScroll: true });
