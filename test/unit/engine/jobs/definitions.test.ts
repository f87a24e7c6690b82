import { expect } from 'chai';
import { targetKey } from '../../../../src/engine/jobs/definitions.ts';

const keyOf = (url: string, applicationId = 1): string =>
  targetKey({ applicationId, taskType: 'HttpInvokerTask', taskConfig: { method: 'GET', url } });

describe('the key of a target', () => {
  it('is its origin, however it is written', () => {
    for (const url of [
      'https://a.example/x?y',
      'HTTPS://A.example:443',
      'https:a.example#z',
      'https://\u0430.example',
    ]) {
      expect(keyOf(url)).to.match(/^https:\/\/(a|xn--80a)\.example$/);
    }
    expect(
      targetKey({
        applicationId: 1,
        taskType: 'HttpInvokerTask',
        taskConfig: { method: 'GET', endpoint: 'http://a:80/', path: '/x' },
      }),
    ).to.equal('http://a');
  });
  it('is its origin if parameters come after that alone', () => {
    expect(keyOf('https://a.example/${T:YYYY}')).to.equal('https://a.example');
    expect(keyOf('https://a.example?t=${T:ss}/')).to.equal('https://a.example');
  });
  it('is its application’s own if parameters may change the origin', () => {
    expect(keyOf('${BASE}/x', 1)).not.to.equal(keyOf('${BASE}/x', 2));
    expect(keyOf('https://${HOST}.example/x')).to.equal('application 1: https://${HOST}.example/x');
    expect(keyOf('https://a.example${HOST}')).to.equal('application 1: https://a.example${HOST}');
  });
});
