import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildStarted, BuildView, ProjectionView, RebuildPlan } from '../projections/queries/projection-views.ts';
import type { ServerOptions } from './access.ts';
import { EXIT, runOrExit } from './fail.ts';
import { createProgressLines, renderComparison, renderPlan } from './render-builds.ts';
import { connect, type Server } from './server.ts';

const POLL_INTERVAL_MS = 500;

type RebuildOptions = ServerOptions & { readonly verify?: boolean; readonly dryRun?: boolean };

/**
 * `carillon projections rebuild`: rebuilds read models of the running server and shows progress until the new generations
 * are live; with `verify`, also the differences between new and old rows.
 */
export const rebuildProjections = (
  name: string,
  { verify = false, dryRun = false, ...options }: RebuildOptions,
): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const path = `/projections/${encodeURIComponent(name)}/rebuild`;
    const asked = { method: 'post', path, body: { verify, dryRun } } as const;
    if (dryRun) process.stdout.write(renderPlan((await server.ask<RebuildPlan[]>(asked)).data));
    else await follow(server, (await server.ask<BuildStarted[]>(asked)).data, 'is live');
  });

/** `carillon projections verify`: compares read models of the running server with its log, and prints differences. */
export const verifyProjections = (name: string | undefined, options: ServerOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const path = `/projections/${encodeURIComponent(name ?? 'all')}/verify`;
    await follow(server, (await server.ask<BuildStarted[]>({ method: 'post', path })).data, 'matches the log');
  });

/** Shows rebuilds until each has ended, and sets the exit code. */
const follow = async (server: Server, started: readonly BuildStarted[], done: string): Promise<void> => {
  const lines = createProgressLines(process.stdout);
  const open = new Map(started.map(({ name, generation }) => [name, generation]));
  while (open.size > 0) {
    const { data } = await server.ask<ProjectionView[]>({ path: '/projections' });
    const shown: { readonly name: string; readonly build: BuildView }[] = [];
    for (const { name, build, building } of data) {
      const generation = open.get(name);
      if (generation === undefined || build === undefined) continue;
      if (building?.stopped !== undefined) {
        lines.print(`${name}: generation ${generation} stopped: ${building.stopped.reason}`);
        process.exitCode = EXIT.no;
      } else if (build.generation > generation || build.phase === 'done') {
        const { differences = 0 } = build.comparison ?? {};
        if (differences > 0) process.exitCode = EXIT.no;
        lines.print(
          build.comparison && differences > 0
            ? renderComparison(name, build.comparison)
            : `${name}: generation ${generation} ${done}`,
        );
      } else {
        shown.push({ name, build });
        continue;
      }
      open.delete(name);
    }
    lines.show(shown);
    if (open.size > 0) await sleep(POLL_INTERVAL_MS);
  }
};
