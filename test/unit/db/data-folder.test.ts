import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openDataFolder } from '../../../src/db/data-folder.ts';

describe('the data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-data-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const failureAt = (dataDir: string): Promise<unknown> =>
    openDataFolder(dataDir).then(
      () => undefined,
      (error: unknown) => Object(error).message,
    );

  it('is created', async () => {
    expect(await failureAt(path.join(folder, 'a/b'))).to.equal(undefined);
    expect(await failureAt(path.join(folder, 'a/b'))).to.equal(undefined);
  });

  it('can not be a file, or below one', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    expect(await failureAt(file)).to.include(`${file} (CARILLON_DATA): it is not a folder`);
    expect(await failureAt(path.join(file, 'data'))).to.include('(CARILLON_DATA): it, or a part of its path');
  });

  it('must be writable', async function () {
    // Root can write everywhere.
    if (process.getuid?.() === 0) this.skip();
    await chmod(folder, 0o500);
    const failure = await failureAt(folder);
    await chmod(folder, 0o700);
    expect(failure).to.include('(CARILLON_DATA): permission denied. Let the user of this process write to it');
  });
});
