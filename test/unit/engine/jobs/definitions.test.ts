import { expect } from 'chai';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import { createDefinitions, targetKey } from '../../../../src/engine/jobs/definitions.ts';
import { createParking } from '../../../../src/engine/jobs/parking.ts';
import { jobView } from '../../../support/http.ts';
import { stub } from '../../../support/stub.ts';

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

describe('the cache of definitions', () => {
  const known = { definition: jobView.job, revision: 0, deleted: false };
  const withRoomFor = (jobs: number) =>
    createDefinitions(stub<EngineSetup>({ definitionBytes: jobs * 2_500 }), createParking());
  const kept = (definitions: ReturnType<typeof createDefinitions>, most: number): number[] =>
    Array.from({ length: most }, (_, index) => index + 1).filter((jobId) => definitions.get(jobId) !== undefined);

  it('drops those that were not used, the oldest first', () => {
    const definitions = withRoomFor(10);
    definitions.put(1, known);
    definitions.get(1);
    for (let jobId = 2; jobId <= 20; jobId++) definitions.put(jobId, known);
    expect(kept(definitions, 20)).to.include.members([1, 20]).and.to.not.include(2);
  });

  it('keeps no more if all are used than if none is', () => {
    const [unused, used] = [withRoomFor(10), withRoomFor(10)];
    for (let jobId = 1; jobId <= 40; jobId++) unused.put(jobId, known);
    const most = kept(unused, 40).length;
    for (let jobId = 1; jobId <= 40; jobId++) {
      used.put(jobId, known);
      expect(kept(used, 40).length).to.be.at.most(most);
    }
  });
});
