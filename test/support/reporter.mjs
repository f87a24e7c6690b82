import path from 'node:path';
import mocha from 'mocha';

/**
 * Mocha's spec report, then where the time went, then lines that a machine reads: the files with tests that failed, but
 * not by chance, and the counts.
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
    const failed = new Map();
    runner.on('fail', ({ file = '' }, error) => {
      failed.set(file, [...(failed.get(file) ?? []), isByChance(file, error)]);
    });
    runner.once('end', () => {
      const shares = [...folderMs].sort((a, b) => b[1] - a[1]).map(([folder, ms]) => `${folder} ${seconds(ms)}`);
      console.log(`  time: ${shares.join(', ') || 'none'}`);
      for (const [file, byChance] of failed) {
        if (!byChance.some(Boolean)) console.log(`failed: ${byChance.length} in ${path.relative('', file)}`);
      }
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

const CHANCE_FOLDERS = ['chaos', 'simulation'];

/**
 * Whether a test failed by strikes or values that were drawn. Others are drawn the next time.
 * @param {string} file
 * @param {unknown} error
 */
const isByChance = (file, error) =>
  CHANCE_FOLDERS.includes(folderOf(file)) ||
  (error instanceof Error && error.message.includes('Property failed after'));

/** @param {string} file */
const folderOf = (file) => {
  const [folder = ''] = path.relative(path.resolve('test'), file).split(path.sep);
  return file === '' || folder === '..' ? 'root hooks' : folder;
};

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
