import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';

const run = promisify(execFile);
const FOLDER = path.resolve('bench');
const benches = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && !['harness.ts', 'run.ts'].includes(file))
  .map((file) => path.basename(file, '.ts'));

const Reported = z.strictObject({
  bench: z.string(),
  /** Null where the smallest size leaves nothing to measure, as when no slot falls due beside a short rebuild. */
  figures: z.record(z.string(), z.number().nullable()),
  targets: z.record(z.string(), z.partialRecord(z.enum(['atMost', 'atLeast']), z.number())),
  holds: z.boolean(),
});

describe('the benches, each of its smallest size', () => {
  for (const name of benches) {
    it(`${name} runs, and reports every figure that it has a target for`, async function () {
      const { stdout, stderr } = await run(process.execPath, [path.join(FOLDER, 'run.ts'), name, '--smallest']);
      if (stderr.startsWith('SKIPPED')) return this.skip();
      const { bench, figures, targets } = Reported.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
      expect(bench).to.equal(name);
      expect(Object.keys(figures)).to.include.members(Object.keys(targets)).and.not.be.empty;
    });
  }
});
