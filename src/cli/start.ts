import { type Role, startService } from '../compose.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { nodeWorld } from '../world-node.ts';

type Start = { readonly version: string; readonly roles: readonly Role[] };

/** Runs a server until it is told to stop. */
export const start = async ({ version, roles }: Start): Promise<void> => {
  const config = configOrExit();
  const log = createLogger({
    level: config.log.level,
    format: config.log.format ?? (process.stdout.isTTY ? 'terminal' : 'json'),
  });
  const stopping = stopSignal();
  try {
    const service = await startService({ config, world: nodeWorld(log), metrics: createMetrics(), version, roles });
    process.stdout.write(greeting(config, service));
    const signal = await stopping;
    log.info({ signal }, 'stopping: no new slots, calls under way may end');
    await service.stop();
    process.exit(0);
  } catch (error) {
    log.error({ error }, 'the server stopped');
    process.stderr.write(`carillon: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
};

const configOrExit = (): Config => {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`carillon: ${error.message}\n`);
    process.exit(2);
  }
};

/** The first signal stops in order, a second one at once. */
const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });

const greeting = (config: Config, { url, token }: { url: string; token: string | undefined }): string => {
  const moved = !config.http.portNamed && !url.endsWith(`:${config.http.port}`) && config.http.publicUrl === undefined;
  const lines = [
    '',
    `Carillon is running at ${url}${moved ? ` (port ${config.http.port} is taken)` : ''}`,
    ...(token === undefined
      ? []
      : [
          '',
          'Development token (this machine only):',
          `  export TOKEN=${token}`,
          '',
          'Try:',
          `  curl -s -H "Authorization: Bearer $TOKEN" ${url}/_/scheduler/executions?limit=3`,
        ]),
    '',
    '',
  ];
  return lines.join('\n');
};
