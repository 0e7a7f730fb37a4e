// What the page's own HTML does when it is clicked, typed into or shown anew. Run once for each
// gr.HTML: `element` is its root, `trigger` sends an event to Python, `watch` tells of a new value.

const FOUND = "button[data-do], button[data-copy], button[data-back]";

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

// What a click asks for is told to Python by the event that it is sent as. Numbered, because of two
// filters the later one counts, whichever is done first.
function send(values) {
    const asks = ["ask", "time", "timeless", "timely"].includes(values.do);
    const opens = ["open", "release", "close"].includes(values.do);
    if (asks) looking();
    globalThis.sent = (globalThis.sent ?? 0) + 1;
    const event = asks ? "submit" : opens ? "select" : values.do === "rebuild" ? "click" : "input";
    trigger(event, { ...values, at: globalThis.sent });
}

function looking() {
    const said = document.querySelector("#said .said");
    if (said) said.textContent = said.dataset.looking;
}

// A question was typed and is on its way. It leaves the box at once, so that nothing that is typed
// meanwhile is lost.
globalThis.eventqaSent = (question) => {
    if (question.trim()) looking();
    fillBox("");
};

function fillBox(text) {
    const box = document.querySelector("#question input");
    box.value = text;
    box.dispatchEvent(new Event("input"));
}

// The fields above the list follow what a bar or "show all" has chosen.
function fill({ do: act, since, until }) {
    const chosen = { clear: {}, days: { since, until } }[act];
    if (!chosen) return;
    for (const field of document.querySelectorAll("#filters [name]")) {
        if (act === "clear" || field.name in chosen) field.value = chosen[field.name] ?? "";
    }
}

async function copy(button) {
    const heard = document.getElementById("heard");
    const done = await copied(button.dataset.copy);
    button.dataset.label ??= button.textContent;
    const told = done ? heard.dataset.copied : heard.dataset.failed;
    heard.textContent = told;
    button.textContent = told;
    clearTimeout(button.telling);
    button.telling = setTimeout(() => {
        button.textContent = button.dataset.label;
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

// A question that failed may be mended, unless another one is being typed already.
function offer(question) {
    if (!document.querySelector("#question input").value) fillBox(question);
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
        send({ ...fields(button), ...button.dataset });
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
    const wanted = element.querySelector("[data-wanted] h2");
    if (wanted) wanted.focus();
    element.querySelector("[data-asked] h2")?.focus();
    const failed = element.querySelector("[data-again]");
    if (failed) offer(failed.dataset.again);
    refocus();
});
