// @ts-check
// Makes JSON Schemas of what the routes answer, from the types in src/server/answers.ts: the
// OpenAPI document refers to them.
//
//   node scripts/answer-schemas.mjs            # says whether they are current
//   node scripts/answer-schemas.mjs --write    # makes them anew
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src', 'server', 'answers.ts');
const target = join(root, 'src', 'server', 'answer-schemas.json');

/** Types that may hold anything, by their names. */
const ANYTHING = new Set(['Json']);
/** Interfaces that everything has, and that no answer is. */
const BUILT_IN = new Set(['__type', '__object', 'Array', 'ReadonlyArray']);

/** @typedef {Record<string, unknown>} Schema */

/** The schemas as they are to be: each answer's by its route, and those that have a name. */
export function answerSchemas() {
  const program = ts.createProgram([source], optionsOf());
  return new Schemas(program.getTypeChecker()).of(program.getSourceFile(source));
}

/** The file as it is. */
export function writtenSchemas() {
  return JSON.parse(readFileSync(target, 'utf8'));
}

function optionsOf() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} };
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host);
  return { ...config?.options, noEmit: true };
}

class Schemas {
  /** @type {Map<string, ts.Type>} */
  #types = new Map();
  /** @type {Record<string, Schema>} */
  #schemas = {};
  #checker;

  /** @param {ts.TypeChecker} checker */
  constructor(checker) {
    this.#checker = checker;
  }

  /** @param {ts.SourceFile | undefined} file */
  of(file) {
    const answers = file?.statements.find((node) => {
      return ts.isInterfaceDeclaration(node) && node.name.text === 'Answers';
    });
    if (answers === undefined) throw new Error('src/server/answers.ts has no Answers.');
    const members = this.#checker.getPropertiesOfType(this.#checker.getTypeAtLocation(answers));
    const routes = members.map((member) => {
      return [member.name, this.#schemaOf(this.#checker.getTypeOfSymbol(member))];
    });
    return { answers: Object.fromEntries(routes), schemas: sorted(this.#schemas) };
  }

  /** @param {ts.Type} type @returns {Schema} */
  #schemaOf(type) {
    const name = nameOf(type);
    if (name !== undefined && ANYTHING.has(name)) return {};
    if (name === undefined || !isWorthAName(type)) return this.#inline(type);
    const known = this.#types.get(name);
    if (known !== undefined && known !== type) return this.#inline(type);
    if (known === undefined) {
      this.#types.set(name, type);
      this.#schemas[name] = this.#inline(type);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** @param {ts.Type} type @returns {Schema} */
  #inline(type) {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) {
      return { const: this.#checker.typeToString(type) === 'true' };
    }
    if (flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.isUnion()) return this.#union(type);
    return this.#object(type);
  }

  /** @param {ts.UnionType} type @returns {Schema} */
  #union({ types }) {
    const given = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const isBoolean = (/** @type {ts.Type} */ each) => each.flags & ts.TypeFlags.BooleanLiteral;
    const both = given.filter(isBoolean).length === 2;
    const others = both ? given.filter((each) => !isBoolean(each)) : given;
    const texts = others.filter((each) => each.isStringLiteral());
    const rest = others.filter((each) => !each.isStringLiteral());
    const choices = [
      ...(texts.length > 0 ? [{ enum: texts.map(({ value }) => value).toSorted() }] : []),
      ...(both ? [{ type: 'boolean' }] : []),
      ...rest.map((each) => this.#schemaOf(each)),
    ];
    const [only] = choices;
    if (choices.length === 1 && only !== undefined) return only;
    return choices.some((each) => Object.keys(each).length === 0) ? {} : { anyOf: choices };
  }

  /** @param {ts.Type} type @returns {Schema} */
  #object(type) {
    const checker = this.#checker;
    if (checker.isTupleType(type)) return { type: 'array' };
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
      return { type: 'array', items: item === undefined ? {} : this.#schemaOf(item) };
    }
    if (type.getCallSignatures().length > 0) throw new Error(`${nameOf(type)} is no JSON.`);
    return this.#members(type);
  }

  /** @param {ts.Type} type @returns {Schema} */
  #members(type) {
    const checker = this.#checker;
    const members = checker.getPropertiesOfType(type).toSorted((a, b) => compare(a.name, b.name));
    const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const required = members.filter((member) => !this.#mayLack(member)).map(({ name }) => name);
    const properties = members.map((member) => {
      return [member.name, this.#schemaOf(checker.getTypeOfSymbol(member))];
    });
    return {
      type: 'object',
      ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      ...(required.length > 0 && { required }),
      ...(index && { additionalProperties: this.#schemaOf(index.type) }),
    };
  }

  /** What is undefined is left out of JSON. @param {ts.Symbol} member */
  #mayLack(member) {
    if (member.flags & ts.SymbolFlags.Optional) return true;
    const type = this.#checker.getTypeOfSymbol(member);
    const parts = type.isUnion() ? type.types : [type];
    return parts.some(({ flags }) => flags & ts.TypeFlags.Undefined);
  }
}

/** @param {ts.Type} type */
function nameOf(type) {
  const { aliasSymbol, aliasTypeArguments = [] } = type;
  if (aliasSymbol !== undefined && aliasTypeArguments.length === 0) return aliasSymbol.name;
  const { symbol } = type;
  const isPlain = type.isClassOrInterface() && (type.typeParameters ?? []).length === 0;
  return isPlain && !BUILT_IN.has(symbol.name) ? symbol.name : undefined;
}

/** Names are for what is an object, or a choice of such. @param {ts.Type} type */
function isWorthAName(type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.every(({ flags }) => flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection));
}

/** @param {Record<string, Schema>} schemas */
function sorted(schemas) {
  return Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => compare(a, b)));
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}

function main() {
  const current = `${JSON.stringify(answerSchemas())}\n`;
  if (process.argv.includes('--write')) {
    writeFileSync(target, current);
    return;
  }
  if (JSON.stringify(writtenSchemas()) === current.trimEnd()) return;
  console.error('The answers of routes are others now: node scripts/answer-schemas.mjs --write');
  process.exitCode = 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main();
}
