/**
 * The files that our threads start with.
 *
 * They are found from where this module stands, one folder deep: the build takes the modules of the
 * command line together in a folder beside this one, and leaves these files in theirs.
 */
export const STORE_THREAD = new URL('../store/sqlite/worker.js', import.meta.url);
export const HOOKS_THREAD = new URL('../routing/hooks/worker.js', import.meta.url);
