import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Bench, BenchOptions } from './harness.ts';
import { quantile } from './harness.ts';
import { runStorm } from './support/run-storm.ts';
import { startBenchServer } from './support/server.ts';
import { type BenchTarget, startBenchTarget } from './support/target.ts';

const TARGETS = { ratioOnToOff: { atMost: 1.05 } };
const SHARE = '0.01';

/**
 * The cost of traces: CPU time of the server process per execution, in storms without a collector and with one that gets 1 %
 * of the traces, alternating. The collector runs in the bench's process, whose time does not count.
 */
export const bench: Bench = async ({ size, say }) => {
  const [count, rounds] = { full: [10_000, 5] as const, quick: [2_000, 1] as const, smallest: [50, 1] as const }[size];
  const target = await startBenchTarget();
  const collector = await startCollector();
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: SHARE };
  const microseconds: { off: number; on: number }[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const off = await cpuOfStorm({ target, say, settings: {} }, count);
      microseconds.push({ off, on: await cpuOfStorm({ target, say, settings: on }, count) });
    }
  } finally {
    collector.close();
    await target.stop();
  }
  const median = (figures: readonly number[]): number => quantile(figures, 0.5);
  return {
    figures: {
      executions: count,
      rounds,
      offMicroseconds: median(microseconds.map((each) => each.off)),
      onMicroseconds: median(microseconds.map((each) => each.on)),
      ratioOnToOff: median(microseconds.map((each) => each.on / each.off)),
      exports: collector.exports(),
    },
    targets: TARGETS,
  };
};

type TracedStorm = {
  readonly target: BenchTarget;
  readonly say: BenchOptions['say'];
  readonly settings: Readonly<Record<string, string>>;
};

/** CPU time of the server an execution, µs, after a tenth of the calls to warm it up. */
const cpuOfStorm = async ({ target, say, settings }: TracedStorm, count: number): Promise<number> => {
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8', ...settings });
  try {
    await runStorm({ server, target, say }, count / 10);
    const { cpu } = await runStorm({ server, target, say }, count);
    return (cpu.serverMs * 1_000) / count;
  } finally {
    await server.stop();
  }
};

/** Takes whatever is sent to it. */
const startCollector = async () => {
  let exports = 0;
  const server = createServer((request, response) => {
    exports++;
    request.resume();
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector has no port');
  return { url: `http://127.0.0.1:${address.port}`, exports: () => exports, close: () => server.close() };
};
