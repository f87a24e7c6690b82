import { type Client, createClient } from '@carillon/client';
import { requireNode } from '../../client/src/node-version.ts';
import type { CarillonOptions, StartedCarillon } from './kit.ts';

requireNode({ version: '22.18', by: '@carillon/testing' });

export type { CarillonOptions } from './kit.ts';

/** A whole service in this process, with a clock that moves only on request. Jobs can call targets on this machine. */
export type Carillon = StartedCarillon & {
  /** A client of the API as that administrator. */
  readonly client: Client;
};

/**
 * Starts a whole service in this process, with a clock to advance. Its warnings are printed.
 * @throws ConfigError if a setting is wrong
 */
export const startCarillon = async (options?: CarillonOptions): Promise<Carillon> => {
  // The service imports modules that older versions of Node lack, so it is imported after the check.
  const kit = await import('carillon/testing');
  const service = await kit.startCarillon(options);
  return { ...service, client: createClient(service) };
};
