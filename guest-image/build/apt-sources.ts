import { VitrineError } from "../../src/contract/errors.ts";

/** One entry of apt's sources, in either notation. */
export interface AptEntry {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  /** Path of a keyring, or an embedded key block. */
  signedBy?: string;
  trusted?: boolean;
}

/** The sources that an image is built from and keeps. */
export interface AptSources {
  suite: string;
  /** deb822. */
  text: string;
  /** Keyring files that the entries name. */
  keyrings: string[];
}

const words = (value: string | undefined): string[] => (value ?? "").split(/\s+/).filter(Boolean);

/** Source: sources.list(5), ONE-LINE-STYLE FORMAT. */
export const parseOneLine = (text: string): AptEntry[] =>
  text.split("\n").flatMap((raw) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(raw);
    if (!match) return [];
    const [, type, rawOptions, uri, suite, components] = match;
    const options = new Map(
      words(rawOptions).map((option) => [option.split("=")[0]!.toLowerCase(), option.slice(option.indexOf("=") + 1)]),
    );
    const signedBy = options.get("signed-by");
    return [
      {
        types: [type!],
        uris: [uri!],
        suites: [suite!],
        components: words(components),
        ...(signedBy && { signedBy }),
        ...(options.get("trusted") === "yes" && { trusted: true }),
      },
    ];
  });

/** Source: sources.list(5), DEB822-STYLE FORMAT. */
export const parseDeb822 = (text: string): AptEntry[] =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map([...stanza.matchAll(/^([A-Za-z0-9-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map((m) => [m[1]!.toLowerCase(), m[2]!]));
      if (!fields.has("uris") || fields.get("enabled")?.trim() === "no") return [];
      const signedBy = fields.get("signed-by")?.trimEnd();
      return [
        {
          types: words(fields.get("types")),
          uris: words(fields.get("uris")),
          suites: words(fields.get("suites")),
          components: words(fields.get("components")),
          ...(signedBy && { signedBy: signedBy.includes("\n") ? signedBy : signedBy.trim() }),
          ...(fields.get("trusted")?.trim() === "yes" && { trusted: true }),
        },
      ];
    });

/** A file is in the notation of its name: *.sources is deb822. */
export const parseSources = (name: string, text: string): AptEntry[] =>
  name.endsWith(".sources") || /^\s*URIs:/im.test(text) ? parseDeb822(text) : parseOneLine(text);

const render = (entry: AptEntry): string =>
  [
    "Types: deb",
    `URIs: ${entry.uris.join(" ")}`,
    `Suites: ${entry.suites.join(" ")}`,
    `Components: ${entry.components.join(" ")}`,
    ...(entry.signedBy ? [`Signed-By:${entry.signedBy.startsWith("\n") ? "" : " "}${entry.signedBy}`] : []),
    ...(entry.trusted ? ["Trusted: yes"] : []),
    "",
  ].join("\n");

const BASE_SUITE = /-(updates|security|backports|proposed-updates)$/;
const remote = (uri: string): boolean => /^(https?|mirror\+https?|tor\+https?):/.test(uri);

/** Binary packages of `main` for the release `codename` itself; any release when it is null. */
const usable = (entry: AptEntry, codename: string | null): AptEntry[] => {
  const uris = entry.uris.filter(remote);
  const wanted = [`${codename}`, `${codename}-updates`, `${codename}-security`, `${codename}/updates`];
  const suites = codename === null ? entry.suites : entry.suites.filter((suite) => wanted.includes(suite));
  if (!entry.types.includes("deb") || uris.length === 0 || suites.length === 0 || !entry.components.includes("main")) return [];
  return [{ ...entry, types: ["deb"], uris, suites }];
};

/** Other publishers name suites after Debian's releases too; their keyrings tell them apart. */
const isDebians = (entry: AptEntry): boolean => !entry.signedBy || entry.trusted === true || entry.signedBy.includes("debian-archive");

/**
 * The distribution's own entries among those of a machine. Throws setup_incomplete when there are none to build Debian from.
 * @param override the entries were given for this purpose: all of them are taken, whatever the release.
 */
export const selectSources = (entries: AptEntry[], os: { id: string; codename: string }, override = false): AptSources => {
  if (!override && os.id !== "debian") {
    const reason = `the guest image is built from Debian packages and this is ${os.id || "another system"}, where Chromium is no plain package; give Debian's apt sources in a file named by VITRINE_APT_SOURCES`;
    throw new VitrineError("setup_incomplete", { reason });
  }
  const candidates = entries.flatMap((entry) => usable(entry, override ? null : os.codename));
  const own = candidates.filter(isDebians);
  const chosen = own.length > 0 && !override ? own : candidates;
  const first = chosen[0]?.suites[0];
  if (first === undefined) {
    const where = override ? "the file named by VITRINE_APT_SOURCES has" : `this machine's apt sources have`;
    const reason = `${where} no entry for Debian${override ? "" : ` ${os.codename}`} with component main over http or https`;
    throw new VitrineError("setup_incomplete", { reason });
  }
  return {
    suite: first.replace(BASE_SUITE, "").replace(/\/updates$/, ""),
    text: chosen.map(render).join("\n"),
    keyrings: [...new Set(chosen.flatMap((entry) => (entry.signedBy?.startsWith("/") ? [entry.signedBy] : [])))],
  };
};
