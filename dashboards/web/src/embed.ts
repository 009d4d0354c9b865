/** `<naap-chart chart="success" last="7d">`: a frame in a sandbox that is as high as its content. */

const from = new URL((document.currentScript as HTMLScriptElement).src).origin;

class NaapChart extends HTMLElement {
  connectedCallback(): void {
    if (this.firstChild) return;
    const query = new URLSearchParams(this.getAttribute("query") ?? "");
    for (const { name, value } of this.attributes) {
      if (!["chart", "query", "class", "style", "id"].includes(name))
        query.set(name, value);
    }
    const chart = this.getAttribute("chart") ?? "success";
    const frame = document.createElement("iframe");
    frame.src = `${from}/embed/${encodeURIComponent(chart)}?${query}`;
    frame.title = `NaaP: ${chart}`;
    frame.loading = "lazy";
    frame.setAttribute("sandbox", "allow-scripts allow-popups");
    frame.style.cssText = "border:0;width:100%;height:340px;display:block";
    window.addEventListener("message", ({ source, data }) => {
      if (source === frame.contentWindow && data?.naap > 0) {
        frame.style.height = `${Math.min(data.naap, 4000)}px`;
      }
    });
    this.append(frame);
  }
}
customElements.define("naap-chart", NaapChart);
