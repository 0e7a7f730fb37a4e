// What the page's own HTML does when it is clicked, typed into or shown anew. Run once for each
// gr.HTML: `element` is its root, `trigger` sends an event to Python, `watch` tells of a new value.

const FOUND = "button[data-do], button[data-copy], button[data-back]";

function fields(inside) {
    const form = inside.closest("[data-form]");
    const named = form ? form.querySelectorAll("[name]") : [];
    return Object.fromEntries([...named].map((field) => [field.name, field.value]));
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
    const label = button.textContent;
    const told = done ? heard.dataset.copied : heard.dataset.failed;
    heard.textContent = told;
    button.textContent = told;
    setTimeout(() => {
        button.textContent = label;
        heard.textContent = "";
    }, 1600);
}

async function copied(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Only secure pages have a clipboard; this older way works on others, too.
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        return done;
    }
}

// Back to where a release was opened from; what was there may have been shown anew since.
function back() {
    const from = globalThis.openedFrom;
    const there = from?.isConnected && from.checkVisibility() ? from : document.querySelector("#desk h2");
    there?.focus();
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
        if (button.dataset.do === "close") back();
        fill(button.dataset);
        if (!element.querySelector(".source")) globalThis.openedFrom = button;
        trigger("click", { ...fields(button), ...button.dataset });
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
    typing = setTimeout(() => trigger("click", { do: live.dataset.live, ...fields(live) }), 250);
});

watch("value", () => {
    element.querySelectorAll(".published, blockquote.large").forEach(reveal);
    const wanted = element.querySelector("[data-wanted] h2");
    if (wanted) wanted.focus();
    element.querySelector("[data-asked] h2")?.focus();
});
