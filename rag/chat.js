// Ties citations to their sources, announces progress, and moves questions between our HTML and Gradio.
// The HTML names things by data-turn (a question), data-n (a quotation's number) and data-card (an article).
window.articles = (() => {
  "use strict";
  let send = {};
  let cameFrom = null; // the citation that the reader left, for Escape
  let said = "";
  const speaker = Object.assign(document.createElement("div"), { id: "spoken", className: "unseen" });
  speaker.setAttribute("role", "status");
  const wide = window.matchMedia("(min-width: 900px)");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  const panel = () => document.querySelector("#sources .panel");
  const scroll = (element, block) =>
    element?.scrollIntoView({ block, behavior: still.matches ? "auto" : "smooth" });

  const visible = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  };

  // Scrolls only the panel, never the page.
  function within(scroller, element) {
    const [outer, inner] = [scroller, element].map((e) => e.getBoundingClientRect());
    const top = inner.top - outer.top - (outer.height - inner.height) / 2;
    scroller.scrollBy({ top, behavior: still.matches ? "auto" : "smooth" });
  }

  // Marks the words of one quotation in the panel; returns the first place in its passage.
  function light(n) {
    document.querySelectorAll("#sources .lit").forEach((mark) => mark.classList.remove("lit"));
    const marks = [...panel().querySelectorAll("mark")].filter((m) => m.dataset.n.split(" ").includes(String(n)));
    marks.forEach((mark) => mark.classList.add("lit"));
    return marks[0];
  }

  function bring(card, place) {
    if (!card) return;
    const folded = card.querySelector(":scope > .folded");
    if (folded) folded.open = true;
    scroll(place ?? card, place ? "center" : "start");
    card.focus({ preventScroll: true });
  }

  function open(turn, focus) {
    if (panel()?.dataset.turn !== String(turn)) return send.show({ turn: Number(turn), focus });
    if (typeof focus === "number") {
      const mark = light(focus);
      return bring(mark?.closest(".card"), mark);
    }
    return bring([...panel().querySelectorAll(".card")].find((card) => card.dataset.card === focus));
  }

  function glance(cite) {
    if (panel()?.dataset.turn !== cite.dataset.turn) return;
    const mark = light(cite.dataset.n);
    if (wide.matches && mark) within(document.getElementById("sources"), mark);
  }

  function say(text) {
    if (!text || text === said) return;
    said = text;
    speaker.textContent = text;
  }

  function rated(form) {
    const given = new FormData(form);
    send.rate({ turn: Number(form.dataset.turn), verdict: given.get("verdict"), comment: given.get("comment") });
  }

  const clicks = {
    ".cite": (b) => { cameFrom = b; open(b.dataset.turn, Number(b.dataset.n)); },
    ".to-card": (b) => { cameFrom = b; open(b.dataset.turn, b.dataset.card); },
    ".badge": (b) => {
      const cite = document.querySelector(`.cite[data-turn="${b.dataset.turn}"][data-n="${b.dataset.n}"]`);
      scroll(cite, "center");
      cite?.focus({ preventScroll: true });
    },
    ".ask": (b) => send.pick({ question: b.dataset.question }),
    "#dark": () => darken(!document.body.classList.contains("dark")),
  };

  function darken(on) {
    localStorage.setItem("ask-the-articles-dark", String(on));
    themed();
  }

  // The reader's choice, or else what Gradio took from the system.
  function themed() {
    const kept = localStorage.getItem("ask-the-articles-dark");
    if (kept !== null) document.body.classList.toggle("dark", kept === "true");
    const dark = document.body.classList.contains("dark");
    document.getElementById("dark")?.setAttribute("aria-pressed", String(dark));
  }

  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const found = event.target.closest?.(selector);
      if (found) return act(found);
    }
  });
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const cite = event.target.closest?.(".cite");
      if (cite) glance(cite);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !cameFrom?.isConnected) return;
    cameFrom.focus();
    scroll(cameFrom, "nearest");
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.rate")) return;
    event.preventDefault();
    rated(event.target);
  });
  return {
    themed,
    connect(events) {
      send = events;
      document.querySelector("main").append(speaker);
      themed();
    },
    // The running question changed: bring a new one to the top, and say what is happening.
    progressed(element) {
      const latest = [...element.querySelectorAll(".exchange")].pop();
      if (!latest) return;
      if (element.dataset.turn !== latest.dataset.turn) {
        element.dataset.turn = latest.dataset.turn;
        scroll(latest, "start");
      }
      say(latest.dataset.say);
    },
    // The finished questions changed.
    answered(element) {
      const latest = [...element.querySelectorAll(".exchange")].pop();
      if (!latest) return;
      if (element.dataset.turn !== latest.dataset.turn && visible(latest.firstElementChild)) {
        scroll(latest, "start");
      }
      element.dataset.turn = latest.dataset.turn;
      say(latest.dataset.say);
    },
    // The sources changed: bring forward what was asked for.
    arrived(element) {
      const { turn, focus, focusCard } = panel()?.dataset ?? {};
      if (focus || focusCard) open(turn, focus ? Number(focus) : focusCard);
    },
    save(text) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
      link.download = "ask-the-articles.md";
      link.click();
      URL.revokeObjectURL(link.href);
    },
  };
})();
