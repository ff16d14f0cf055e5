import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const form = `<!doctype html><title>Sign up</title><h1>Sign up</h1>
<form><label>Name <input id=name required placeholder="Your name"></label>
<label>Password <input id=secret type=password value=hunter2></label>
<label>About <textarea id=about></textarea></label>
<label><input type=checkbox id=news> Newsletter</label>
<label><input type=radio name=plan value=a id=plan-a> Plan A</label><label><input type=radio name=plan value=b> Plan B</label>
<label>Country <select id=country><option value=cz>Czechia</option><option value=jp>日本</option><option disabled>Nowhere</option></select></label>
<label>Birthday <input id=born type=date></label>
<label>File <input id=file type=file></label>
<label>Fixed <input id=fixed readonly value=no></label>
<div contenteditable id=note aria-label=Note role=textbox></div>
<button type=button id=send onclick="sent.textContent = [name_().value, about.value, news.checked, country.value].join('|')">Send</button><output id=sent></output></form>
<script>window.log = []; const name_ = () => document.getElementById("name");
for (const type of ["input", "change", "click", "dblclick", "keydown", "contextmenu", "auxclick"]) addEventListener(type, (e) => log.push(type + ":" + (e.target.id || e.target.localName) + (e.key ? ":" + e.key : "") + (e.shiftKey ? ":shift" : "")), true);</script>`;

const PAGES: Record<string, string> = {
  "/form": form,
  "/next": "<!doctype html><title>Next</title><p>The next page.</p><a href=/form>Back to the form</a>",
  "/shadow": `<!doctype html><title>Shadow</title><my-card></my-card><script>
    customElements.define("my-card", class extends HTMLElement { constructor() { super(); this.attachShadow({ mode: "closed" }).innerHTML =
      '<button onclick="document.title = \\'pressed\\'">Deep button</button>'; } });</script>`,
  "/list": `<!doctype html><title>List</title><ul>${Array.from({ length: 3000 }, (_, i) => `<li><a href="#${i}">Entry number ${i}</a></li>`).join("")}</ul>`,
  "/scroll": `<!doctype html><title>Scroll</title><body style="margin:0"><button>Top</button><div style="height:5000px"></div><button>Bottom</button>
    <button style="display:none">Hidden</button></body>`,
  "/article": `<!doctype html><title>News</title><nav>Menu Menu</nav><article>${"An article about horses. ".repeat(20)}</article><iframe srcdoc="<p>In the frame.</p>"></iframe>`,
  "/long": `<!doctype html><title>Long</title><p>${"word ".repeat(30_000)}</p>`,
  "/dialogs": `<!doctype html><title>Dialogs</title><button onclick="document.title = String(confirm('Delete everything?'))">Ask</button>`,
  "/links": `<!doctype html><title>Links</title><a href=/next>Same tab</a> <a href=/next target=_blank>New tab</a>`,
  "/noise": `<!doctype html><title>Noise</title><script>console.log("hello", 1, {a: 1}); console.warn("careful\\nnow"); fetch("/missing"); setTimeout(() => { throw new Error("boom"); });</script>`,
  "/hang": `<!doctype html><title>Hang</title><button onclick="while (true);">Hang</button>`,
  "/drag": `<!doctype html><title>Drag</title><style>div{position:absolute;top:50px;width:100px;height:100px}</style>
    <div id=from draggable=true style="left:50px;background:red">from</div><div id=to style="left:300px;background:blue">to</div>
    <script>to.ondragover = (e) => e.preventDefault(); to.ondrop = () => { document.title = "dropped"; };</script>`,
  "/keys": `<!doctype html><title>Keys</title><textarea id=t autofocus></textarea>`,
};

/** Serves the pages on a free port of the loopback. `/frames` has a frame of the same site and one of another. */
export const servePages = async (): Promise<{ port: number; close: () => Promise<void> }> => {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const frames = `<!doctype html><title>Frames</title><body style="margin:0"><p>Outside</p><iframe src="/next" style="width:400px;height:200px"></iframe>
      <iframe src="http://localhost:${port}/shadow" style="display:block;margin:50px 0 0 70px;width:400px;height:200px;border:7px solid"></iframe>`;
    const page = request.url === "/frames" ? frames : PAGES[request.url ?? ""];
    response.writeHead(page ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(page ?? "<!doctype html><title>Missing</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
};
