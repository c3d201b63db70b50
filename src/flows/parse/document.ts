import type { SourceFile } from '../catalog.ts';
import { readFrontMatter } from './front-matter.ts';
import { jsonProblems } from './json-syntax.ts';
import { readToml } from './toml-document.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** Reads a file as what its name says that it is. JSON is read as the YAML that it also is. */
export function readDocument({ path, text }: SourceFile): YamlDocument {
  if (path.endsWith('.toml')) return readToml(text);
  if (path.endsWith('.md')) return readFrontMatter(text);
  const document = readYaml(text);
  if (!path.endsWith('.json') || document.problems.length > 0) return document;
  return { ...document, problems: jsonProblems(text) };
}
