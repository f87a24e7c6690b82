import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import {
  complaintAbout,
  isInstalled,
  linkBundledNode,
  markInstalled,
  scriptNodeVersion,
} from '../../../scripts/install.mjs';

const LOCK = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/needed': { version: '1.2.3' },
    'node_modules/elsewhere': { version: '4.0.0', optional: true },
  },
};

describe('install if needed', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'carillon-install-'));
    await write('package-lock.json', LOCK);
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  const write = async (file: string, content: unknown) => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), JSON.stringify(content));
  };
  const installedByHand = (version: string) =>
    write('node_modules/.package-lock.json', { packages: { 'node_modules/needed': { version } } });

  it('is needed on a fresh clone, and after an install that was cut short', async () => {
    expect(isInstalled(root)).to.equal(false);
    await mkdir(path.join(root, 'node_modules'));
    expect(isInstalled(root)).to.equal(false);
  });

  it('is no longer needed once it is stamped', async () => {
    await mkdir(path.join(root, 'node_modules'));
    markInstalled(root);
    expect(isInstalled(root)).to.equal(true);
  });

  it('is needed again when the lock requests another version', async () => {
    await installedByHand('1.2.3');
    markInstalled(root);
    await write('package-lock.json', { packages: { 'node_modules/needed': { version: '2.0.0' } } });
    expect(isInstalled(root)).to.equal(false);
  });

  it('knows an install manually, packages for other machines left out', async () => {
    await installedByHand('1.2.3');
    expect(isInstalled(root)).to.equal(true);
    await installedByHand('1.2.4');
    expect(isInstalled(root)).to.equal(false);
  });

  it('takes an unreadable record of npm for none', async () => {
    await mkdir(path.join(root, 'node_modules'));
    await writeFile(path.join(root, 'node_modules/.package-lock.json'), '{');
    expect(isInstalled(root)).to.equal(false);
  });

  it('links the Node that came as a package, if npm left the link out', async () => {
    await write('scripts/node/package.json', {
      optionalDependencies: { 'node-here': '24.0.0', 'node-elsewhere': '24.0.0' },
    });
    await mkdir(path.join(root, 'node_modules/node-here/bin'), { recursive: true });
    await symlink(process.execPath, path.join(root, 'node_modules/node-here/bin/node'));
    linkBundledNode(root);
    linkBundledNode(root);
    expect(scriptNodeVersion(root)).to.equal(process.version);
    await access(path.join(root, 'node_modules/.bin/node'));
  });

  it('takes a Node that can not run here out of the way', async () => {
    const link = path.join(root, 'node_modules/.bin/node');
    await mkdir(path.dirname(link), { recursive: true });
    await symlink('/bin/false', link);
    expect(scriptNodeVersion(root)).to.equal(process.version);
    expect(await access(link).catch(() => 'gone')).to.equal('gone');
  });

  it('complains about an old Node, naming it', () => {
    expect(complaintAbout('v22.17.0')).to.include('v22.17.0');
    expect(complaintAbout('v22.18.0')).to.equal(undefined);
    expect(complaintAbout('v24.0.0')).to.equal(undefined);
    expect(complaintAbout('v26.1.0')).to.equal(undefined);
  });
});
