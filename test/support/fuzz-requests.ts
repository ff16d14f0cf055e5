import fc, { type Arbitrary } from "fast-check";
import { HINTS, HOSTILE, mutated, valuesOf } from "./schema-values.ts";

/** A request as it is written. In its path, `@0` to `@3` stand for computers that are there, and `@rid` for a recording. */
export interface FuzzRequest {
  operation: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document has every shape.
type Document = any;

const HOSTILE_SEGMENTS = [
  "..%2f..%2fetc",
  "a%00b",
  "%zz",
  "%",
  "%ff%fe",
  "a".repeat(3000),
  "%F0%9F%92%A9",
  "__proto__",
  "constructor",
  "cmp_aaaaaaaaaaaa",
  "%2e%2e",
  ";x=1",
  "1e9",
  "-1",
  "@0%20",
  "%0d%0aX:1",
  "*",
];
const HOSTILE_QUERIES = [
  "a=1",
  "__proto__=1",
  "__proto__[x]=1",
  "path=/a&path=/b",
  "path[]=/a",
  "%zz=1",
  "path=%",
  "path=%00",
  "=",
  "&&&",
  "token=x",
  "token=lnk_aaaaaaaaaaaa.x",
  "token=&token=",
  `${"a=1&".repeat(2000)}`,
  "path=%c0%ae%c0%ae/",
  `path=/${"a/".repeat(3000)}`,
  "wait=0&wait=1",
  "limit=1e308",
  "cursor=%27%20OR%201=1",
  "viewer=__proto__",
  "?x",
  "//",
];
const HOSTILE_BODIES: (string | Uint8Array)[] = [
  "",
  "{",
  "[",
  '"x"',
  "null",
  "1",
  "NaN",
  '{"a":1}}',
  "\0",
  "[".repeat(5000),
  '{"a":'.repeat(3000),
  '{"name":"a","name":"b"}',
  "\ufeff{}",
  '{"__proto__":{"polluted":true}}',
  new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
  new Uint8Array([0x1f, 0x8b, 8, 0, 0]),
  "a=1&b=2",
  `{"a":"${"x".repeat(200_000)}"}`,
  `{"n":1${"0".repeat(5000)}}`,
  '{"ram_mb":1e400}',
  '{"a":"\\ud800"}',
];
const HOSTILE_HEADERS: Record<string, string>[] = [
  { authorization: "Bearer wrong" },
  { authorization: "Basic eDp5" },
  { authorization: `Bearer ${"a".repeat(8000)}` },
  { host: "evil.example" },
  { host: "127.0.0.1:99999999" },
  { origin: "https://evil.example" },
  { origin: "null" },
  { "content-type": "text/plain" },
  { "content-type": "application/json; charset=utf-16" },
  { "content-type": "application/json; charset=x-none" },
  { "content-type": "multipart/form-data" },
  { "content-type": ";;;" },
  { "content-encoding": "gzip" },
  { "content-encoding": "br" },
  { "content-encoding": "none-such" },
  { range: "bytes=0-" },
  { range: "bytes=5-1" },
  { range: "bytes=-0" },
  { range: "bytes=99999999999999999999-" },
  { range: "bytes=-99999999999999999999" },
  { range: "bytes=0-1,2-3,4-5" },
  { range: "pages=1" },
  { "if-none-match": '*, W/"x"' },
  { "if-range": "x", range: "bytes=1-2" },
  { "idempotency-key": "k" },
  { "idempotency-key": "a b" },
  { "idempotency-key": "x".repeat(300) },
  { "last-event-id": "-1" },
  { "last-event-id": "NaN" },
  { "x-forwarded-proto": "javascript" },
  { "x-forwarded-host": "evil.example" },
  { "x-http-method-override": "DELETE" },
  { expect: "200-maybe" },
  { cookie: "a=".repeat(6000) },
  { upgrade: "h2c", connection: "Upgrade" },
  { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" },
  { "accept-encoding": "*;q=0" },
  { te: "trailers" },
];

const often = <T>(weight: number, arbitrary: Arbitrary<T>) => ({ weight, arbitrary });
const encode = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return encodeURIComponent(text.toWellFormed()).slice(0, 8000);
};

const pathOf = (template: string, params: Document[], schemas: Document): Arbitrary<string> => {
  const parts = template.split("/").map((part): Arbitrary<string> => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (!name) return fc.constant(part);
    if (name === "rid") return fc.oneof(often(5, fc.constant("@rid")), often(1, fc.constantFrom(...HOSTILE_SEGMENTS, "rec_aaaaaaaaaaaa")));
    const here = fc.constantFrom("@0", "@0", "@0", "@1", "@2", "@3");
    const schema = params.find((param) => param.in === "path" && param.name === name)?.schema ?? { type: "string" };
    const valid = name === "id" ? here : valuesOf(schema, schemas).map(encode);
    return fc.oneof(often(12, valid), often(1, fc.constantFrom(...HOSTILE_SEGMENTS)), often(1, HOSTILE.map(encode)));
  });
  return fc.tuple(...parts).map((all) => all.join("/"));
};

