import { requireNode } from '../runtime/node-version.ts';
import type { StartCarillon } from './kit.ts';

// The service imports modules that older Node versions lack, so it is imported after this check.
requireNode({ major: 24, by: 'carillon/testing' });

/** Starts a whole service in this process, with a clock to advance. Its warnings are printed. */
export const startCarillon: StartCarillon = async (options) =>
  (await import('./start-carillon.ts')).startCarillon(options);
