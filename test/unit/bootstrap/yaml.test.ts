import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { parseYaml } from '../../../src/bootstrap/yaml.ts';

describe('YAML', () => {
  // The library takes time that grows with the square of these.
  const slow = '"'.repeat(1_000_000);

  it('gives up on a string that takes too long, without blocking other work', async () => {
    let isRejected = false;
    const parsed = parseYaml(slow, { timeoutMs: 300 }).finally(() => {
      isRejected = true;
    });
    parsed.catch(() => {});
    let turns = 0;
    while (!isRejected) {
      await setImmediate();
      turns += 1;
    }
    expect(turns).to.be.greaterThan(10);
    expect(await parsed.catch(String)).to.include('takes longer than 0.3 s to parse: split it, or write it as JSON');
  });

  it('reads short and long texts alike', async () => {
    const remark = `# ${'x'.repeat(20_000)}`;
    for (const text of ['a: 1\n---\nb: &b [1.5, yes]\nc: *b\n', `a: 1\n---\nb: &b [1.5, yes]\nc: *b\n${remark}`]) {
      expect(await parseYaml(text)).to.deep.equal([{ a: 1 }, { b: [1.5, 'yes'], c: [1.5, 'yes'] }]);
    }
    for (const text of ['a: !x 1', `a: !x 1\n${remark}`]) {
      expect(await parseYaml(text).catch(String)).to.include('is not YAML: Unresolved tag: !x');
    }
  });
});
