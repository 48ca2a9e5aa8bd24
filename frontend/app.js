import "htmx.org";

// A step that cannot be taken back asks once.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
  else event.submitter?.setAttribute("aria-busy", "true");
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// On a phone the navigation is one scrolling line: it shows where one is.
document.querySelector(".kc-side .on")?.scrollIntoView({ block: "nearest", inline: "center" });