/** What is text in a query, and the schema does not tell of. */
const QUERY_HINTS: Readonly<Record<string, Arbitrary<unknown>>> = {
  scale: fc.constantFrom("0.5", "1", "4", "9"),
  region: fc.constantFrom("0,0,10,10", "300,200,50,50", "1,2,3"),
  quality: fc.constantFrom("1", "100", "0"),
};

const queryOf = (params: Document[], schemas: Document): Arbitrary<string> => {
  const own = params.filter((param) => param.in === "query");
  const record: Arbitrary<unknown> = fc.record<Record<string, unknown>>(
    Object.fromEntries(own.map(({ name, schema }) => [name, QUERY_HINTS[name] ?? HINTS[name] ?? valuesOf(schema, schemas)])),
    {
      requiredKeys: own.filter(({ required }) => required).map(({ name }): string => name),
    },
  );
  const written = (value: unknown) =>
    Object.entries((value ?? {}) as Record<string, unknown>)
      .map(([name, one]) => `${encode(name)}=${encode(one)}`)
      .join("&");
  return fc.oneof(often(6, record.map(written)), often(2, mutated(record).map(written)), often(2, fc.constantFrom(...HOSTILE_QUERIES)));
};

const bodyOf = (content: Document, schemas: Document): Arbitrary<FuzzRequest["body"]> => {
  const none = fc.constant(null);
  const hostile = fc.oneof(fc.constantFrom(...HOSTILE_BODIES), fc.uint8Array({ maxLength: 300 }));
  if (!content) return fc.oneof(often(9, none), often(1, hostile));
  const schema = content["application/json"]?.schema;
  if (!schema) return fc.oneof(often(5, fc.uint8Array({ maxLength: 5000 })), often(1, none));
  const values = valuesOf(schema, schemas);
  return fc.oneof(
    often(
      7,
      values.map((value) => JSON.stringify(value)),
    ),
    often(
      5,
      mutated(values).map((value) => JSON.stringify(value)),
    ),
    often(2, hostile),
    often(1, none),
  );
};

const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];

const requestsOf = (
  path: string,
  method: string,
  { operationId, parameters = [], requestBody }: Document,
  schemas: Document,
): Arbitrary<FuzzRequest> =>
  fc.record({
    operation: fc.constant(operationId as string),
    method: fc.oneof(often(15, fc.constant(method.toUpperCase())), often(1, fc.constantFrom(...METHODS))),
    path: fc
      .tuple(pathOf(path, parameters, schemas), queryOf(parameters, schemas))
      .map(([one, query]) => (query === "" ? one : `${one}?${query}`)),
    headers: fc.oneof(
      often(7, fc.constant({})),
      often(2, fc.constantFrom(...HOSTILE_HEADERS)),
      often(
        1,
        fc.tuple(fc.constantFrom(...HOSTILE_HEADERS), fc.constantFrom(...HOSTILE_HEADERS)).map(([a, b]) => ({ ...a, ...b })),
      ),
    ),
    body: bodyOf(requestBody?.content, schemas),
  });

