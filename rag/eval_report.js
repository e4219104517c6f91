// Filters the questions of the report. Without this script every question is simply shown.
(function () {
  "use strict";
  const form = document.querySelector(".filters");
  const rows = Array.from(document.querySelectorAll("details.question"));
  const count = form.querySelector("output");
  const fold = (text) =>
    text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d").replace(/\s+/g, " ");
  const texts = rows.map((row) => fold(row.textContent));

  function shows(row, text) {
    const words = fold(form.elements.text.value).trim();
    const chosen = ["type", "verdict", "stage"].every(
      (name) => !form.elements[name] || !form.elements[name].value || row.dataset[name] === form.elements[name].value
    );
    return chosen && text.includes(words);
  }

  function filter() {
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !shows(row, texts[i]);
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = `Showing ${shown} of ${rows.length} questions`;
  }

  function toggle() {
    const visible = rows.filter((row) => !row.hidden);
    const open = visible.some((row) => !row.open);
    visible.forEach((row) => { row.open = open; });
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.elements.toggle.addEventListener("click", toggle);
  filter();
})();
