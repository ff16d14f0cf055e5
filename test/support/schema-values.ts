import fc, { type Arbitrary } from "fast-check";

// biome-ignore lint/suspicious/noExplicitAny: a JSON schema has every shape.
type Schema = any;

/** Values that somebody sends who means no good, or does not know better. */
export const HOSTILE: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0, 1.5, 1e308, 2 ** 53, -(2 ** 31), "", " ", "\0", "..", "../../etc/passwd", "/no", "a\r\nb: c"),
  fc.constantFrom<unknown>("💩", "\ud800", "ａ", "\u202e", "%00", "$(id)", "__proto__", "constructor", "NaN", "1e5", [], {}, [[]], [null]),
  fc.constantFrom<unknown>(
    "a".repeat(70_000),
    Array.from({ length: 1000 }, (_, i) => i),
    { a: { b: { c: {} } } },
  ),
  fc.constantFrom(
    ...['{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', `${"[".repeat(200)}${"]".repeat(200)}`].map((t) => JSON.parse(t)),
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.double(),
);

const matching = (pattern: string): Arbitrary<string> => {
  try {
    return fc.stringMatching(new RegExp(pattern, "u"), { size: "-1" });
  } catch {
    return fc.string({ maxLength: 20 });
  }
};

const text = ({ pattern, minLength = 0, maxLength = 40, format }: Schema): Arbitrary<string> => {
  if (pattern) return matching(pattern);
  if (format === "date-time") return fc.constant("2026-01-01T00:00:00Z");
  const max = Math.max(minLength, Math.min(maxLength, 40));
  const usual = fc
    .constantFrom("/tmp/a", "/no", "a", "https://example.com/", "Europe/Prague", "ctrl", "Return")
    .filter((one) => one.length <= maxLength);
  return fc.oneof(usual, fc.string({ minLength, maxLength: max }), fc.string({ unit: "grapheme", minLength, maxLength: max }));
};

const whole = ({ minimum = -1000, maximum = 1000, exclusiveMinimum = minimum, exclusiveMaximum = maximum }: Schema) => {
  const min = Math.ceil(Math.max(minimum, exclusiveMinimum));
  return fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min, max: Math.min(maximum, min + 20) }) },
    { weight: 1, arbitrary: fc.constantFrom(min, Math.floor(Math.min(maximum, exclusiveMaximum))) },
  );
};

const words = (...all: string[]) => fc.constantFrom(...all);
const path = words("/tmp/a", "/home/ohm/č ž", "/no", "/");
/** What a schema does not say: paths, keys and commands that are some; and what takes real time is asked to take little, and nobody waits for a person. */
export const HINTS: Readonly<Record<string, Arbitrary<unknown>>> = {
  ...Object.fromEntries(["path", "from", "to", "cwd"].map((name) => [name, path])),
  ...Object.fromEntries(["ms", "duration_ms", "delay_ms", "repeat", "count"].map((name) => [name, fc.integer({ min: 1, max: 3 })])),
  key: words("a", "ctrl", "Return", "é"),
  keys: fc.array(words("a", "ctrl", "Shift", "F5"), { minLength: 1, maxLength: 3 }),
  user: words("ohm", "root"),
  command: words("true", "echo č; exit 3"),
  if_controlled: fc.constant("fail"),
  timezone: words("Europe/Prague", "UTC"),
};

/** Values of a JSON schema as OpenAPI 3.1 has it, right in most ways; `schemas` are those that it refers to. */
export const valuesOf = (schema: Schema, schemas: Record<string, Schema>): Arbitrary<unknown> => {
  const of = (one: Schema): Arbitrary<unknown> => valuesOf(one, schemas);
  if (schema.$ref) return of(schemas[schema.$ref.split("/").at(-1)]);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.oneOf ?? schema.anyOf;
  if (either) return fc.oneof(...either.map(of));
  if (schema.allOf) return fc.tuple(...schema.allOf.map(of)).map((parts) => Object.assign({}, ...parts));
  const [type] = [schema.type].flat();
  if (type === "object") return objects(schema, of);
  if (type === "array") {
    if (schema.prefixItems) return fc.tuple(...schema.prefixItems.map(of));
    const minLength = schema.minItems ?? 0;
    return fc.array(of(schema.items ?? {}), { minLength, maxLength: Math.max(minLength, Math.min(schema.maxItems ?? 4, 4)) });
  }
  if (type === "string") return text(schema);
  if (type === "integer") return whole(schema);
  if (type === "number")
    return fc.oneof(whole(schema), fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true }));
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  return HOSTILE;
};

const objects = (
  { properties = {}, required = [], additionalProperties }: Schema,
  of: (schema: Schema) => Arbitrary<unknown>,
): Arbitrary<unknown> => {
  const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, HINTS[name] ?? of(schema)])), {
    requiredKeys: required,
  });
  if (typeof additionalProperties !== "object") return known;
  const more = fc.dictionary(fc.constantFrom("a", "A_B", "x-test", "__proto__", "é", ""), of(additionalProperties), { maxKeys: 3 });
  return fc.tuple(known, more).map(([one, other]) => ({ ...other, ...one }));
};

/** Every place in a value, as the object or array that holds it and the key there. */
const places = (value: unknown): [holder: Record<string, unknown>, key: string][] =>
  value !== null && typeof value === "object"
    ? Object.entries(value).flatMap(
        ([key, inner]) => [[value as Record<string, unknown>, key], ...places(inner)] as [Record<string, unknown>, string][],
      )
    : [];

/** A value with one thing wrong. */
export const mutated = (values: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc.tuple(values, fc.nat(), HOSTILE, fc.constantFrom("replace", "remove", "add")).map(([value, at, hostile, how]) => {
    const copy = structuredClone(value);
    const all = places(copy);
    const place = all[at % Math.max(1, all.length)];
    if (!place) return hostile;
    const [holder, key] = place;
    if (how === "replace") holder[key] = hostile;
    else if (how === "remove") delete holder[key];
    else Object.defineProperty(holder, "__proto__", { value: hostile, enumerable: true, configurable: true });
    return copy;
  });
