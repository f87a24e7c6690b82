import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { requireNode } from '../../../src/runtime/node-version.ts';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

describe('the version of Node', () => {
  it('is rejected with one sentence if it is too old', () => {
    const requirement = { major: 24, by: 'carillon/testing' };
    expect(() => requireNode(requirement, '20.20.2')).to.throw(
      'carillon/testing needs Node 24 or newer, but this is Node 20.20.2.',
    );
    expect(() => requireNode(requirement, '24.0.0')).to.not.throw();
    expect(() => requireNode(requirement)).to.not.throw();
  });

  it('is checked by each entry point of the package, and the oldest one is that of engines and the documents', () => {
    const entries = Object.values(packageJson.exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : [entry.default.replace('./dist/', 'src/').replace(/js$/, 'ts')],
    );
    const majors = entries.map((file) => Number(/^requireNode\(\{ major: (\d+)/m.exec(read(file))?.[1]));
    const oldest = Math.min(...majors);
    expect(packageJson.engines.node).to.equal(`>=${oldest}`);
    for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/tutorial.md']) {
      expect(read(page), page).to.include(`Node ${oldest} or newer`);
    }
  });

  it('is checked by the test kit before anything is imported that an older one lacks', () => {
    const imports = [...read('src/testing/testing.ts').matchAll(/^import (?!type).*from '(.*)';$/gm)];
    expect(imports.map(([, from]) => from)).to.deep.equal(['../runtime/node-version.ts']);
  });
});
