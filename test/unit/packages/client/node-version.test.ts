import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { requireNode } from '../../../../packages/client/src/node-version.ts';
import { complaintAbout } from '../../../../scripts/install.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const Manifest = z.object({ name: z.string(), engines: z.object({ node: z.string() }) });
const manifestIn = (folder: string) => Manifest.parse(JSON.parse(read(path.join(folder, 'package.json'))));

describe('the version of Node', () => {
  it('is rejected with one sentence if it is too old', () => {
    const requirement = { version: '22.18', by: '@carillon/testing' };
    for (const old of ['20.20.2', '22.2.0', '22.17.9']) {
      expect(() => requireNode(requirement, old)).to.throw(
        `@carillon/testing needs Node 22.18 or newer, but this is Node ${old}.`,
      );
    }
    for (const supported of ['22.18.0', '22.100.0', '24.0.0']) requireNode(requirement, supported);
    requireNode(requirement);
  });

  it('is checked by each package as it declares', () => {
    for (const folder of globSync('packages/*', { cwd: ROOT })) {
      const { name, engines } = manifestIn(folder);
      const entry = read(path.join(folder, 'src', `${path.basename(folder)}.ts`));
      const [, version, by] = /^requireNode\(\{ version: '([\d.]+)', by: '(.*)' \}\);$/m.exec(entry) ?? [];
      expect([by, engines.node.replace(/(?<=\..*)\.0$/, '')]).to.deep.equal([name, `>=${version}`]);
    }
  });

  it('is checked by the test kit before the service is imported', () => {
    const imports = [...read('packages/testing/src/testing.ts').matchAll(/^import (?!type).*from '(.*)';$/gm)];
    expect(imports.map(([, from]) => from)).to.have.members(['@carillon/client', '../../client/src/node-version.ts']);
  });

  it('that the command needs is the one that its package and the documents state', () => {
    const oldest = manifestIn('.').engines.node.replace(/^>=(.*)\.0$/, '$1');
    expect(complaintAbout(`v${oldest}.0`)).to.equal(undefined);
    expect(complaintAbout('v22.17.9')).to.include(`needs Node ${oldest} or newer`);
    for (const file of ['README.md', 'bin/carillon.mjs'])
      expect(read(file), file).to.include(`Node ${oldest} or newer`);
    for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/tutorial.md']) {
      expect(read(page), page).to.include('Node 20 or newer');
    }
  });
});
