// Declarations of types as they are when all that was inferred is written out: the client's users get the contract's types without zod.
import ts from "typescript";

const PLAIN = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never | ts.TypeFlags.Primitive;
/** Deeper than any type of the contract; one that refers to itself would have no end. */
const MAX_DEPTH = 16;

/** The text of the outermost `.describe("...")` of a schema, or what its comment says. */
const docOf = (checker, symbol) => {
  let call = symbol.declarations?.[0]?.initializer;
  while (call && ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression)) {
    const [text] = call.arguments;
    if (call.expression.name.text === "describe" && text && ts.isStringLiteralLike(text)) return text.text;
    call = call.expression.expression;
  }
  return ts.displayPartsToString(symbol.getDocumentationComment(checker));
};

const comment = (text, indent) => (text ? `${indent}/** ${text.replaceAll("*/", "*\\/").replaceAll("\n", `\n${indent} * `)} */\n` : "");

const print = (checker, type, at, indent = "", depth = 0) => {
  const inner = (t, more = "") => print(checker, t, at, indent + more, depth + 1);
  if (depth > MAX_DEPTH) throw new Error(`${at} refers to itself or is too deep`);
  if (type.flags & PLAIN) return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
  if (type.isUnion()) {
    const texts = type.types.map((t) => inner(t));
    const both = texts.includes("true") && texts.includes("false");
    return [...new Set(both ? texts.map((t) => (t === "true" || t === "false" ? "boolean" : t)) : texts)].join(" | ");
  }
  if (checker.isTupleType(type))
    return `[${checker
      .getTypeArguments(type)
      .map((t) => inner(t))
      .join(", ")}]`;
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type);
    return element.isUnion() ? `(${inner(element)})[]` : `${inner(element)}[]`;
  }
  if (type.getCallSignatures().length > 0) throw new Error(`${at} holds a function`);
  const indices = checker.getIndexInfosOfType(type).map((info) => `${indent}  [key: ${inner(info.keyType)}]: ${inner(info.type, "  ")};\n`);
  const properties = checker.getPropertiesOfType(type).map((property) => {
    const optional = property.flags & ts.SymbolFlags.Optional ? "?" : "";
    const name = /^[A-Za-z_]\w*$/.test(property.name) ? property.name : JSON.stringify(property.name);
    const doc = comment(docOf(checker, property), `${indent}  `);
    return `${doc}${indent}  ${name}${optional}: ${inner(checker.getTypeOfSymbol(property), "  ")};\n`;
  });
  return `{\n${[...indices, ...properties].join("")}${indent}}`;
};

/** A declaration file of the types that a source file exports. */
export const flatTypes = (checker, source) =>
  source.statements
    .filter((s) => ts.isTypeAliasDeclaration(s) || ts.isInterfaceDeclaration(s))
    .filter((s) => s.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword))
    .map(({ name }) => {
      const symbol = checker.getSymbolAtLocation(name);
      const doc = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      return `${comment(doc, "")}export type ${name.text} = ${print(checker, checker.getDeclaredTypeOfSymbol(symbol), name.text)};\n`;
    })
    .join("");
