import { resolve } from 'node:path';
import type { Report } from '../flows/parse/report.ts';
import { placeAt, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { HOOK_NAMES, type HooksSettings } from '../routing/hooks/shape.ts';
import { isFile } from '../std/is-file.ts';

/** Reports each module that a configuration names among its hooks and that is not there. */
export function reportAbsentModules(
  hooks: HooksSettings,
  mapping: YamlMapping,
  { directory, report }: { readonly directory: string; readonly report: Report },
): void {
  for (const name of HOOK_NAMES) {
    for (const [index, { module }] of (hooks[name] ?? []).entries()) {
      if (module === undefined || isFile(resolve(directory, module))) continue;
      const at = placeAt(mapping, ['hooks', name, index, 'module']);
      const message = `there is no file ${module}; create it, or name another module`;
      report({ at, code: 'config.missing', message });
    }
  }
}
