import type { Catalog } from './flows/catalog.ts';

/** The user's configuration, checked whole and frozen. */
export interface Configuration {
  /** The absolute path of the configuration file. */
  readonly file: string;
  /** Its folder: what paths are relative to. */
  readonly directory: string;
  readonly catalog: Catalog;
  readonly settings: Settings;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Names that we are reached under, beside localhost. */
  readonly hosts: readonly string[];
  readonly max_concurrent_handlers: number;
  readonly security: { readonly http_allow: readonly string[] };
}