/** What is served and is no call of the contract. */
const BESIDE = [
  "/",
  "/docs",
  "/openapi.json",
  "/live/@0",
  "/live/@0/state",
  "/live/@0/control",
  "/recordings/rec_aaaaaaaaaaaa",
  "/assets/live/../../package.json",
  "/assets/novnc/%2e%2e/%2e%2e/package.json",
  "/assets/novnc.js",
  "/v1/computers/@0/cdp",
  "/v1/computers/@0/cdp/json",
  "/v1/computers/@0/cdp/devtools/page/A",
  "/v1/computers/@0/display",
  "//",
  "/%",
  "/v1//computers",
  "/v1/computers/",
  "/__proto__",
  "/v1/computers/@0/cdp/json/new?http://%zz",
];

/** Requests to every operation of an OpenAPI document, and to what lies beside. Each operation is asked equally often. */
export const fuzzRequests = ({ paths, components: { schemas } }: Document): Arbitrary<FuzzRequest> => {
  const operations = Object.entries(paths as Record<string, Document>).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Document>).map(([method, operation]) => requestsOf(path, method, operation, schemas)),
  );
  const beside = fc
    .tuple(fc.constantFrom(...BESIDE), fc.oneof(often(3, fc.constant("GET")), often(1, fc.constantFrom(...METHODS))))
    .map(([path, method]): FuzzRequest => ({ operation: "beside", method, path, headers: {}, body: null }));
  return fc.oneof(often(9, fc.oneof(...operations)), often(1, beside));
};

const LINES = [
  "GET /healthz HTTP/1.1\r\n",
  "POST /v1/computers HTTP/1.1\r\n",
  "get /healthz HTTP/1.1\r\n",
  "GET /healthz\r\n",
  "GET  /healthz HTTP/1.1\r\n",
  "GET /healthz HTTP/9.9\r\n",
  "GET http://evil.example/healthz HTTP/1.1\r\n",
  "GET http://[/v1/computers/a/cdp HTTP/1.1\r\n",
  "GET //[/v1/computers/a/cdp HTTP/1.1\r\n",
  "GET // HTTP/1.1\r\n",
  "OPTIONS * HTTP/1.1\r\n",
  "CONNECT 127.0.0.1:22 HTTP/1.1\r\n",
  "PRI * HTTP/2.0\r\n",
  "GET /\x00 HTTP/1.1\r\n",
  "GET /é HTTP/1.1\r\n",
  "BREW /pot HTTP/1.1\r\n",
  "\r\n\r\n",
  "\x16\x03\x01\x02\x00",
];
const FIELDS = [
  "Host: 127.0.0.1\r\n",
  "Host: 127.0.0.1\r\nHost: evil.example\r\n",
  "Host : 127.0.0.1\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Content-Length: 5\r\nContent-Length: 6\r\n",
  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity, chunked\r\n",
  "X: a\r\n b\r\n",
  "X: \x00\r\n",
  "no colon\r\n",
  ": empty\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "X: y\n",
  `X: ${"y".repeat(40_000)}\r\n`,
  "X: y\r\n".repeat(150),
];
const TAILS = [
  "\r\n",
  "\r\n{}",
  "\r\n5\r\nhello\r\n0\r\n\r\n",
  "\r\nZZ\r\n",
  "\r\nffffffffffffffff\r\n",
  "",
  "\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
];

/** Bytes for a bare connection: what is nearly HTTP, and what is not. */
export const fuzzBytes: Arbitrary<Uint8Array> = fc.oneof(
  often(
    5,
    fc
      .tuple(fc.constantFrom(...LINES), fc.array(fc.constantFrom(...FIELDS), { maxLength: 3 }), fc.constantFrom(...TAILS))
      .map(([line, fields, tail]) => Buffer.from(line + fields.join("") + tail, "latin1")),
  ),
  often(1, fc.uint8Array({ minLength: 1, maxLength: 500 })),
);
