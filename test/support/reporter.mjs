import path from 'node:path';
import mocha from 'mocha';

/** Mocha's spec report, then where the time went, then one closing line that a machine can count by. */
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
    runner.once('end', () => {
      const shares = [...folderMs].sort((a, b) => b[1] - a[1]).map(([folder, ms]) => `${folder} ${seconds(ms)}`);
      console.log(`  time: ${shares.join(', ') || 'none'}`);
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

/** @param {string} file */
const folderOf = (file) => {
  const [folder = ''] = path.relative(path.resolve('test'), file).split(path.sep);
  return file === '' || folder === '..' ? 'root hooks' : folder;
};

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
