/** In a frame on somebody's page: says how high it is, and stays fresh while it is seen. */

const script = document.currentScript as HTMLScriptElement | null;

function tell(): void {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  window.parent.postMessage({ naap: height }, "*");
}

new ResizeObserver(tell).observe(document.documentElement);
window.addEventListener("load", tell);

if (script?.dataset["live"] !== undefined) {
  window.setInterval(() => {
    if (!document.hidden) location.reload();
  }, 60_000);
}
