import path from 'node:path';
import mocha from 'mocha';
import { writeTimes } from './times.ts';

const SLOWEST = 10;

/** Mocha's spec report, then what took longest, then a line for machines that counts. */
export default class CarillonReporter extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const tests: [title: string, ms: number][] = [];
    const files = new Map<string, number>();
    const charge = ({ file, duration = 0 }: Mocha.Runnable) => {
      if (file === undefined) return;
      const name = path.relative('', file);
      if (name.startsWith('..')) return;
      files.set(name, (files.get(name) ?? 0) + duration);
    };
    runner.on('hook end', charge).on('test end', (test) => {
      charge(test);
      tests.push([test.fullTitle(), test.duration ?? 0]);
    });
    runner.once('end', () => {
      if (files.size > 1) {
        tellSlowest('tests', tests);
        tellSlowest('files', [...files]);
      }
      writeTimes(files);
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

const tellSlowest = (kind: string, all: [name: string, ms: number][]): void => {
  const slowest = all.sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  console.log(`  slowest ${kind}:`);
  for (const [name, ms] of slowest) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`);
  console.log('');
};
