import { requireNode } from '../runtime/node-version.ts';
import type { StartCarillon } from './kit.ts';

// What the service imports does not exist in an older Node, so it is imported only after this check.
requireNode({ major: 24, by: 'carillon/testing' });

/** Starts a whole service in this process, with a clock to move. What it warns of is printed. */
export const startCarillon: StartCarillon = async (options) =>
  (await import('./start-carillon.ts')).startCarillon(options);
