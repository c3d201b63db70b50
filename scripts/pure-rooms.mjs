// @ts-check
/**
 * The rooms of src/ that only compute: `npm test` measures that their tests reach every branch.
 */
export const PURE_ROOMS = ['std', 'events', 'flows'];
