import { expect, test } from "vitest";
import { parseAptAccess } from "../../../guest-image/build/apt-host.ts";
import { parseSources, selectSources } from "../../../guest-image/build/apt-sources.ts";

const debian = { id: "debian", codename: "bookworm" };
const KEY = "/usr/share/keyrings/debian-archive-keyring.gpg";

const DEB822 = `# A comment
Types: deb deb-src
URIs: http://mirror.example/debian
# in the middle
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: ${KEY}

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
Signed-By: ${KEY}

Types: deb
URIs: http://mirror.example/off
Suites: bookworm
Components: main
Enabled: no
`;

const THIRD_PARTY = `
deb [signed-by=/usr/share/keyrings/vendor.gpg arch=amd64] https://apt.vendor.example bookworm main
deb https://sdk.example/apt cloud-sdk-bookworm main
deb [signed-by=/etc/apt/keyrings/docker.asc] https://docker.example/debian bookworm stable
deb-src http://mirror.example/debian bookworm main
# deb http://commented.example/debian bookworm main
`;

test("takes the release's own suites with component main and nothing of other publishers", () => {
  const entries = [...parseSources("vendors.list", THIRD_PARTY), ...parseSources("debian.sources", DEB822)];
  const sources = selectSources(entries, debian);
  expect(sources.suite).toBe("bookworm");
  expect(sources.keyrings).toEqual([KEY]);
  expect(sources.text).toContain("Suites: bookworm bookworm-updates\n");
  expect(sources.text).toContain("Suites: bookworm-security\n");
  expect(sources.text).toContain("Types: deb\n");
  for (const stranger of ["vendor", "sdk", "docker", "commented", "/off", "backports", "deb-src"])
    expect(sources.text).not.toContain(stranger);
});

test("reads the one-line notation with options", () => {
  const [entry] = parseSources(
    "x.list",
    "deb [ arch=amd64 signed-by=/k.gpg trusted=yes ] http://m.example/debian trixie main contrib # why\n",
  );
  expect(entry).toEqual({
    types: ["deb"],
    uris: ["http://m.example/debian"],
    suites: ["trixie"],
    components: ["main", "contrib"],
    signedBy: "/k.gpg",
    trusted: true,
  });
});

test("what it renders reads back the same", () => {
  const sources = selectSources(parseSources("debian.sources", DEB822), debian);
  const again = selectSources(parseSources("again.sources", sources.text), debian);
  expect(again).toEqual(sources);
});

test("an embedded key stays with its entry", () => {
  const block = `Types: deb\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n`;
  const sources = selectSources(parseSources("x.sources", block), debian);
  expect(sources.keyrings).toEqual([]);
  expect(sources.text).toContain("Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n");
});

test("a mirror signed with a key of its own is taken where no entry is plainly Debian's", () => {
  const entries = parseSources(
    "x.list",
    "deb [signed-by=/etc/apt/keyrings/company.gpg] http://mirror.company.example/debian bookworm main\n",
  );
  expect(selectSources(entries, debian).keyrings).toEqual(["/etc/apt/keyrings/company.gpg"]);
});

test("a system without Debian packages is told of VITRINE_APT_SOURCES, and with such a file any release goes", () => {
  const ubuntu = { id: "ubuntu", codename: "noble" };
  const entries = parseSources("x.list", "deb http://archive.example/ubuntu noble main\n");
  expect(() => selectSources(entries, ubuntu)).toThrow(/VITRINE_APT_SOURCES/);
  const given = parseSources("given", `deb [signed-by=${KEY}] http://m.example/debian trixie-updates main\n`);
  expect(selectSources(given, ubuntu, true)).toMatchObject({ suite: "trixie", keyrings: [KEY] });
});

test("without a usable entry the error names the release", () => {
  expect(() => selectSources(parseSources("x.list", "deb cdrom:[x]/ bookworm main\n"), debian)).toThrow(/no entry for Debian bookworm/);
});

test("proxies go into the environment, harmless options into arguments, all else nowhere", () => {
  const access = parseAptAccess(
    [
      "Acquire::http::Proxy http://user:secret@proxy.example:3128",
      "Acquire::http::Proxy::mirror.example DIRECT",
      "Acquire::Check-Valid-Until false",
      "Acquire::Languages none",
    ].join("\n"),
  );
  expect(access.env).toEqual({
    http_proxy: "http://user:secret@proxy.example:3128",
    https_proxy: "http://user:secret@proxy.example:3128",
    no_proxy: "mirror.example",
  });
  expect(access.options).toEqual(['Acquire::Check-Valid-Until "false";']);
});
