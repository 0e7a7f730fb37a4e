// The question box and the line below it. Run once, for the line: `element` is its root.

const box = () => document.querySelector("#question input");
const line = () => element.querySelector(".said");
let last = { text: "", at: 0 };

function fill(text) {
    const input = box();
    input.value = text;
    input.dispatchEvent(new Event("input"));
}

function offer(text) {
    if (box() && !box().value) fill(text);
}

function looking(text) {
    last = { text, at: Date.now() };
    line().textContent = line().dataset.looking;
}

// What was typed leaves the box with the very key that sends it. Gradio, which is not asked, would
// read the box some moments later, when more may have been typed.
function send(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = box().value;
    if (text.trim()) {
        looking(text);
        fill("");
    } else if (Date.now() - last.at < 1000) {
        return; // the second half of a double click
    }
    trigger("submit", { do: "ask", typed: true, question: text });
}

document.addEventListener(
    "keydown",
    (event) => {
        if (event.key === "Enter" && !event.isComposing && event.target === box()) send(event);
    },
    true,
);
document.addEventListener("click", (event) => event.target.closest("#asking button") && send(event), true);

// What is being typed outlives a reload, which Gradio does when it has lost the server for a moment.
document.addEventListener("input", (event) => event.target === box() && keep(box().value), true);

function keep(draft) {
    try {
        sessionStorage.setItem("draft", draft);
    } catch {} // storage is switched off
}

function restore() {
    if (!box()) return requestAnimationFrame(restore); // this runs before the box is there
    try {
        offer(sessionStorage.getItem("draft") ?? "");
    } catch {} // as above
}

restore();

globalThis.eventqa = {
    looking,
    offer,
    // A question could not be sent.
    failed() {
        line().textContent = line().dataset.failed;
        offer(last.text);
    },
};
