// What the page's own HTML does when it is clicked, typed into or shown anew. Run once for each
// gr.HTML: `element` is its root, `trigger` sends an event to Python, `watch` tells of a new value.

const FOUND = "button[data-do], button[data-copy], button[data-back]";
// What a click asks for is told to Python by the event that it is sent as; the archive's is "input".
const EVENTS = {
    ask: "submit",
    time: "submit",
    timeless: "submit",
    timely: "submit",
    alone: "submit",
    together: "submit",
    open: "select",
    release: "select",
    compare: "select",
    close: "select",
    rebuild: "click",
};

function named(inside) {
    return [...(inside.closest("[data-form]")?.querySelectorAll("[name]") ?? [])];
}

function fields(inside) {
    return Object.fromEntries(named(inside).map((field) => [field.name, field.value]));
}

// A day that is not typed to its end has no value, but is not meant to be none.
function halfTyped(inside) {
    return named(inside).find((field) => field.validity.badInput);
}

// Numbered, because of two clicks the later one counts, whichever is done first. The second half of
// a double click is none.
function send(values) {
    const sent = JSON.stringify(values);
    if (globalThis.sent?.values === sent && Date.now() - globalThis.sent.time < 700) return;
    globalThis.sent = { values: sent, time: Date.now(), at: (globalThis.sent?.at ?? 0) + 1 };
    const event = EVENTS[values.do] ?? "input";
    if (event === "submit") globalThis.eventqa.looking(values.question ?? "");
    const page = `${performance.timeOrigin}`; // a copied tab numbers its own
    trigger(event, { ...values, page, at: globalThis.sent.at });
}

// The fields above the list follow what a bar or "show all" has chosen.
function fill({ do: act, since, until }) {
    const chosen = { clear: {}, undated: {}, days: { since, until } }[act];
    if (!chosen) return;
    for (const field of document.querySelectorAll("#filters [name]")) {
        if (act !== "days" || field.name in chosen) field.value = chosen[field.name] ?? "";
    }
}

async function copy(button) {
    const { copied: done, failed } = document.getElementById("heard").dataset;
    tell(button, (await copied(button.dataset.copy)) ? done : failed);
}

// A button says for a moment what it has done. Shown anew meanwhile, it may be another one.
function tell(button, words) {
    const heard = document.getElementById("heard");
    if (button.textContent !== button.told) button.label = button.textContent;
    heard.textContent = button.textContent = button.told = words;
    clearTimeout(button.telling);
    button.telling = setTimeout(() => {
        if (button.textContent === words) button.textContent = button.label;
        heard.textContent = "";
    }, 1600);
}

async function copied(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Only secure pages have a clipboard; this older way works on others, too.
        const focused = document.activeElement;
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        focused?.focus({ preventScroll: true });
        return done;
    }
}

// Back to where a release was opened from; what was there may have been shown anew since.
function back() {
    const from = globalThis.openedFrom;
    const there = from?.isConnected && from.checkVisibility() ? from : document.querySelector("#desk h2");
    there?.focus();
}

// What had the focus last, until somebody clicks elsewhere: shown anew it may be gone or disabled,
// and the focus with it. Then what is called the same takes it, or the line that says what is shown.
if (!globalThis.lastFocus) {
    globalThis.lastFocus = {};
    const forget = () => (globalThis.lastFocus = {});
    document.addEventListener("focusin", forget, true);
    document.addEventListener("pointerdown", forget, true);
}

element.addEventListener("focusin", ({ target }) => {
    globalThis.lastFocus = { element, called: called(target) };
});

function called(one) {
    return [one.localName, one.name, one.dataset.do, one.name ? "" : one.textContent].join();
}

function refocus() {
    const last = globalThis.lastFocus;
    if (last.element !== element || document.activeElement !== document.body) return;
    const stops = [...element.querySelectorAll("button:enabled, [name]")];
    const same = stops.find((one) => called(one) === last.called);
    (same ?? element.querySelector("[data-landing]"))?.focus({ preventScroll: true });
}

// Takes whoever asked for a part to it, unless they are typing elsewhere by now.
function arrive(part) {
    const focused = document.activeElement;
    if (!part || (focused.matches("input, select") && !element.contains(focused))) return;
    part.querySelector("h2").focus();
    const below = matchMedia("(max-width: 900px)").matches;
    if (below) part.scrollIntoView({ block: "start" });
}

// Scrolls a box, and only the box, to what is marked in it.
function reveal(box) {
    const mark = box.querySelector("mark.best, .cited");
    if (!mark || box.scrollHeight <= box.clientHeight) return;
    const above = mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop += above - box.clientHeight / 4;
}

element.addEventListener("click", (event) => {
    const button = event.target.closest(FOUND);
    if (!button || button.disabled) return;
    if (button.dataset.copy !== undefined) {
        copy(button);
    } else if (button.dataset.back !== undefined) {
        back();
    } else {
        const half = button.dataset.submit !== undefined && halfTyped(button);
        if (half) return half.reportValidity();
        if (button.dataset.do === "close") back();
        fill(button.dataset);
        if (!element.querySelector(".source")) globalThis.openedFrom = button;
        if (button.dataset.told) tell(button, button.dataset.told);
        // The archive is always asked for by all of its fields, which a restarted server has forgotten.
        const form = document.querySelector("#filters [name]");
        const filter = form && element.closest("#listing") ? fields(form) : {};
        send({ ...filter, ...fields(button), ...button.dataset });
    }
});

element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    const submit = event.target.closest("[data-form]")?.querySelector("[data-submit]");
    if (submit) submit.click();
});

let typing;
element.addEventListener("input", (event) => {
    const live = event.target.closest("[data-live]");
    if (!live) return;
    clearTimeout(typing);
    typing = setTimeout(() => {
        if (!halfTyped(live)) send({ do: live.dataset.live, ...fields(live) });
    }, 250);
});

watch("value", () => {
    element.querySelectorAll(".published, blockquote.large").forEach(reveal);
    // A day that was typed for another question is not meant for this one.
    for (const day of element.querySelectorAll(".days input")) day.value = day.defaultValue;
    arrive(element.querySelector("[data-wanted]"));
    arrive(element.querySelector("[data-asked]"));
    const failed = element.querySelector("[data-again]");
    if (failed) globalThis.eventqa.offer(failed.dataset.again);
    refocus();
});
