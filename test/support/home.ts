import type { LogHome } from '../../src/domain/events/index.ts';

/** Location of in-memory logs of tests. */
export const MEMORY_HOME: LogHome = { logId: '6f1ab1a8-3f51-4f0e-9d6b-0a4f0c2f5c11', store: 'memory' };
