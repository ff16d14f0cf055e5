import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { cpio } from "../../../guest-image/build/cpio.ts";
import { loadOrder } from "../../../guest-image/build/initramfs.ts";

const MODULES_DEP = `kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/net/virtio_net.ko.xz: kernel/drivers/net/net_failover.ko kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/net/net_failover.ko:
kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
`;

test("modules come after those they need, each once", () => {
  const order = loadOrder(MODULES_DEP, ["virtio_pci", "virtio_net", "virtio_rng"]);
  const at = (name: string) => order.findIndex((path) => path.includes(`/${name}.ko`));
  expect(new Set(order).size).toBe(order.length);
  expect(at("virtio_ring")).toBeLessThan(at("virtio"));
  expect(at("virtio")).toBeLessThan(at("virtio_pci"));
  expect(at("net_failover")).toBeLessThan(at("virtio_net"));
  expect(at("virtio-rng")).toBeGreaterThan(at("virtio"));
});

test("a module that the kernel lacks is an error", () => {
  expect(() => loadOrder(MODULES_DEP, ["floppy"])).toThrow(/floppy/);
});

test("cpio unpacks what was put in", () => {
  const archive = cpio([
    { name: "dir", mode: 0o040755 },
    { name: "dir/odd", mode: 0o100600, data: Buffer.from("12345") },
    { name: "dir/empty", mode: 0o100644 },
    { name: "console", mode: 0o020600, device: [5, 1] },
  ]);
  expect(archive.length % 4).toBe(0);
  const listed = execFileSync("cpio", ["--list", "--verbose"], { input: archive, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  expect(listed).toMatch(/^drwxr-xr-x .* dir$/m);
  expect(listed).toMatch(/^-rw------- .* 5 .* dir\/odd$/m);
  expect(listed).toMatch(/^crw------- .* console$/m);
  expect(
    execFileSync("cpio", ["--extract", "--to-stdout", "dir/odd"], {
      input: archive,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    }),
  ).toBe("12345");
});
