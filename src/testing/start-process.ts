import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Role, startService } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Logger } from '../runtime/runtime.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { TestClock } from './test-clock.ts';

type ProcessOptions = {
  readonly settings: Readonly<Record<string, string>>;
  readonly roles: readonly Role[];
  readonly log: Logger;
};

export type StartedProcess = { readonly url: string; readonly config: Config; stop(): Promise<void> };

/** Starts what a process of a service is, in this process and on this clock. */
export const startProcess = async (
  clock: TestClock,
  { settings, roles, log }: ProcessOptions,
): Promise<StartedProcess> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-service-'));
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    const config = loadConfig({ CARILLON_DATA: dataDir, PORT: '0', ...settings });
    const starting = startService({
      ...{ config, world: clock.world(log), metrics: createMetrics(), version: 'test', roles },
      signal: new AbortController().signal,
    });
    const { url, stop } = await clock.until(starting);
    const stopFlow = clock.flowFor(Number(new URL(url).port));
    return {
      url,
      config,
      stop: async () => {
        await clock.until(stop());
        stopFlow();
        await removeData();
      },
    };
  } catch (error) {
    await removeData();
    throw error;
  }
};
