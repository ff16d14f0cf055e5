import { randomUUID } from "node:crypto";
import { serve } from "./serve.ts";

const BOOKS = [
  ["On Growth and Form", 38],
  ["Treatise on Radioactivity", 25],
  ["The Sand Reckoner", 12],
  ["Micrographia", 31],
  ["Opticks", 19],
] as const;
const PER_PAGE = 2;

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}`;

const catalogue = (at: number): string => {
  const shown = BOOKS.slice((at - 1) * PER_PAGE, at * PER_PAGE);
  const rows = shown.map(([title, price]) => `<tr><td>${title}</td><td>${price}</td></tr>`).join("");
  const next = at * PER_PAGE < BOOKS.length ? `<a rel="next" href="/?page=${at + 1}">Next</a>` : "";
  return page("Books", `<table><tbody>${rows}</tbody></table>${next}<p><a href="/price-list.csv">Price list</a>`);
};
const LOGIN = page("Log in", `<form method="post" action="/login"><label>Name <input name="name"></label><button>Log in</button></form>`);

/** A bookshop on this machine: a catalogue of some pages, a price list to download, and orders for who has logged in. `logins()` is how often somebody did. */
export const serveShop = async () => {
  const sessions = new Map<string, string>();
  const server = await serve(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://shop");
    const who = sessions.get(/session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
    const html = (text: string) => void response.setHeader("Content-Type", "text/html; charset=utf-8").end(text);
    if (request.method === "POST") {
      const fields = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      const session = randomUUID();
      sessions.set(session, fields.get("name") ?? "");
      return void response.writeHead(303, { "Set-Cookie": `session=${session}; HttpOnly; Path=/`, Location: "/orders/" }).end();
    }
    if (url.pathname === "/login") return html(LOGIN);
    if (url.pathname === "/price-list.csv") {
      response.setHeader("Content-Disposition", 'attachment; filename="price-list.csv"');
      return void response.end(["title,price", ...BOOKS.map((book) => book.join(","))].join("\n"));
    }
    if (!url.pathname.startsWith("/orders/")) return html(catalogue(Number(url.searchParams.get("page") ?? 1)));
    if (who === undefined) return void response.writeHead(303, { Location: "/login" }).end();
    html(page(`Order ${url.pathname.slice("/orders/".length)}`, `<p>Of ${who.replace(/[<&]/g, "")}`));
  });
  return { ...server, logins: () => sessions.size };
};
