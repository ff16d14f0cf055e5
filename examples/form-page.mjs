/** A page with a form, on a free port of the loopback. Its answer shows what was sent. */
import { createServer } from "node:http";

const escapeHtml = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign up</title>
<style>body{font:18px/1.6 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1a2e}
label{display:block;margin:1rem 0 .2rem}input,textarea,select{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #8890a8;border-radius:6px}
button{font:inherit;margin-top:1.2rem;padding:.6rem 1.4rem;border:0;border-radius:6px;background:#3454d1;color:#fff}</style>${body}</html>`;
const form = page(`<h1>Sign up</h1><form method="post"><label for="name">Name</label><input id="name" name="name" autofocus>
<label for="city">City</label><input id="city" name="city"><label for="about">About you</label><textarea id="about" name="about" rows="3"></textarea>
<button>Send</button></form>`);

/** Serves until the answered `close` is called. */
export const serveForm = async () => {
  const sent = Promise.withResolvers();
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    if (request.method !== "POST") return void response.end(form);
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const fields = new URLSearchParams(body);
      sent.resolve(Object.fromEntries(fields));
      response.end(
        page(
          `<h1>Thank you, <span id="who">${escapeHtml(fields.get("name") ?? "")}</span></h1><p id="about">${escapeHtml(fields.get("about") ?? "")}</p>`,
        ),
      );
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: server.address().port, sent: sent.promise, close: () => new Promise((resolve) => server.close(resolve)) };
};
