import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const FOLDER = path.resolve('examples');

describe('examples/', () => {
  it('has programs that any Node runs which the README asks for: older ones take no TypeScript', async () => {
    const files = await readdir(FOLDER, { recursive: true });
    const programs = files.filter((file) => /[.][cm]?[jt]s$/.test(file));
    expect(programs).to.include('kafka-consumer/main.mjs');
    for (const program of programs) {
      await promisify(execFile)(process.execPath, [
        '--no-experimental-strip-types',
        '--check',
        path.join(FOLDER, program),
      ]);
    }
  });
});
