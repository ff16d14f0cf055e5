import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { sharedComputer, vm } from "./shared.ts";

/** One request to a published port's own host, on the service's address. */
const ask = (url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { host, pathname, search } = new URL(url);
    const { hostname, port } = new URL(vm.url);
    get({ hostname, port, path: `${pathname}${search}`, headers: { host, ...headers } }, resolve).on("error", reject);
  });

test("a server on the guest's loopback is reached at its port's own host, by who has the link", async () => {
  const computer = await sharedComputer();
  await computer.exec("mkdir -p ~/site && echo 'from the guest' > ~/site/index.html");
  const { pid } = await computer.processes.start({ command: "exec python3 -m http.server 8123 --bind 127.0.0.1", cwd: "/home/ohm/site" });
  const { url, link_url } = await computer.ports.publish(8123);
  await computer.ports.wait(8123);

  expect((await ask(url)).statusCode).toBe(401);
  const first = await ask(link_url as string);
  expect(first.statusCode).toBe(302);
  const [cookie] = (first.headers["set-cookie"] as string[])[0]!.split(";");
  const page = await ask(new URL(first.headers.location as string, url).href, { cookie: cookie as string });
  expect(page.statusCode).toBe(200);
  expect(await text(page)).toBe("from the guest\n");

  await computer.processes.signal(pid, "KILL");
  await expect.poll(() => ask(url, { cookie: cookie as string }).then(({ statusCode }) => statusCode), { timeout: 30_000 }).toBe(502);
  await computer.ports.unpublish(8123);
  expect((await ask(url, { cookie: cookie as string })).statusCode).not.toBe(200);
});
