import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { serviceSettings } from '../../../src/testing/start-carillon.ts';
import { startChildService } from '../../support/child-service.ts';
import { buildImageFolder } from '../../support/image-build.ts';
import { databaseOfService, type FreshDatabase } from '../../support/postgres.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the image', () => {
  let folder: string;
  let image: string;
  let database: FreshDatabase | undefined;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-image-'));
    image = await buildImageFolder(ROOT, folder);
  });
  after(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has JavaScript of every source', () => {
    const sources = globSync('**/*.ts', { cwd: path.join(ROOT, 'src'), exclude: ['**/*.d.ts'] });
    const built = globSync('**/*.js', { cwd: path.join(image, 'dist/src') });
    expect(built).to.include.members(sources.map((file) => file.replace(/\.ts$/, '.js')));
  });

  it('starts, and serves the admin page', async () => {
    database = await databaseOfService();
    const settings = { ...serviceSettings, DATABASE_URL: database.url };
    const service = await startChildService(
      path.join(folder, 'data'),
      settings,
      [],
      path.join(image, 'dist/src/main.js'),
    );
    const page = await fetch(`${service.url}/_/scheduler/ui/`);
    expect([page.status, await page.text()]).to.satisfy(([status, text]: [number, string]) => {
      return status === 200 && text.includes('<script');
    });
    expect(await service.end('SIGTERM')).to.equal(0);
  });

  it('states that it needs DATABASE_URL when that is not set', async () => {
    const env = { PATH: process.env.PATH, NODE_ENV: 'production', CARILLON_DATA: path.join(folder, 'empty') };
    const failed = await promisify(execFile)(process.execPath, ['dist/src/main.js', 'start'], { cwd: image, env }).then(
      () => expect.fail('it starts'),
      ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
    );
    expect(failed.code).to.equal(1);
    expect(failed.text)
      .to.match(/DATABASE_URL is not set.*Set DATABASE_URL/)
      .and.not.match(/Delete node_modules/);
  });
});
