import path from 'node:path';
import mocha from 'mocha';

/**
 * Mocha's spec report, then where the time went, then lines that a machine reads: the files whose tests failed by running
 * out of time alone, and the counts.
 */
export default class CarillonReporter extends mocha.reporters.Spec {
  /**
   * @param {import('mocha').Runner} runner
   * @param {import('mocha').MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    /** @type {Map<string, number>} */
    const folderMs = new Map();
    let lastMs = performance.now();
    /** @param {{ file?: string }} runnable */
    const charge = ({ file = '' }) => {
      const nowMs = performance.now();
      const folder = folderOf(file);
      folderMs.set(folder, (folderMs.get(folder) ?? 0) + nowMs - lastMs);
      lastMs = nowMs;
    };
    runner.on('test end', charge).on('hook end', charge);
    /** @type {Map<string, boolean[]>} */
    const ranOutOfTime = new Map();
    runner.on('fail', ({ file = '' }, error) => {
      ranOutOfTime.set(file, [...(ranOutOfTime.get(file) ?? []), isOutOfTime(error)]);
    });
    runner.once('end', () => {
      const shares = [...folderMs].sort((a, b) => b[1] - a[1]).map(([folder, ms]) => `${folder} ${seconds(ms)}`);
      console.log(`  time: ${shares.join(', ') || 'none'}`);
      for (const [file, failed] of ranOutOfTime) {
        if (failed.every(Boolean)) console.log(`ran out of time: ${failed.length} in ${path.relative('', file)}`);
      }
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

const OUT_OF_TIME = ['TimeoutError', 'AppendUnanswered', 'LogUnavailable'];

/**
 * Timeouts of mocha, signals, the browser and Postgres, of what waits in these tests, and of the log's adapters.
 * @param {unknown} error
 */
const isOutOfTime = (error) =>
  error instanceof Error &&
  error.name !== 'AssertionError' &&
  (OUT_OF_TIME.includes(error.name) || /time(d )?out/i.test(error.message));

/** @param {string} file */
const folderOf = (file) => {
  const [folder = ''] = path.relative(path.resolve('test'), file).split(path.sep);
  return file === '' || folder === '..' ? 'root hooks' : folder;
};

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
